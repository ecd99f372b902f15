"""The dashboard: its view, its deletion curves and its scatter."""

from __future__ import annotations

import numpy as np
import pytest

from fixlip_widget.demo.showcase import showcase
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.dashboard import N_FRESH_MASKS, Dashboard
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.games import TableEncoder


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer.demo("cpu", precision="fp32")


@pytest.fixture(scope="module")
def explanations(explainer: Explainer) -> list[Explanation]:
    image, caption = showcase()
    fixlip = explainer.explain(image, caption, n_image_masks=128, n_text_masks=128, random_state=0, progress=False)
    return [fixlip, explainer.explain(image, caption, method="rollout", progress=False)]


@pytest.fixture(scope="module")
def shared_dashboard(explainer: Explainer, explanations: list[Explanation]) -> Dashboard:
    return Dashboard(explainer, *explanations)


@pytest.fixture
def dashboard(shared_dashboard: Dashboard) -> Dashboard:
    shared_dashboard.selected = []
    return shared_dashboard


def test_selection_is_linked_with_the_view(dashboard: Dashboard) -> None:
    dashboard.view.selected = [3]
    assert dashboard.selected == [3]
    dashboard.selected = [5, 7]
    assert dashboard.view.selected == [5, 7]


def test_curves_are_those_of_the_explanations(
    dashboard: Dashboard, explainer: Explainer, explanations: list[Explanation]
) -> None:
    game = explainer.game(*showcase())
    for mark, explanation in zip(dashboard.curves.marks, explanations, strict=True):
        curves = deletion_curves(explanation, game)
        np.testing.assert_allclose(mark.y, [curves.least_first, curves.most_first])
        assert mark.fill == "none"
        assert mark.opacities[0] < mark.opacities[1]
        assert mark.labels[0].endswith(f"AID {curves.area:.2f}")


def test_scatter_has_fresh_masks_in_logits(dashboard: Dashboard, explanations: list[Explanation]) -> None:
    marks = list(dashboard.scatter.marks.values())
    charts = dashboard.scatter.figures
    for chart, mark, explanation in zip(charts, marks, explanations, strict=True):
        assert chart.marks[1:] == [mark]
        assert explanation.method in chart.title
        assert [axis.scale for axis in chart.axes] == [axis.scale for axis in charts[0].axes]
    for mark in marks:
        assert len(mark.x) == len(mark.y) == N_FRESH_MASKS
        assert np.corrcoef(mark.x, mark.y)[0, 1] > 0.3
    # Values in other units are mapped to logits by least squares, which leaves residuals of mean zero.
    residual = np.asarray(marks[1].y) - np.asarray(marks[1].x)
    assert residual.mean() == pytest.approx(0.0, abs=1e-9)


def test_explanations_must_be_of_one_pair(explainer: Explainer, explanations: list[Explanation]) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        Dashboard(explainer)
    other = explanations[0].replace(full_value=0.0)
    with pytest.raises(InputError, match="not of the same picture and caption"):
        Dashboard(explainer, explanations[0], other)


def test_explanations_must_be_of_this_model_and_masking(
    explainer: Explainer, explanations: list[Explanation], monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = explanations[1]
    padded = Explainer.demo("cpu", precision="fp32", text_masker="pad")  # has another empty value
    for other in (padded, Explainer(TableEncoder())):
        with pytest.raises(InputError, match="give the image, model and masking it was made with"):
            Dashboard(other, rollout)
    with pytest.raises(InputError, match="give the image, model and masking it was made with"):
        Dashboard(explainer, rollout, rollout.replace(empty_value=rollout.empty_value + 1))
    # Another precision is the same model.
    monkeypatch.setattr("fixlip_widget.evaluation.dashboard.N_FRESH_MASKS", 8)
    Dashboard(Explainer.demo("cpu", precision="bf16"), rollout)
