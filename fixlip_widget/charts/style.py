"""What all charts look like."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bqplot as bq
import ipywidgets as w
import numpy as np
import numpy.typing as npt

ERROR = "#7d828c"
SILENT = "transparent"
MARGIN = {"top": 34, "bottom": 44, "left": 84, "right": 20}
# JupyterLab's colours where it shows this; bqplot leaves its titles orange in the dark.
INK = "var(--jp-content-font-color1, #5c626c)"
TITLE = {"font-size": "13px", "font-weight": "500", "fill": INK}
LETTERS = {"font-size": "12px", "fill": INK}


def axis(scale: bq.Scale, label: str, side: str = "bottom") -> bq.Axis:
    """An axis of numbers."""
    return bq.Axis(scale=scale, label=label, side=side, grid_lines="dashed", label_color="#8b9099", tick_style=LETTERS)


def figure(marks: list[bq.Mark], axes: list[bq.Axis], title: str = "") -> bq.Figure:
    """A figure that shares its line with others where there is room."""
    layout = w.Layout(flex="1 1 340px", height="320px", min_width="300px")
    return bq.Figure(
        marks=marks,
        axes=axes,
        title=title,
        title_style=TITLE,
        fig_margin=MARGIN,
        layout=layout,
        display_toolbar=False,
        padding_y=0,
    )


def span(scale: bq.LinearScale, axis: bq.Axis, values: Sequence[float]) -> None:
    """Make room for the values, with a line at round numbers."""
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 1.0
    scale.min, scale.max = low - room, high + room
    axis.tick_values = round_numbers(low - room, high + room)
    axis.tick_format = "~g"


def round_numbers(low: float, high: float) -> npt.NDArray[np.float64]:
    """Four to nine multiples of 1, 2 or 5 times a power of ten that lie between two numbers."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (5, 2, 1) if step * power <= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return np.array([step * place for place in range(first, last + 1)])
