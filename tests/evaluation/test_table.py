"""Results as rows, Parquet, Markdown and a plot."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from PIL import Image
from pyarrow import parquet

from fixlip_widget.evaluation.journal import Record
from fixlip_widget.evaluation.table import mean_and_error, plot_curves, to_markdown, to_rows, write_parquet
from tests.evaluation.samples import METHODS


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_parquet_has_a_row_for_each_pair_method_and_metric(records: list[Record], tmp_path: Path) -> None:
    write_parquet(records, tmp_path / "r.parquet")
    table = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert table == to_rows(records)
    keys = [(row["pair"], row["method"], row["metric"]) for row in table]
    assert len(set(keys)) == len(keys)
    # AID, two of the pointing game and six of faithfulness. The caption of "d" has its target twice, and its full
    # input is less similar than its empty one.
    assert [sum(key[0] == pair for key in keys) for pair in "acd"] == [27, 27, 18]
    for row in table:
        assert np.isfinite(row["value"])
        assert (row["least_first"] is not None) == (row["metric"] == "AID")
    first = next(row for row in table if row["metric"] == "AID")
    assert len(first["least_first"]) == len(first["most_first"]) == 51


def test_parquet_and_markdown_do_not_depend_on_the_order_of_records(records: list[Record], tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(records, len(records))
    assert shuffled != records
    write_parquet(records, tmp_path / "a.parquet")
    write_parquet(shuffled, tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert to_markdown(to_rows(records), METHODS, "") == to_markdown(to_rows(shuffled), METHODS, "")


def test_markdown_has_means_and_standard_errors(records: list[Record]) -> None:
    rows = to_rows(records)
    title, overall, pointing = to_markdown(rows, [*METHODS, "game"], "three pairs").strip().split("\n\n")
    assert title == "three pairs"
    header, _, fixlip, _, _, game, counts = cells(overall)
    assert header[:3] == ["method", "AID", "Spearman, p=0.3"]
    areas = [row["value"] for row in rows if (row["method"], row["metric"]) == ("fixlip", "AID")]
    error = np.std(areas, ddof=1) / np.sqrt(2)
    assert fixlip[:2] == ["fixlip", f"{np.mean(areas):.3f} ± {error:.3f}"]
    assert set(game[1:]) == {"–"}
    assert counts[:3] == ["pairs", "2", "3"]
    header, _, fixlip, *_, counts = cells(pointing)
    assert header == ["method", "PGR, one named", "PGR, two named"]
    pgr, chance = (
        next(row["value"] for row in rows if (row["pair"], row["method"], row["metric"]) == ("a", "fixlip", name))
        for name in ("PGR", "PGR by chance")
    )
    assert fixlip[1] == f"{pgr:.3f} ({chance:.2f})"
    assert counts == ["pairs", "1", "1"]


def test_markdown_names_the_pairs_of_a_method_with_fewer(records: list[Record]) -> None:
    rows = [row for row in to_rows(records) if (row["pair"], row["method"]) != ("d", "shapley")]
    _, overall, _ = to_markdown(rows, METHODS, "-").strip().split("\n\n")
    assert [row[0] for row in cells(overall)[2:]] == ["fixlip", "fixlip:0.3/1", "shapley (2 pairs)", "pairs"]


def test_sanity_checks_have_a_table_of_their_own(records: list[Record]) -> None:
    check = {"group": "one named", "metric": "shuffled weights", "least_first": None, "most_first": None}
    checks = [{**check, "pair": pair, "method": "fixlip", "value": value} for pair, value in (("a", 0.25), ("b", 0.0))]
    checks.append({**checks[0], "metric": "absent caption", "value": 0.5})
    _, _, _, sanity = to_markdown([*to_rows(records), *checks], METHODS, "-").strip().split("\n\n")
    header, _, fixlip, other, *_, counts = cells(sanity)
    assert header == ["method", "shuffled weights", "absent caption"]
    assert fixlip == ["fixlip", "0.125 ± 0.125", "0.500"]
    assert other[1:] == ["–", "–"]
    assert counts == ["pairs", "2", "1"]


def test_mean_and_error_ignore_undefined_values() -> None:
    assert mean_and_error([1.0, 2.0, float("nan"), 3.0]) == "2.000 ± 0.577"
    assert mean_and_error([float("nan"), 2.0]) == "2.000"
    assert mean_and_error([float("nan")]) == "–"


def test_curves_are_plotted_as_png(records: list[Record], tmp_path: Path) -> None:
    plot_curves(records, METHODS, tmp_path / "curves.png")
    plot_curves([], METHODS, tmp_path / "empty.png")
    with Image.open(tmp_path / "curves.png") as curves, Image.open(tmp_path / "empty.png") as empty:
        assert curves.size == empty.size == (960, 600)
        colors = [len(np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)) for image in (curves, empty)]
        assert colors[0] > 4 * colors[1]
