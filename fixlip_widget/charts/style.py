"""The common style of all charts: axes, figures, tick marks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import bqplot as bq
import ipywidgets as w
import numpy as np

from fixlip_widget.typing import FloatArray

GREY = "#7d828c"
MARGIN = {"top": 34, "bottom": 44, "left": 84, "right": 20}
TEXT_COLOR = "var(--jp-content-font-color1, #5c626c)"
"""JupyterLab's text colour where this is shown there; bqplot's own titles are orange in the dark theme."""
TITLE_STYLE = {"font-size": "13px", "font-weight": "500", "fill": TEXT_COLOR}
TICK_STYLE = {"font-size": "12px", "fill": TEXT_COLOR}


def axis(scale: bq.Scale, label: str, side: str = "bottom") -> bq.Axis:
    """A numeric axis."""
    return bq.Axis(
        scale=scale, label=label, side=side, grid_lines="dashed", label_color="#8b9099", tick_style=TICK_STYLE
    )


def figure(marks: Sequence[bq.Mark], axes: Sequence[bq.Axis], title: str = "") -> bq.Figure:
    """A figure that shares its row with others where there is room."""
    layout = w.Layout(flex="1 1 340px", height="320px", min_width="300px")
    return bq.Figure(
        marks=list(marks),
        axes=list(axes),
        title=title,
        title_style=TITLE_STYLE,
        fig_margin=MARGIN,
        layout=layout,
        display_toolbar=False,
        padding_y=0,
    )


def fit_axis(scale: bq.LinearScale, axis: bq.Axis, values: Sequence[float]) -> None:
    """Set the range of a scale to the values with a margin, and the ticks of its axis to round numbers."""
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or 1.0
    scale.min, scale.max = low - margin, high + margin
    axis.tick_values = round_ticks(low - margin, high + margin)
    axis.tick_format = "~g"


def round_ticks(low: float, high: float) -> FloatArray:
    """Four to nine multiples of 1, 2 or 5 times a power of ten between two numbers.

    Example:
        >>> from fixlip_widget.charts.style import round_ticks
        >>> round_ticks(0.7, 5.2).tolist()
        [1.0, 2.0, 3.0, 4.0, 5.0]
    """
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (5, 2, 1) if step * power <= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return np.array([step * index for index in range(first, last + 1)])
