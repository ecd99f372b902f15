"""Records as a Parquet file, a Markdown table and a picture of the curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixlip_widget.evaluation.deletion import POINTS
from fixlip_widget.evaluation.journal import Record
from fixlip_widget.io.files import atomic_write

Row = dict[str, Any]
BY_GROUP = ("PGR", "PGR by chance")  # what is not the same thing in every group of pairs
SANITY = ("shuffled weights", "absent caption")  # where less is better


def rows(records: Iterable[Record]) -> list[Row]:
    """One row for each pair, method and metric, in that order."""
    flat = [
        {
            "pair": record["pair"],
            "group": record["group"],
            "method": record["method"],
            "metric": number["metric"],
            "value": number["value"],
            "least_first": number["curves"] and number["curves"][0],
            "most_first": number["curves"] and number["curves"][1],
        }
        for record in records
        for number in record["numbers"]
    ]
    return sorted(flat, key=lambda row: (row["pair"], row["method"], row["metric"]))


def write_parquet(records: Iterable[Record], path: Path) -> None:
    """One row per (pair, method, metric), the same bytes for the same records in any order (needs pyarrow)."""
    import pyarrow as pa
    from pyarrow import parquet

    words = {name: pa.string() for name in ("pair", "group", "method", "metric")}
    curves = {name: pa.list_(pa.float64()) for name in ("least_first", "most_first")}
    schema = pa.schema({**words, "value": pa.float64(), **curves})
    with atomic_write(path) as file:
        parquet.write_table(pa.Table.from_pylist(rows(records), schema=schema), file)


def markdown(measured: Sequence[Row], methods: Sequence[str], title: str) -> str:
    """Up to three tables with a row for each method: mean ± standard error of every metric, of PGR in each group of
    pairs, and of the sanity checks.

    In brackets is what PGR would be if words named quadrants by chance. The last row says how many pairs a column
    rests on at most; a method that was measured on fewer says so itself. A dash stands where nothing was measured, and
    no error where there is one pair only.
    """
    names = {row["metric"] for row in measured}
    metrics = sorted(names.difference(BY_GROUP, SANITY), key=_rank)
    groups = sorted({row["group"] for row in measured if row["metric"] in BY_GROUP})
    overall = {name: _select(measured, name) for name in metrics}
    pointing = {f"PGR, {group}": _select(measured, "PGR", group) for group in groups}
    chances = {f"PGR, {group}": _select(measured, "PGR by chance", group) for group in groups}
    checks = {name: _select(measured, name) for name in SANITY if name in names}
    tables = [_table(columns, methods, chances) for columns in (overall, pointing, checks) if columns]
    return "\n\n".join([title, *tables]) + "\n"


def _select(measured: Sequence[Row], metric: str, group: str | None = None) -> list[Row]:
    return [row for row in measured if row["metric"] == metric and group in (None, row["group"])]


def _table(columns: dict[str, list[Row]], methods: Sequence[str], chances: dict[str, list[Row]]) -> str:
    everything = {row["pair"] for column in columns.values() for row in column}
    lines = [f"| method | {' | '.join(columns)} |", "|" + " --- |" * (len(columns) + 1)]
    for method in methods:
        cells = []
        for name, column in columns.items():
            chance = [row["value"] for row in chances.get(name, []) if row["method"] == method]
            brackets = f" ({np.mean(chance):.2f})" if chance else ""
            cells.append(mean_and_error([row["value"] for row in column if row["method"] == method]) + brackets)
        count = len({row["pair"] for column in columns.values() for row in column if row["method"] == method})
        fewer = f" ({count} pairs)" if 0 < count < len(everything) else ""
        lines.append(f"| {method}{fewer} | {' | '.join(cells)} |")
    counts = [str(len({row["pair"] for row in column})) for column in columns.values()]
    return "\n".join([*lines, f"| pairs | {' | '.join(counts)} |"])


def mean_and_error(values: Sequence[float]) -> str:
    """0.53 ± 0.02, the standard error of the mean; those that are not numbers are left out."""
    known = np.array([value for value in values if math.isfinite(value)])
    if not len(known):
        return "–"
    error = f" ± {known.std(ddof=1) / math.sqrt(len(known)):.3f}" if len(known) > 1 else ""
    return f"{known.mean():.3f}{error}"


def plot_curves(records: Iterable[Record], methods: Sequence[str], path: Path) -> None:
    """The mean deletion curves of every method with the area between them shaded, as PNG (needs matplotlib)."""
    from matplotlib.figure import Figure

    drawn = [row for row in rows(records) if row["least_first"]]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot(xlabel="share of tokens kept", ylabel="share of similarity kept")
    kept = np.linspace(0.0, 1.0, POINTS)  # (51,)
    for index, method in enumerate(methods):
        curves = [(row["least_first"], row["most_first"]) for row in drawn if row["method"] == method]
        if not curves:
            continue
        least, most = np.nanmean(np.array(curves), axis=0)  # (51,) each
        area = float(np.mean([row["value"] for row in drawn if row["method"] == method]))
        axes.plot(kept, least, color=f"C{index}", label=f"{method}, AID {area:.2f}")
        axes.plot(kept, most, color=f"C{index}", linestyle="--")
        axes.fill_between(kept, most, least, color=f"C{index}", alpha=0.08, linewidth=0)
    axes.axhline(0.0, color="0.7", linewidth=0.8)
    if axes.lines[1:]:
        axes.legend(frameon=False, fontsize="small")
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150)


def _rank(metric: str) -> tuple[int, str]:
    order = ("AID", "Spearman", "R²")
    return next((k for k, name in enumerate(order) if metric.startswith(name)), len(order)), metric
