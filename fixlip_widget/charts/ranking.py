"""The strongest values of a view as bars, which follow its selection and answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import bqplot as bq
import numpy as np

from fixlip_widget.charts.style import ERROR, LETTERS, SILENT, axis, figure, span
from fixlip_widget.widget.displayed_values import shown
from fixlip_widget.widget.figure import LOWER, RAISE, company
from fixlip_widget.widget.widget import ExplanationWidget

SHOWN = 12


class Ranking:
    """The strongest attributions, or interactions with the selection, largest first; a click on a bar selects."""

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
            known = ~np.isnan(errors[self.players])  # (k,)
            ends = strongest[known, None] + errors[self.players][known, None] * [-1, 1]  # (k', 2)
            self.errors.x, self.errors.y = ends, np.repeat(places[known, None], 2, axis=1)
            self.names.visible = bool(self.players)
            self.names.tick_values = places
            names = (told_apart(explanation.tokens, i) for i in self.players)
            self.names.tick_labels = {str(place): name for place, name in enumerate(names)}
        span(self.across, self.amounts, [0.0, *strongest, *ends.ravel()])
        self.amounts.label = explanation.units
        self.figure.title = f"strongest with {company(explanation, selected)}" if selected else "strongest attributions"

    def _choose(self, change: Mapping[str, Any]) -> None:
        chosen = [] if change["new"] is None else [int(place) for place in change["new"]]
        if chosen:
            self.view.selected = [self.players[chosen[-1]]]


def told_apart(tokens: Sequence[str], i: int) -> str:
    """A token by itself; one of several that are alike with a number, as in the view."""
    name = tokens[i]
    return name if tokens.count(name) == 1 else f"{name} ({tokens[: i + 1].count(name)})"
