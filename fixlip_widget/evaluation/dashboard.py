"""A dashboard in the kernel: the view of one explanation, and charts that compare several of the same pair."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import bqplot as bq
import traitlets as t
from ipywidgets import HTML, HBox, Layout, VBox

from fixlip_widget.charts.fidelity_scatter import FidelityScatter, PointStyle
from fixlip_widget.charts.style import axis, figure
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.fidelity import is_close
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import depends_on_p
from fixlip_widget.widget.widget import ExplanationWidget

COLORS = ("#117733", "#b8860b", "#8a5fbf", "#2a9d8f", "#8b5a2b", "#7f7f7f")
"""Neither red nor blue, which are the signs of values in the view."""
LEAST_FIRST_OPACITY = 0.45
N_FRESH_MASKS = 300


class Dashboard(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Explanations of one image and caption by several methods.

    Args:
        explainer: the one that made them.
        explanations: of one image and caption.

    Attributes:
        view: of the first explanation.
        selected: its selected tokens.
        curves: deletion curves of each explanation, that of the least important first fainter; AID is the area between
            them.
        scatter: predicted against true similarity on fresh masks, drawn with each explanation's own p, in one chart for
            each explanation.

    Raises:
        InputError: where there is no explanation, or where they are of several images or captions, or of another
            model or masking.
    """

    selected: t.List[int] = t.List()

    def __init__(self, explainer: Explainer, *explanations: Explanation) -> None:
        if not explanations:
            raise InputError("There is nothing to compare; give one explanation or more.")
        first = explanations[0]
        if any(
            other.tokens != first.tokens or not is_close(other.full_value, first.full_value) for other in explanations
        ):
            raise InputError("These explanations are not of the same picture and caption; give those of one pair.")
        if first.image is None:
            raise InputError("The first explanation has no picture to measure on; explain with this explainer.")
        self.view = ExplanationWidget(first)
        # First the scatter, which checks that the explanations are of this model and masking.
        self.scatter = _fidelity_scatter(explainer, explanations)
        self.curves = _deletion_figure(explanations, explainer.game(first.image, first.caption))
        names = [mark.labels[0] for mark in self.curves.marks]
        legend = "".join(
            f'<span style="color: {color}">■</span> {escape(name)} &emsp; '
            for color, name in zip(_colors(explanations), names, strict=True)
        )
        charts = HBox([self.curves, *self.scatter.figures], layout=Layout(flex_flow="row wrap"))
        super().__init__([self.view, HTML(legend), charts])
        t.link((self.view, "selected"), (self, "selected"))


def _deletion_figure(explanations: Sequence[Explanation], game: SimilarityGame) -> bq.Figure:
    kept, share = bq.LinearScale(min=0.0, max=1.0), bq.LinearScale()
    marks = []
    for color, explanation in zip(_colors(explanations), explanations, strict=True):
        curves = deletion_curves(explanation, game)
        marks.append(
            bq.Lines(
                x=[curves.kept, curves.kept],  # (2, 51)
                y=[curves.least_first, curves.most_first],  # (2, 51)
                scales={"x": kept, "y": share},
                colors=[color, color],
                opacities=[LEAST_FIRST_OPACITY, 1.0],
                labels=[f"{_name(explanation)}, AID {curves.area:.2f}"],
            )
        )
    axes = [axis(kept, "share of tokens kept"), axis(share, "share of similarity", "left")]
    return figure(marks, axes, "least important first (faint), most important first")


def _fidelity_scatter(explainer: Explainer, explanations: Sequence[Explanation]) -> FidelityScatter:
    colors = dict(zip(map(str, range(len(explanations))), _colors(explanations), strict=True))
    styles = {name: PointStyle(color, size=12, opacity=0.5) for name, color in colors.items()}
    scatter = FidelityScatter(styles, "predicted, logits above empty", "the model's own", apart=True)
    image = explanations[0].image
    checks = [explainer.fidelity(explanation, N_FRESH_MASKS, image=image) for explanation in explanations]
    points = {name: (check.predicted, check.values) for name, check in zip(styles, checks, strict=True)}
    scatter.draw(points, *(f"{_name(explanation)}: {N_FRESH_MASKS} fresh masks" for explanation in explanations))
    return scatter


def _colors(explanations: Sequence[Explanation]) -> list[str]:
    return [COLORS[k % len(COLORS)] for k in range(len(explanations))]


def _name(explanation: Explanation) -> str:
    p = f", p={explanation.p}" if depends_on_p(explanation.method) else ""
    return f"{explanation.method}, order {explanation.max_order}{p}"
