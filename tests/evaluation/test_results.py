"""The committed results are those of this code, and the page shows them."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from pyarrow import parquet

from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import Job, measure
from fixlip_widget.evaluation.table import Row, markdown, rows
from fixlip_widget.explainer import Explainer

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
AGAIN = {
    "rollout": ["aid", "pgr", "faithfulness"],
    "game": ["aid", "pgr"],
    "grad-eclip": ["aid", "pgr", "sanity"],
    "exclip": ["aid", "pgr"],
    "fixlip/1": ["aid", "pgr"],
}
# Results are from a CPU that multiplies in bfloat16; one that does not is this much apart.
TOLERANCE = 0.05


@pytest.fixture(scope="module")
def results() -> list[Row]:
    kept: list[Row] = parquet.read_table(DOCS / "evaluation.parquet").to_pylist()
    return kept


def test_a_scene_measured_again_says_the_same(results: list[Row]) -> None:
    (pair,) = islice(scenes(), 3, 4)
    job = Job(pair, {MethodSpec.parse(method): metrics for method, metrics in AGAIN.items()}, None)
    known = {(row["pair"], row["method"], row["metric"]): row["value"] for row in results}
    measured = rows(measure(Explainer.demo("cpu"), job).records)
    assert len(measured) == 3 * len(AGAIN) + 6 + 2
    for row in measured:
        assert row["value"] == pytest.approx(known[row["pair"], row["method"], row["metric"]], abs=TOLERANCE)


def test_the_page_shows_these_results(results: list[Row]) -> None:
    page = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    methods = list(dict.fromkeys(method for method, _ in _cells(page) if method != "pairs"))
    assert set(methods) == {row["method"] for row in results}
    _, *tables = markdown(results, methods, "-").strip("\n").split("\n\n")
    assert len(tables) == 3
    for table in tables:
        assert table in page


def test_the_readme_quotes_the_page() -> None:
    page, readme = (_cells(path.read_text(encoding="utf-8")) for path in (DOCS / "evaluation.md", README))
    quoted = {where: cell for where, cell in readme.items() if where in page}
    assert {column for _, column in quoted} >= {"AID", "Spearman, p=0.5", "PGR, 1 object", "PGR, 4 objects"}
    assert quoted == {where: page[where] for where in quoted}


def _cells(text: str) -> dict[tuple[str, str], str]:
    """What tables say, by the first words of a row and the heading of a column."""
    said: dict[tuple[str, str], str] = {}
    for block in text.split("\n\n"):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        heading = lines[0] if block.startswith("| method |") else []
        for row in lines[2:]:
            said |= {(row[0].split(" (")[0], column): cell for column, cell in zip(heading[1:], row[1:], strict=False)}
    return said


def test_there_are_two_hundred_scenes(results: list[Row]) -> None:
    pairs = {(row["pair"], row["group"]) for row in results}
    counts = [sum(group == name for _, group in pairs) for name in ("1 object", "2 objects", "3 objects", "4 objects")]
    assert counts == [50, 50, 50, 50]
    for metric in ("shuffled weights", "Spearman, p=0.5"):
        measured = Counter(row["method"] for row in results if row["metric"] == metric)
        assert len(measured) == 11
        assert set(measured.values()) == {200}
