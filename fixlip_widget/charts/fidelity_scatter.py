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
    """

    def __init__(self, groups: Mapping[str, PointStyle], predicted_label: str, value_label: str) -> None:
        scales = {"x": bq.LinearScale(), "y": bq.LinearScale()}
        self.diagonal = bq.Lines(x=[], y=[], scales=scales, colors=[GREY], stroke_width=1, line_style="dashed")
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
        self._scales = scales
        self._axes = {"x": axis(scales["x"], predicted_label), "y": axis(scales["y"], value_label, side="left")}
        self.figure = figure([self.diagonal, *self.marks.values()], list(self._axes.values()))

    def draw(self, points: Mapping[str, Points], title: str) -> None:
        """Show these points by group; groups that are not named keep theirs."""
        for name, (predicted, values) in points.items():
            mark = self.marks[name]
            with mark.hold_sync():
                mark.x, mark.y = predicted, values
        shown = [float(value) for mark in self.marks.values() for value in (*mark.x, *mark.y)]
        if shown:
            for name, scale in self._scales.items():
                fit_axis(scale, self._axes[name], shown)
            self.diagonal.x = self.diagonal.y = [min(shown), max(shown)]
        self.figure.title = title
