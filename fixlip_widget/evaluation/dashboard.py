"""Charts beside the view, in the kernel: how good the explanations of one pair are, and what the selection ranks."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import bqplot as bq
import numpy as np
import traitlets as t
from ipywidgets import HTML, HBox, Layout, VBox

from fixlip_widget.charts.ranking import Ranking
from fixlip_widget.charts.style import axis, figure
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.evaluation.faithfulness import fresh_values, in_logits
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.widget.widget import ExplanationWidget

COLOURS = ("#4477aa", "#ee6677", "#228833", "#aa3377", "#66ccee", "#ccbb44")
SCATTERED = 300
ROUNDING = 0.02


class Dashboard(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Explanations of one image and caption by several methods, side by side.

    Above, the `view` of the first. Below, the `ranking` of its values, which follows the view's selection and selects
    what is clicked on; the deletion `curves` of each explanation with its AID shaded between them; and a `scatter` of
    the similarity that each predicts of new masks, kept with its own p, against the similarity that the model gives.

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
        self.ranking = Ranking(self.view)
        self.curves = _curves(explanations, self._game)
        self.scatter = _scatter(explanations, self._game)
        charts = HBox([self.ranking.figure, self.curves, self.scatter], layout=Layout(flex_flow="row wrap"))
        names = [mark.labels[0] for mark in self.curves.marks]
        legend = "".join(
            f'<span style="color: {colour}">■</span> {escape(name)} &emsp; '
            for colour, name in zip(_colours(explanations), names, strict=True)
        )
        super().__init__([self.view, HTML(legend), charts])
        t.link((self.view, "selected"), (self, "selected"))
        self.view.observe(lambda change: self.ranking.draw(), ["selected", "explanation"])
        self.ranking.draw()


def _ends(explanation: Explanation) -> tuple[float, float]:
    return explanation.empty_value, explanation.full_value


def _alike(given: float, own: float) -> bool:
    """Whether two similarities are the same but for the rounding of another device or precision."""
    return abs(given - own) <= ROUNDING * max(abs(given), abs(own), 1.0)


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
    axes = [axis(kept, "share of tokens kept"), axis(share, "share of similarity", "left")]
    return figure(marks, axes, "least important first, most important first")


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
    axes = [axis(scale, "predicted, logits above blank"), axis(scale, "the model's own", "left")]
    low, high = (float(f([f(mark.y) for mark in marks])) for f in (np.min, np.max))
    line = bq.Lines(x=[low, high], y=[low, high], scales={"x": scale, "y": scale}, colors=["#999999"], stroke_width=1)
    return figure([line, *marks], axes, "new masks")


def _colours(explanations: Sequence[Explanation]) -> list[str]:
    return [COLOURS[k % len(COLOURS)] for k in range(len(explanations))]


def _name(explanation: Explanation) -> str:
    weighted = explanation.index in ("FWBII", "WBV")
    return f"{explanation.method}, order {explanation.max_order}" + (f", p={explanation.p}" if weighted else "")
