"""Results as a Parquet file, as Markdown tables and as a plot of the deletion curves."""

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
GROUPED_METRICS = ("PGR", "PGR by chance")
"""Metrics that are averaged within each group of pairs, as their difficulty depends on it."""
SANITY_METRICS = ("shuffled weights", "absent caption")
"""Metrics of which smaller is better; they have a table of their own."""


def to_rows(records: Iterable[Record]) -> list[Row]:
    """One row for each number, sorted by pair, method and metric."""
    rows = [
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
    return sorted(rows, key=lambda row: (row["pair"], row["method"], row["metric"]))


def write_parquet(records: Iterable[Record], path: Path) -> None:
    """Write `to_rows` as Parquet; the same records in any order give the same bytes. Needs pyarrow."""
    import pyarrow as pa
    from pyarrow import parquet

    strings = {name: pa.string() for name in ("pair", "group", "method", "metric")}
    curves = {name: pa.list_(pa.float64()) for name in ("least_first", "most_first")}
    schema = pa.schema({**strings, "value": pa.float64(), **curves})
    with atomic_write(path) as file:
        parquet.write_table(pa.Table.from_pylist(to_rows(records), schema=schema), file)


def to_markdown(rows: Sequence[Row], methods: Sequence[str], title: str) -> str:
    """Up to three tables with a row for each method and the mean ± standard error of each metric.

    The first has the metrics over all pairs, the second PGR in each group of pairs, with PGR by chance in brackets,
    and the third the sanity checks. The last row of each is the number of pairs of each column; a method that was
    measured on fewer pairs than others names its own number. A dash stands for no value.
    """
    names = {row["metric"] for row in rows}
    metrics = sorted(names.difference(GROUPED_METRICS, SANITY_METRICS), key=_column_order)
    groups = sorted({row["group"] for row in rows if row["metric"] in GROUPED_METRICS})
    overall = {name: _select(rows, name) for name in metrics}
    pointing = {f"PGR, {group}": _select(rows, "PGR", group) for group in groups}
    by_chance = {f"PGR, {group}": _select(rows, "PGR by chance", group) for group in groups}
    sanity = {name: _select(rows, name) for name in SANITY_METRICS if name in names}
    tables = [_table(columns, methods, by_chance) for columns in (overall, pointing, sanity) if columns]
    return "\n\n".join([title, *tables]) + "\n"


def _select(rows: Sequence[Row], metric: str, group: str | None = None) -> list[Row]:
    return [row for row in rows if row["metric"] == metric and group in (None, row["group"])]


def _table(columns: dict[str, list[Row]], methods: Sequence[str], by_chance: dict[str, list[Row]]) -> str:
    n_pairs = len({row["pair"] for column in columns.values() for row in column})
    lines = [f"| method | {' | '.join(columns)} |", "|" + " --- |" * (len(columns) + 1)]
    for method in methods:
        cells = []
        for name, column in columns.items():
            chance = [row["value"] for row in by_chance.get(name, []) if row["method"] == method]
            brackets = f" ({np.mean(chance):.2f})" if chance else ""
            cells.append(mean_and_error([row["value"] for row in column if row["method"] == method]) + brackets)
        n_own = len({row["pair"] for column in columns.values() for row in column if row["method"] == method})
        fewer = f" ({n_own} pairs)" if 0 < n_own < n_pairs else ""
        lines.append(f"| {method}{fewer} | {' | '.join(cells)} |")
    counts = [str(len({row["pair"] for row in column})) for column in columns.values()]
    return "\n".join([*lines, f"| pairs | {' | '.join(counts)} |"])


def mean_and_error(values: Sequence[float]) -> str:
    """Mean ± standard error of the finite values, as in "0.530 ± 0.020"; no error for one value, a dash for none."""
    finite = np.array([value for value in values if math.isfinite(value)])
    if not len(finite):
        return "–"
    error = f" ± {finite.std(ddof=1) / math.sqrt(len(finite)):.3f}" if len(finite) > 1 else ""
    return f"{finite.mean():.3f}{error}"


def plot_curves(records: Iterable[Record], methods: Sequence[str], path: Path) -> None:
    """Write a PNG of every method's mean deletion curves, with the area between them shaded. Needs matplotlib."""
    from matplotlib.figure import Figure

    rows = [row for row in to_rows(records) if row["least_first"]]
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot(xlabel="share of tokens kept", ylabel="share of similarity kept")
    kept = np.linspace(0.0, 1.0, POINTS)  # (51,)
    for index, method in enumerate(methods):
        curves = [(row["least_first"], row["most_first"]) for row in rows if row["method"] == method]
        if not curves:
            continue
        least_first, most_first = np.nanmean(np.array(curves), axis=0)  # (51,) each
        area = float(np.mean([row["value"] for row in rows if row["method"] == method]))
        axes.plot(kept, least_first, color=f"C{index}", label=f"{method}, AID {area:.2f}")
        axes.plot(kept, most_first, color=f"C{index}", linestyle="--")
        axes.fill_between(kept, most_first, least_first, color=f"C{index}", alpha=0.08, linewidth=0)
    axes.axhline(0.0, color="0.7", linewidth=0.8)
    if axes.lines[1:]:
        axes.legend(frameon=False, fontsize="small")
    with atomic_write(path) as file:
        figure.savefig(file, format="png", dpi=150)


def _column_order(metric: str) -> tuple[int, str]:
    prefixes = ("AID", "Spearman", "R²")
    return next((k for k, prefix in enumerate(prefixes) if metric.startswith(prefix)), len(prefixes)), metric
