"""The committed results are reproduced by this code, and quoted by the documentation."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

import pytest
from pyarrow import parquet

from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import measure
from fixlip_widget.evaluation.table import Row, to_markdown, to_rows
from fixlip_widget.explainer import Explainer

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
REPRODUCED = {
    "rollout": ["aid", "pgr", "faithfulness"],
    "game": ["aid", "pgr"],
    "grad-eclip": ["aid", "pgr"],
    "exclip": ["aid", "pgr"],
    "fixlip/1": ["aid", "pgr"],
}
TOLERANCE = 0.05
"""The results were measured in bfloat16; this is how far values in float32 differ."""


@pytest.fixture(scope="module")
def results() -> list[Row]:
    rows: list[Row] = parquet.read_table(DOCS / "evaluation.parquet").to_pylist()
    return rows


def test_one_scene_is_reproduced(results: list[Row]) -> None:
    (pair,) = islice(scenes(), 3, 4)
    metrics = {MethodSpec.parse(method): names for method, names in REPRODUCED.items()}
    published = {(row["pair"], row["method"], row["metric"]): row["value"] for row in results}
    rows = to_rows(measure(Explainer.demo("cpu"), pair, metrics).records)
    # AID and two of the pointing game for each method, and six of faithfulness.
    assert len(rows) == 3 * len(REPRODUCED) + 6
    for row in rows:
        assert row["value"] == pytest.approx(published[row["pair"], row["method"], row["metric"]], abs=TOLERANCE)


def test_the_page_has_the_tables_of_these_results(results: list[Row]) -> None:
    page = (DOCS / "evaluation.md").read_text(encoding="utf-8")
    methods = list(dict.fromkeys(method for method, _ in _cells(page) if method != "pairs"))
    assert set(methods) == {row["method"] for row in results}
    _, *tables = to_markdown(results, methods, "-").strip("\n").split("\n\n")
    assert len(tables) == 2
    for table in tables:
        assert table in page


def test_the_readme_quotes_the_page() -> None:
    page, readme = (_cells(path.read_text(encoding="utf-8")) for path in (DOCS / "evaluation.md", README))
    assert {column for _, column in readme} >= {"AID", "Spearman, p=0.5", "PGR, 1 object", "PGR, 4 objects"}
    assert readme == {key: page.get(key) for key in readme}


def _cells(text: str) -> dict[tuple[str, str], str]:
    """The cells of all tables of methods, by method and column."""
    cells: dict[tuple[str, str], str] = {}
    for block in text.split("\n\n"):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        header = lines[0] if block.startswith("| method |") else []
        for row in lines[2:]:
            method = row[0].split(" (")[0]
            cells |= {(method, column): cell for column, cell in zip(header[1:], row[1:], strict=False)}
    return cells


def test_the_results_are_of_forty_scenes(results: list[Row]) -> None:
    groups = Counter(group for _, group in {(row["pair"], row["group"]) for row in results})
    assert groups == {"1 object": 10, "2 objects": 10, "3 objects": 10, "4 objects": 10}
    measured = Counter(row["method"] for row in results if row["metric"] == "Spearman, p=0.5")
    assert len(measured) == 11
    assert set(measured.values()) == {40}
