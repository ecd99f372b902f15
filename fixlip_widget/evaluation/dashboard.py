"""Charts beside the view, in the kernel: how good the explanations of one pair are, and what the selection ranks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import bqplot as bq
import numpy as np
import traitlets as t
from ipywidgets import HTML, HBox, Layout, VBox

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.curves import deletion_curves
from fixlip_widget.evaluation.faithfulness import fresh_values, in_logits
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.game import SimilarityGame
from fixlip_widget.widget.view import ExplanationWidget

COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#ccbb44")
RANKED = 15
SCATTERED = 300
ROUNDING = 0.02
MARGIN = {"top": 36, "bottom": 44, "left": 56, "right": 16}


class Dashboard(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Explanations of one image and caption by several methods, side by side.

    Above, the `view` of the first. Below, its ranked `bars`, which follow the view's selection and select what is
    clicked on; the deletion `curves` of each explanation with its AID shaded between them; and a `scatter` of the
    similarity that each predicts of new masks, kept with its own p, against the similarity that the model gives.

    Raises InputError where there is no explanation, or where they are not of one picture and caption, or not of this
    explainer's model and masking.
    """

    selected: t.List[int] = t.List()

    def __init__(self, explainer: Explainer, *explanations: Explanation) -> None:
        if not explanations:
            raise InputError("There is nothing to compare; give one explanation or more.")
        first = explanations[0]
        if any(
            other.tokens != first.tokens or not _alike(other.full_value, first.full_value) for other in explanations
        ):
            raise InputError("These explanations are not of the same picture and caption; give those of one pair.")
        if first.image is None:
            raise InputError("The first explanation has no picture to measure on; explain with this explainer.")
        self._game = explainer.game(first.image, first.caption)
        ends = self._game.empty_value, self._game.full_value
        if first.n_players != self._game.n_players or any(
            not _alike(given, own) for shown in explanations for given, own in zip(_ends(shown), ends, strict=True)
        ):
            raise InputError(
                "These explanations are of another model or masking; give the explainer they were made by."
            )
        self.view = ExplanationWidget(first)
        self.bars = _bars()
        self.curves = _curves(explanations, self._game)
        self.scatter = _scatter(explanations, self._game)
        self._shown: list[int] = []
        charts = HBox([self.bars, self.curves, self.scatter], layout=Layout(flex_flow="row wrap"))
        names = [mark.labels[0] for mark in self.curves.marks]
        legend = "".join(
            f'<span style="color: {colour}">■</span> {escape(name)} &emsp; '
            for colour, name in zip(_colours(explanations), names, strict=True)
        )
        super().__init__([self.view, HTML(legend), charts])
        t.link((self.view, "selected"), (self, "selected"))
        self.bars.marks[0].observe(self._click, "selected")
        self.view.observe(self._rank, ["selected", "explanation"])
        self._rank()

    def _rank(self, _: Any = None) -> None:
        """The tokens that weigh most, by themselves or with the selection."""
        shown, chosen = self.view.explanation, self.view.selected
        together = bool(chosen) and shown.max_order > 1
        values = shown.conditional(chosen) if together else shown.first_order()  # (n,)
        largest = [int(i) for i in np.argsort(-np.abs(values), kind="stable") if i not in chosen][:RANKED]
        self._shown = largest[::-1]  # the first is on top
        names = " + ".join(shown.tokens[i] for i in chosen)
        self.bars.title = f"strongest with {names}" if together else "strongest"
        with self.bars.marks[0].hold_sync():
            self.bars.marks[0].x = [_told_apart(shown.tokens, i) for i in self._shown]
            self.bars.marks[0].y = values[self._shown]
            self.bars.marks[0].selected = None
            self.bars.marks[0].colors = ["#b2182b" if values[i] > 0 else "#2166ac" for i in self._shown]

    def _click(self, change: t.Bunch) -> None:
        if change["new"] is not None and len(change["new"]):
            self.view.selected = [self._shown[int(change["new"][-1])]]


