"""`Journal`: records of runs that are killed, and folders with other settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.folder import exclusive
from fixlip_widget.evaluation.journal import Journal, Record
from fixlip_widget.evaluation.table import to_rows
from tests.evaluation.samples import assert_rows_agree, run_table_pairs

ROOT = Path(__file__).parents[2]


def test_an_incomplete_line_is_measured_again(tmp_path: Path) -> None:
    uninterrupted = run_table_pairs(tmp_path)[0].records
    path = tmp_path / "journal.jsonl"
    content = path.read_bytes()
    for cut in (1, 40, len(content) // 2):
        path.write_bytes(content[:-cut])
        assert run_table_pairs(tmp_path)[0].records == uninterrupted
        assert path.read_bytes() == content


def test_other_settings_need_another_folder(tmp_path: Path) -> None:
    Journal(tmp_path / "run", {"model": "damo", "budget": None})  # has no records, so these settings can be replaced
    journal = Journal(tmp_path / "run", {"model": "demo", "budget": None})
    record = {"pair": "a", "method": "game", "measured": "aid", "numbers": []}
    journal.add([record])
    assert Journal(tmp_path / "run", {"model": "demo", "budget": None}).records == [record]
    with pytest.raises(InputError, match="has results of budget=None; choose another folder for these settings"):
        Journal(tmp_path / "run", {"model": "demo", "budget": 7})
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be created"):
        Journal(tmp_path / "file", {})


# Each child is killed at its first line, after a share of the line is written.
KILLED_RUNS = """
import io, os, signal, sys
from pathlib import Path
from tests.evaluation.samples import run_table_pairs

class KilledFile(io.FileIO):
    def write(self, line):
        super().write(line[: int(len(line) * share)])
        os.kill(os.getpid(), signal.SIGKILL)

folder, plain_open = Path(sys.argv[1]), Path.open
Path.open = lambda path, mode="r", **kwargs: (
    KilledFile(path, "a") if mode == "ab" else plain_open(path, mode, **kwargs)
)
for share in map(float, sys.argv[2:]):
    if not (child := os.fork()):
        run_table_pairs(folder)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    content = (folder / "journal.jsonl").read_bytes()
    print(content.count(b"\\n"), int(not content.endswith(b"\\n")))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes")
def test_five_kills_neither_lose_nor_duplicate_records(records: list[Record], tmp_path: Path) -> None:
    shares = ("0.0", "0.5", "1.0", "0.5", "1.0")
    output = subprocess.run(
        [sys.executable, "-c", KILLED_RUNS, str(tmp_path), *shares], stdout=subprocess.PIPE, check=True, cwd=ROOT
    ).stdout.decode()
    complete_and_torn = [tuple(map(int, line.split())) for line in output.splitlines()]
    assert complete_and_torn == [(0, 1), (0, 1), (1, 0), (1, 1), (2, 0)]
    run_table_pairs(tmp_path)
    lines = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    resumed = [record for line in lines for record in json.loads(line)["records"]]
    # The children run on more threads than the tests, which sums float64 in another order: 2e-16 apart when measured.
    assert_rows_agree(to_rows(resumed), to_rows(records), tolerance=1e-9)


SETTINGS = {"model": "demo"}


def record(pair: str, method: str = "game") -> Record:
    return {"pair": pair, "group": "", "method": method, "measured": "aid", "numbers": []}


def write_three(folder: Path) -> Path:
    journal = Journal(folder, SETTINGS)
    for pair in ("a", "naïve\u2028", "c"):
        journal.add([record(pair), record(pair, "fixlip")])
    return folder / "journal.jsonl"


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_damaged_line_is_read(tmp_path_factory: pytest.TempPathFactory, place: float, bit: int) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    path = write_three(folder)
    content, expected = bytearray(path.read_bytes()), Journal(folder, SETTINGS).records
    position = int(place * len(content))
    content[position] ^= 1 << bit
    path.write_bytes(content)
    said: list[str] = []
    read = Journal(folder, SETTINGS, said.append).records
    assert [known for known in expected if known in read] == read
    number = 1 + path.read_bytes()[:position].count(b"\n")
    if b"\n" in content[position:]:  # otherwise the last line is incomplete, and removed
        assert len(read) >= 2
        assert said[0].startswith(f"Line {number} of {path} is damaged (")
    Journal(folder, SETTINGS, said.append).add([known for known in expected if known not in read])
    assert sorted(map(str, Journal(folder, SETTINGS, said.append).records)) == sorted(map(str, expected))


def test_records_that_are_there_twice_count_once(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    expected = Journal(tmp_path, SETTINGS).records
    path.write_bytes(path.read_bytes() * 2)
    journal = Journal(tmp_path, SETTINGS)
    assert journal.records == expected
    journal.add([record("a")])
    assert journal.records == expected


def test_a_journal_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    expected = Journal(tmp_path, SETTINGS).records
    path.write_text("".join(json.dumps([known]) + "\n" for known in expected))
    assert Journal(tmp_path, SETTINGS).records == expected
    said: list[str] = []
    for line in ('{"pair": "a"}', "[1]", '[{"pair": 1}]', "[" * 100_000, "null"):
        path.write_text(line + "\n")
        assert Journal(tmp_path, SETTINGS, said.append).records == []
        assert said.pop().startswith(f"Line 1 of {path} is damaged (")


def test_damaged_settings_are_said_to_be(tmp_path: Path) -> None:
    write_three(tmp_path)
    for content in (b"{", b"[]", b"\xff", b'{"modem": "demo"}', b"[" * 100_000):
        (tmp_path / "settings.json").write_bytes(content)
        with pytest.raises(InputError, match=r"settings.json is damaged or of another version; restore it, or choose"):
            Journal(tmp_path, SETTINGS)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
def test_a_line_that_could_not_be_written_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    path = write_three(tmp_path)
    before = path.read_bytes()

    def fail(file: int) -> None:
        assert path.read_bytes() != before
        raise error

    journal = Journal(tmp_path, SETTINGS)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        expected = (InputError, KeyboardInterrupt)
        with pytest.raises(expected, match=r"cannot be written \(No space|^$"):
            journal.add([record("d")])
    assert path.read_bytes() == before
    assert ("d", "game", "aid") not in journal
    journal.add([record("d")])
    assert len(Journal(tmp_path, SETTINGS).records) == 7


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path) -> None:
    script = "from fixlip_widget.evaluation.folder import exclusive; from pathlib import Path; import sys; "
    script += "context = exclusive(Path(sys.argv[1])); context.__enter__(); print(flush=True); sys.stdin.read()"
    folder = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(InputError, match=r"^Another evaluation writes to .*run; wait"), exclusive(folder):
            pass
        other.kill()
    with exclusive(folder), pytest.raises(InputError, match="Another evaluation"), exclusive(folder):
        pass
    with exclusive(folder):
        pass
