"""Charts beside the view, in bqplot: the strongest values, and the predictions held against the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np
import numpy.typing as npt

from fixlip_widget.explanation import Explanation
from fixlip_widget.live.check import Check
from fixlip_widget.widget.still import LOWER, RAISE, company
from fixlip_widget.widget.view import ExplanationWidget

SHOWN = 12
ERROR, QUIET, OWN = "#7d828c", "#9aa0aa", "#e08a00"
WIDTH = "880px"
MARGIN = {"top": 34, "bottom": 44, "left": 84, "right": 20}
# JupyterLab's colours where it shows this; bqplot leaves its titles orange in the dark.
INK = "var(--jp-content-font-color1, #5c626c)"
TITLE = {"font-size": "13px", "font-weight": "500", "fill": INK}
LETTERS = {"font-size": "12px", "fill": INK}
SILENT = "transparent"


class Charts(w.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """Both charts of the explanation in a view; they follow its selection, and a click on a bar selects."""

    def __init__(self, view: ExplanationWidget, lock: AbstractContextManager[Any]) -> None:
        self.ranking, self.faith = Ranking(view), Faith(view)
        self._lock = lock
        super().__init__(
            [self.ranking.figure, self.faith.figure], layout=w.Layout(flex_flow="row wrap", max_width=WIDTH)
        )
        view.observe(self._follow, ["explanation", "selected"])
        self._follow({"name": "explanation"})

    def _follow(self, change: Mapping[str, Any]) -> None:
        with self._lock:  # clicks and new explanations come from different threads
            if change["name"] == "explanation":
                self.faith.show(None)
            self.ranking.draw()
            self.faith.draw()


class Ranking:
    """The strongest attributions, or interactions with the selection, largest first."""

    def __init__(self, view: ExplanationWidget) -> None:
        self.view, self.players = view, list[int]()
        # From top to bottom, as one reads.
        self.across, down = bq.LinearScale(), bq.LinearScale(reverse=True, min=-0.6, max=SHOWN - 0.4)
        across = self.across
        self.bars = bq.Bars(x=[], y=[], scales={"x": down, "y": across}, orientation="horizontal", padding=0.25)
        self.bars.interactions = {"click": "select"}
        self.bars.selected_style, self.bars.unselected_style = {}, {}
        self.errors = bq.Lines(x=[], y=[], scales={"x": across, "y": down}, colors=[ERROR], stroke_width=1.5)
        self.names = bq.Axis(scale=down, side="left", grid_lines="none", color=SILENT, tick_style=LETTERS)
        self.amounts = axis(across, view.explanation.units)
        self.figure = figure([self.bars, self.errors], [self.names, self.amounts])
        self.bars.observe(self._choose, "selected")

    def draw(self) -> None:
        """Show the strongest values of the view's selection."""
        explanation = self.view.explanation
        selected = self.view.selected if explanation.max_order > 1 else []
        values, errors = shown(explanation, selected)
        ranked = np.argsort(-np.abs(values), kind="stable")
        self.players = [int(i) for i in ranked if i not in selected and values[i] != 0][:SHOWN]
        strongest = values[self.players]
        places = np.arange(len(self.players))
        with self.bars.hold_sync(), self.errors.hold_sync(), self.names.hold_sync():
            self.bars.selected = None
            self.bars.x, self.bars.y = places, strongest
            self.bars.colors = [RAISE if value > 0 else LOWER for value in strongest]
            spread = np.zeros((0, 2)) if errors is None else errors[self.players, None] * [-1, 1]  # (k, 2)
            ends = strongest[: len(spread), None] + spread  # (k, 2)
            self.errors.x, self.errors.y = ends, np.repeat(places[: len(spread), None], 2, axis=1)
            self.names.visible = bool(self.players)
            self.names.tick_values = places
            self.names.tick_labels = {str(place): explanation.tokens[i] for place, i in enumerate(self.players)}
        span(self.across, self.amounts, [0.0, *strongest, *ends.ravel()])
        self.amounts.label = explanation.units
        self.figure.title = f"strongest with {company(explanation, selected)}" if selected else "strongest attributions"

    def _choose(self, change: Mapping[str, Any]) -> None:
        chosen = [] if change["new"] is None else [int(place) for place in change["new"]]
        if chosen:
            self.view.selected = [self.players[chosen[-1]]]