def _ends(explanation: Explanation) -> tuple[float, float]:
    return explanation.empty_value, explanation.full_value


def _alike(given: float, own: float) -> bool:
    """Whether two similarities are the same but for the rounding of another device or precision."""
    return abs(given - own) <= ROUNDING * max(abs(given), abs(own), 1.0)


def _bars() -> bq.Figure:
    names, values = bq.OrdinalScale(), bq.LinearScale()
    mark = bq.Bars(x=[], y=[], scales={"x": names, "y": values}, orientation="horizontal", padding=0.2)
    mark.interactions = {"click": "select"}
    axes = [bq.Axis(scale=names, side="left", grid_lines="none"), _axis(values, "")]
    layout = Layout(width="400px", height="360px")
    return bq.Figure(marks=[mark], axes=axes, fig_margin={**MARGIN, "left": 110}, layout=layout)


def _curves(explanations: Sequence[Explanation], game: SimilarityGame) -> bq.Figure:
    kept, share = bq.LinearScale(min=0.0, max=1.0), bq.LinearScale()
    marks = []
    for colour, explanation in zip(_colours(explanations), explanations, strict=True):
        curves = deletion_curves(explanation, game)
        marks.append(
            bq.Lines(
                x=[curves.kept, curves.kept],  # (2, 51)
                y=[curves.least_first, curves.most_first],  # (2, 51)
                scales={"x": kept, "y": share},
                colors=[colour, colour],
                fill="between",
                fill_colors=[colour, colour],
                fill_opacities=[0.12, 0.12],
                labels=[f"{_name(explanation)}, AID {curves.area:.2f}"],
            )
        )
    axes = [_axis(kept, "share of tokens kept"), _axis(share, "share of similarity", "left")]
    return _figure("least important first, most important first", marks, axes)


def _scatter(explanations: Sequence[Explanation], game: SimilarityGame) -> bq.Figure:
    scale = bq.LinearScale()
    marks = []
    for colour, explanation in zip(_colours(explanations), explanations, strict=True):
        masks, values = fresh_values(game, explanation.p_players, n_masks=SCATTERED)  # (m, n), (m,)
        marks.append(
            bq.Scatter(
                x=in_logits(explanation, masks, values),
                y=values,
                scales={"x": scale, "y": scale},
                colors=[colour],
                default_size=12,
                opacities=[0.5] * SCATTERED,
            )
        )
    axes = [_axis(scale, "predicted, logits above blank"), _axis(scale, "the model's own", "left")]
    low, high = (float(f([f(mark.y) for mark in marks])) for f in (np.min, np.max))
    line = bq.Lines(x=[low, high], y=[low, high], scales={"x": scale, "y": scale}, colors=["#999999"], stroke_width=1)
    return _figure("new masks", [line, *marks], axes)


def _axis(scale: bq.Scale, label: str, side: str = "bottom") -> bq.Axis:
    offset = "40px" if side == "left" else "32px"
    return bq.Axis(scale=scale, label=label, side=side, grid_lines="none", label_offset=offset)


def _figure(title: str, marks: list[Any], axes: list[Any]) -> bq.Figure:
    layout = Layout(width="460px", height="360px")
    return bq.Figure(title=title, marks=marks, axes=axes, fig_margin=MARGIN, layout=layout)


def _colours(explanations: Sequence[Explanation]) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(len(explanations))]


def _told_apart(tokens: Sequence[str], i: int) -> str:
    """A token by itself, with its place if it is not the only one of its kind."""
    return tokens[i] if tokens.count(tokens[i]) == 1 else f"{tokens[i]} ({i})"


def _name(explanation: Explanation) -> str:
    weighted = explanation.index in ("FWBII", "WBV")
    return f"{explanation.method}, order {explanation.max_order}" + (f", p={explanation.p}" if weighted else "")
