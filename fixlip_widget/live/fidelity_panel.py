"""The scatter chart beside a live view: predictions against the model on fresh masks and on the reader's own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from fixlip_widget.charts.fidelity_scatter import FidelityScatter, PointStyle
from fixlip_widget.estimation.fidelity import FidelityCheck
from fixlip_widget.player_names import selection_label
from fixlip_widget.widget.color_scale import RAISE
from fixlip_widget.widget.widget import ExplanationWidget

STYLES = {
    "other": PointStyle("#9aa0aa", opacity=0.55),
    "selected": PointStyle(RAISE, size=20),
    "own": PointStyle("#e08a00", size=90, marker="diamond"),
}


class FidelityPanel:
    """Each point is an input that the explanation was not fitted to; those that keep the selected tokens are red.

    Diamonds are the model's answers to the tokens that the reader switched off.

    Args:
        view: whose selection and measurements are followed.
        lock: held while drawing, as clicks and new explanations come from different threads.
    """

    def __init__(self, view: ExplanationWidget, lock: AbstractContextManager[Any]) -> None:
        self.view, self._lock = view, lock
        self.check: FidelityCheck | None = None
        self.scatter = FidelityScatter(STYLES, "predicted", "the model's")
        (self.figure,) = self.scatter.figures
        view.observe(lambda change: self.show(None), "explanation")
        view.observe(lambda change: self._draw(), "selected")
        view.observe(self._add_measurement, "measured")
        self.show(None)

    def show(self, check: FidelityCheck | None) -> None:
        """Show a check of the view's explanation, or nothing."""
        with self._lock:
            self.check = check
            own = self.scatter.marks["own"]
            own.x, own.y = [], []
        self._draw()

    def _draw(self) -> None:
        with self._lock:
            check, explanation, selected = self.check, self.view.explanation, self.view.selected
            self.figure.layout.visibility = "hidden" if check is None else "visible"
            if check is None:
                return
            empty = explanation.empty_value
            predicted, values = check.predicted + empty, check.values + empty
            keeps = check.masks[:, selected].all(axis=1) if selected else np.zeros(len(values), dtype=bool)  # (m,)
            points = {
                "other": (predicted[~keeps], values[~keeps]),
                "selected": (predicted[keeps], values[keeps]),
            }
            self.scatter.draw(points, self._title(check))

    def _title(self, check: FidelityCheck) -> str:
        explanation, selected = self.view.explanation, self.view.selected
        label = selection_label(explanation.tokens, explanation.n_players_image, selected)
        r2 = "" if check.r2 is None else f", R² {check.r2:.2f}"
        kept = f" · red: {label} kept" if selected else ""
        own = " · ◆ yours" if len(self.scatter.marks["own"].x) else ""
        return f"{len(check.masks)} fresh masks{r2}{kept}{own}"

    def _add_measurement(self, change: Mapping[str, Any]) -> None:
        measured, explanation = change["new"], self.view.explanation
        if self.check is None or measured is None:
            return
        kept = np.ones(explanation.n_players, dtype=bool)  # (n,)
        kept[measured["hidden"]] = False
        predicted = float(explanation.predict(kept)[0]) + explanation.empty_value
        own = self.scatter.marks["own"]
        with self._lock, own.hold_sync():
            own.x, own.y = [*own.x, predicted], [*own.y, measured["similarity"]]
        self._draw()