class Faith:
    """Each point an input that the fit has not seen: what the explanation predicts, and what the model says."""

    def __init__(self, view: ExplanationWidget) -> None:
        self.view = view
        self._check: Check | None = None
        self.scales = {"x": bq.LinearScale(), "y": bq.LinearScale()}
        scales = self.scales
        self.equal = bq.Lines(x=[], y=[], scales=scales, colors=[ERROR], stroke_width=1, line_style="dashed")
        self.rest = bq.Scatter(x=[], y=[], scales=scales, colors=[QUIET], default_size=14, opacities=[0.55])
        self.with_selected = bq.Scatter(x=[], y=[], scales=scales, colors=[RAISE], default_size=20)
        self.own = bq.Scatter(
            x=[], y=[], scales=scales, colors=[OWN], marker="diamond", default_size=90, stroke="#ffffff"
        )
        self.axes = {"x": axis(scales["x"], "predicted"), "y": axis(scales["y"], "the model's", side="left")}
        self.figure = figure([self.equal, self.rest, self.with_selected, self.own], list(self.axes.values()))
        view.observe(self._add_own, "measured")

    def show(self, check: Check | None) -> None:
        """Show these masks, or none."""
        self._check = check
        self.own.x, self.own.y = [], []
        self.draw()

    def draw(self) -> None:
        """Tell the inputs apart that keep all of what is selected."""
        check = self._check
        self.figure.layout.visibility = "hidden" if check is None else "visible"
        if check is None:
            return
        selected = self.view.selected
        keeps = check.kept[:, selected].all(axis=1) if selected else np.zeros(len(check.kept), dtype=bool)  # (m,)
        for mark, which in ((self.rest, ~keeps), (self.with_selected, keeps)):
            with mark.hold_sync():
                mark.x, mark.y = check.predicted[which], check.true[which]
        both = [*check.true, *check.predicted, *self.own.x, *self.own.y]
        for name, scale in self.scales.items():
            span(scale, self.axes[name], both)
        self.equal.x = self.equal.y = [min(both), max(both)]
        fit = "" if check.r2 is None else f", R² {check.r2:.2f}"
        kept = f" · red: {company(self.view.explanation, selected)} kept" if selected else ""
        own = " · ◆ yours" if len(self.own.x) else ""
        self.figure.title = f"{len(check.kept)} fresh masks{fit}{kept}{own}"

    def _add_own(self, change: Mapping[str, Any]) -> None:
        measured, explanation = change["new"], self.view.explanation
        if self._check is None or measured is None:
            return
        kept = np.ones(explanation.n_players, dtype=bool)  # (n,)
        kept[measured["hidden"]] = False
        predicted = float(explanation.predict(kept)[0]) + explanation.empty_value
        with self.own.hold_sync():
            self.own.x, self.own.y = [*self.own.x, predicted], [*self.own.y, measured["similarity"]]
        self.draw()


def shown(
    explanation: Explanation, selected: list[int]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    """What a view shows of each token, (n,), and its standard errors where one token says it all."""
    if not selected:
        return explanation.first_order(), explanation.stderr_first_order
    errors = explanation.second_order_errors()
    return explanation.conditional(selected), errors[selected[0]] if errors is not None and len(selected) == 1 else None


def axis(scale: bq.Scale, label: str, side: str = "bottom") -> bq.Axis:
    """An axis of numbers."""
    return bq.Axis(scale=scale, label=label, side=side, grid_lines="dashed", label_color="#8b9099", tick_style=LETTERS)


def figure(marks: list[bq.Mark], axes: list[bq.Axis]) -> bq.Figure:
    """A figure as both are."""
    layout = w.Layout(flex="1 1 340px", height="320px", min_width="300px")
    return bq.Figure(
        marks=marks, axes=axes, title_style=TITLE, fig_margin=MARGIN, layout=layout, display_toolbar=False, padding_y=0
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
