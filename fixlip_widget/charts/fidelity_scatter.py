"""A scatter chart of predicted values against the model's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import bqplot as bq

from fixlip_widget.charts.style import GREY, axis, figure, fit_axis
from fixlip_widget.typing import FloatArray

Points: TypeAlias = tuple[FloatArray, FloatArray]
"""Predicted values (m,) and the model's values (m,)."""


@dataclass(frozen=True)
class PointStyle:
    """The look of one group of points."""

    color: str
    size: int = 14
    opacity: float = 1.0
    marker: str = "circle"


class FidelityScatter:
    """Groups of points, each an input with its predicted value and the model's own; on the dashed diagonal they agree.

    Args:
        groups: the style of each group by name; later ones are drawn on top.
        predicted_label: label of the horizontal axis.
        value_label: label of the vertical axis.
        apart: whether each group has a chart of its own, all with the same axes.

    Attributes:
        marks: the points of each group by its name.
        figures: one chart, or one for each group.
    """

    def __init__(
        self, groups: Mapping[str, PointStyle], predicted_label: str, value_label: str, *, apart: bool = False
    ) -> None:
        scales = {"x": bq.LinearScale(), "y": bq.LinearScale()}
        self.marks = {
            name: bq.Scatter(
                x=[],
                y=[],
                scales=scales,
                colors=[style.color],
                default_size=style.size,
                opacities=[style.opacity],
                marker=style.marker,
                stroke="#ffffff" if style.marker != "circle" else None,
            )
            for name, style in groups.items()
        }
        charts = [[mark] for mark in self.marks.values()] if apart else [list(self.marks.values())]
        self._scales = scales
        labels = {"x": predicted_label, "y": value_label}
        self.diagonals = [
            bq.Lines(x=[], y=[], scales=scales, colors=[GREY], stroke_width=1, line_style="dashed") for _ in charts
        ]
        self._axes = [
            {name: axis(scales[name], labels[name], side) for name, side in (("x", "bottom"), ("y", "left"))}
            for _ in charts
        ]
        self.figures = [
            figure([diagonal, *marks], list(axes.values()))
            for diagonal, marks, axes in zip(self.diagonals, charts, self._axes, strict=True)
        ]

    def draw(self, points: Mapping[str, Points], *titles: str) -> None:
        """Show these points by group; groups that are not named keep theirs. `titles` are those of the charts."""
        for name, (predicted, values) in points.items():
            mark = self.marks[name]
            with mark.hold_sync():
                mark.x, mark.y = predicted, values
        shown = [float(value) for mark in self.marks.values() for value in (*mark.x, *mark.y)]
        for chart, diagonal, axes, title in zip(self.figures, self.diagonals, self._axes, titles, strict=True):
            if shown:
                for name, scale in self._scales.items():
                    fit_axis(scale, axes[name], shown)
                diagonal.x = diagonal.y = [min(shown), max(shown)]
            chart.title = title
