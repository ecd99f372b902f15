"""Runs that are killed and go on, and what they write."""

from __future__ import annotations

import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pyarrow import parquet

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.engine import locally
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import METRICS, Number
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import markdown, mean_and_error, plot_curves, rows, write_parquet
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import table_explainer

ENTRIES = [MethodSpec.parse(text) for text in ("fixlip", "fixlip:0.3/1", "shapley")]
NAMES = [str(entry) for entry in ENTRIES]
USUAL = ["aid", "pgr", "faithfulness"]
ROOT = Path(__file__).parents[2]


def broken() -> Image.Image:
    raise InputError("b.png cannot be read as an image.")


def pairs() -> list[Pair]:
    blank = partial(Image.new, "RGB", (6, 4))
    return [
        Pair("a", "one two three", blank, (("two", 1),), "one named"),
        Pair("b", "one two", broken),
        Pair("c", "four two one", blank, (("one", 0), ("four", 3)), "two named"),
        Pair("d", "one one", blank, (("one", 0),), "one named"),
    ]


def measure(folder: Path) -> tuple[Journal, list[str]]:
    journal, told = Journal(folder, {"model": "table"}), list[str]()
    refused = run(partial(locally, table_explainer()), pairs(), ENTRIES, USUAL, journal, told.append)
    assert refused == len(told)
    return journal, told


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    return measure(tmp_path_factory.mktemp("run"))[0]


def test_what_cannot_be_read_is_named_and_the_run_goes_on(tmp_path: Path) -> None:
    journal, told = measure(tmp_path)
    assert told == ["b: b.png cannot be read as an image."]
    assert {record["pair"] for record in journal.records} == {"a", "c", "d"}
    assert len(journal.records) == 3 * len(ENTRIES) * len(USUAL)
    again, told = measure(tmp_path)
    assert again.records == journal.records
    assert len(told) == 1


def test_a_refusal_costs_that_method_or_metric_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(case: EvaluationCase, entry: MethodSpec, explanation: Explanation) -> list[Number]:
        raise InputError("It cannot be.")

    monkeypatch.setitem(METRICS, "never", never)
    entries = [MethodSpec.parse(text) for text in ("fixlip@3", "shapley")]
    expected = [
        "a, fixlip@3: 3 image × 8 text masks cannot",
        "a, shapley, never: It cannot be.",
    ]
    for _ in range(2):
        told: list[str] = []
        journal = Journal(tmp_path, {})
        jobs = pairs()[:1], entries, ["never", "aid"]
        assert run(partial(locally, table_explainer()), *jobs, journal, told.append) == len(expected)
        for line, start in zip(told, expected, strict=True):
            assert line.startswith(start)
        assert [(record["method"], record["measured"]) for record in journal.records] == [("shapley", "aid")]


def test_there_is_a_row_for_each_pair_method_and_metric(journal: Journal, tmp_path: Path) -> None:
    write_parquet(journal.records, tmp_path / "r.parquet")
    table = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    keys = [(row["pair"], row["method"], row["metric"]) for row in table]
    assert len(set(keys)) == len(keys)
    # AID, two of the pointing game and six of faithfulness. In "one one" a word does not say which token it is, and
    # the whole is less similar than the blank input.
    assert [sum(key[0] == pair for key in keys) for pair in "acd"] == [27, 27, 18]
    for row in table:
        assert np.isfinite(row["value"])
        assert (row["least_first"] is not None) == (row["metric"] == "AID")
    first = next(row for row in table if row["metric"] == "AID")
    assert len(first["least_first"]) == len(first["most_first"]) == 51


