"""`Journal`: records of runs that are killed, and folders with other settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fixlip_widget.errors import InputError
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
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    resumed = [record for line in lines for record in json.loads(line)]
    # The children run on more threads than the tests, which sums float64 in another order: 2e-16 apart when measured.
    assert_rows_agree(to_rows(resumed), to_rows(records), tolerance=1e-9)
