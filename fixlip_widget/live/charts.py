"""Charts beside the view: the strongest values, and the predictions held against the model."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import bqplot as bq
import ipywidgets as w
import numpy as np

from fixlip_widget.charts.ranking import Ranking
from fixlip_widget.charts.style import ERROR, axis, figure, span
from fixlip_widget.live.check import Check
from fixlip_widget.widget.figure import RAISE, company
from fixlip_widget.widget.widget import ExplanationWidget

QUIET, OWN = "#9aa0aa", "#e08a00"
WIDTH = "880px"


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