def test_the_order_of_records_does_not_matter(journal: Journal, tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(journal.records, len(journal.records))
    for name, records in (("a", journal.records), ("b", shuffled)):
        write_parquet(records, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert markdown(rows(journal.records), NAMES, "") == markdown(rows(shuffled), NAMES, "")


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_sanity_checks_have_a_table_of_their_own(journal: Journal) -> None:
    check = {"group": "one named", "metric": "shuffled weights", "least_first": None, "most_first": None}
    checks = [{**check, "pair": pair, "method": "fixlip", "value": value} for pair, value in (("a", 0.25), ("b", 0.0))]
    checks.append({**checks[0], "metric": "absent caption", "value": 0.5})
    _, _, _, sanity = markdown([*rows(journal.records), *checks], NAMES, "-").strip().split("\n\n")
    header, _, fixlip, other, *_, counts = cells(sanity)
    assert header == ["method", "shuffled weights", "absent caption"]
    assert fixlip == ["fixlip", "0.125 ± 0.125", "0.500"]
    assert other[1:] == ["–", "–"]
    assert counts == ["pairs", "2", "1"]


def test_the_table_has_means_and_standard_errors(journal: Journal, tmp_path: Path) -> None:
    measured = rows(journal.records)
    title, metrics, pointing = markdown(measured, [*NAMES, "game"], "three pairs").strip().split("\n\n")
    assert title == "three pairs"
    header, _, fixlip, _, _, game, counts = cells(metrics)
    assert header[:3] == ["method", "AID", "Spearman, p=0.3"]
    areas = [row["value"] for row in measured if (row["method"], row["metric"]) == ("fixlip", "AID")]
    error = np.std(areas, ddof=1) / np.sqrt(2)
    assert fixlip[:2] == ["fixlip", f"{np.mean(areas):.3f} ± {error:.3f}"]
    assert set(game[1:]) == {"–"}
    assert counts[:3] == ["pairs", "2", "3"]
    header, _, fixlip, *_, counts = cells(pointing)
    assert header == ["method", "PGR, one named", "PGR, two named"]
    pgr, chance = (
        next(row["value"] for row in measured if (row["pair"], row["method"], row["metric"]) == ("a", "fixlip", name))
        for name in ("PGR", "PGR by chance")
    )
    assert fixlip[1] == f"{pgr:.3f} ({chance:.2f})"
    assert counts == ["pairs", "1", "1"]
    assert mean_and_error([float("nan"), 2.0]) == "2.000"
    plot_curves(journal.records, NAMES, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.width > 600


def test_chance_is_a_half_for_signed_maps_and_a_quarter_for_others(journal: Journal) -> None:
    chances = [row["value"] for row in rows(journal.records) if row["metric"] == "PGR by chance"]
    assert all(0.25 - 1e-9 <= chance <= 0.75 + 1e-9 for chance in chances)
    assert min(chances) < 0.5 < max(chances)


def test_a_torn_line_is_measured_again(journal: Journal, tmp_path: Path) -> None:
    whole = measure(tmp_path)[0]
    path = tmp_path / "journal.jsonl"
    content = path.read_bytes()
    for cut in (1, 40, len(content) // 2):
        path.write_bytes(content[:-cut])
        assert measure(tmp_path)[0].records == whole.records
        assert path.read_bytes() == content


def test_other_settings_need_another_folder(tmp_path: Path) -> None:
    Journal(tmp_path / "run", {"model": "damo", "budget": None})  # nothing was measured by these settings
    journal = Journal(tmp_path / "run", {"model": "demo", "budget": None})
    journal.add([{"pair": "a", "method": "game", "measured": "aid", "numbers": []}])
    Journal(tmp_path / "run", {"model": "demo", "budget": None})
    with pytest.raises(InputError, match="has results of budget=None; choose another folder for these"):
        Journal(tmp_path / "run", {"model": "demo", "budget": 7})
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        Journal(tmp_path / "file", {})


SCRIPT = """
import io, os, signal, sys, time
from pathlib import Path
from tests.evaluation.test_runner import measure

class Halves(io.FileIO):  # lets a kill come between the halves of a line
    def write(self, line):
        written = super().write(line[: len(line) // 2])
        os.write(told, b"half")
        time.sleep(0.1)
        return written + super().write(line[written:])

folder, plain = Path(sys.argv[1]), Path.open
Path.open = lambda path, mode="r", **more: Halves(path, "a") if mode == "ab" else plain(path, mode, **more)
for pause in map(float, sys.argv[2:]):
    heard, told = os.pipe()
    if not (child := os.fork()):
        measure(folder)
        os._exit(0)
    os.close(told)
    os.read(heard, 4)
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    struck = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    print(int(struck), int(not (folder / "journal.jsonl").read_bytes().endswith(b"\\n")))
"""


def test_five_kills_lose_and_double_nothing(journal: Journal, tmp_path: Path) -> None:
    chance = random.Random(1)
    pauses = [str(chance.uniform(0.0, 0.2)) for _ in range(5)]
    said = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), *pauses], stdout=subprocess.PIPE, check=True, cwd=ROOT
    ).stdout.split()
    struck, torn = said[::2], said[1::2]
    assert len(struck) == 5
    assert struck.count(b"1") >= 2
    assert torn.count(b"1") >= 1
    resumed = measure(tmp_path)[0]
    for name, records in (("a", journal.records), ("b", resumed.records)):
        write_parquet(records, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fixlip:", "'fixlip:' is no method; write it as in fixlip, fixlip:0.3/1 or fixlip@2048"),
        ("game@64", "budget=64 means nothing to 'game'"),
        ("magic", "There is no method 'magic'; use fixlip, "),
        ("fixlip:1.5", "p=1.5 is not a probability"),
        ("game/2", "max_order=2 cannot be fitted by 'game'"),
        ("shapley:0.3", "p=0.3 means nothing to 'shapley'"),
    ],
)
def test_methods_are_checked_before_anything_runs(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MethodSpec.parse(text)


def test_methods_say_what_they_are() -> None:
    assert NAMES == ["fixlip", "fixlip:0.3/1", "shapley"]
    assert MethodSpec.parse(" fixlip:0.30 ") == MethodSpec("fixlip", 0.3)
    assert MethodSpec.parse("game").options(budget=5)["budget"] is None
    assert str(MethodSpec.parse("fixlip:0.3/1@64")) == "fixlip:0.3/1@64"
    assert MethodSpec.parse("fixlip@64").options(budget=5)["n_image_masks"] == 64
    assert MethodSpec.parse("shapley@64").options(budget=5)["budget"] == 64
