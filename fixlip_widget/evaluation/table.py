"""Records as a Parquet file, a Markdown table and a picture of the curves."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fixlip_widget.evaluation.curves import POINTS
from fixlip_widget.evaluation.journal import Record
from fixlip_widget.files import replacing

BY_GROUP = ("PGR", "PGR by chance")  # what is not the same thing in every group of pairs


def rows(records: Iterable[Record]) -> list[dict[str, Any]]:
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
    with replacing(path) as file:
        parquet.write_table(pa.Table.from_pylist(rows(records), schema=schema), file)


def markdown(records: Sequence[Record], methods: Sequence[str], title: str) -> str:
    """Mean ± standard error of every metric (columns) for every method (rows); PGR for each group of pairs by itself.

    The last row says how many pairs each column rests on. A dash stands where nothing was measured, and no error
    where there is one pair only.
    """
    measured = rows(records)
    columns = list(dict.fromkeys(_column(row) for row in sorted(measured, key=_rank)))
    cells: dict[tuple[str, str], list[float]] = {}
    for row in measured:
        cells.setdefault((row["method"], _column(row)), []).append(row["value"])
    lines = [f"| method | {' | '.join(columns)} |", "|" + " --- |" * (len(columns) + 1)]
    for method in methods:
        figures = [mean_and_error(cells.get((method, column), [])) for column in columns]
        lines.append(f"| {method} | {' | '.join(figures)} |")
    counts = [str(len({row["pair"] for row in measured if _column(row) == column})) for column in columns]
    lines.append(f"| pairs | {' | '.join(counts)} |")
    return "\n".join([title, "", *lines, ""])


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
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=150)


def _column(row: dict[str, Any]) -> str:
    return f"{row['metric']}, {row['group']}" if row["metric"] in BY_GROUP else str(row["metric"])


def _rank(row: dict[str, Any]) -> tuple[int, str, str]:
    order = ("AID", "PGR", "PGR by chance", "Spearman", "R²")
    place = next((k for k, name in enumerate(order) if row["metric"].partition(",")[0] == name), len(order))
    return place, row["group"] if row["metric"] in BY_GROUP else "", row["metric"]
