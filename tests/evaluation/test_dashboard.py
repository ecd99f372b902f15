"""The kernel-side charts."""

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
    two = explainer.explain(image, caption, n_image_masks=128, n_text_masks=128, random_state=0, progress=False)
    return [two, explainer.explain(image, caption, method="rollout", progress=False)]


@pytest.fixture(scope="module")
def made(explainer: Explainer, explanations: list[Explanation]) -> Dashboard:
    return Dashboard(explainer, *explanations)


@pytest.fixture
def dashboard(made: Dashboard) -> Dashboard:
    made.selected = []
    return made


def test_it_follows_the_selection_of_the_view(dashboard: Dashboard) -> None:
    dashboard.view.selected = [3]
    assert dashboard.selected == [3]
    dashboard.selected = [5, 7]
    assert dashboard.view.selected == [5, 7]


def test_curves_enclose_the_area(dashboard: Dashboard, explainer: Explainer, explanations: list[Explanation]) -> None:
    game = explainer.game(*showcase())
    for mark, explanation in zip(dashboard.curves.marks, explanations, strict=True):
        curves = deletion_curves(explanation, game)
        np.testing.assert_allclose(mark.y, [curves.least_first, curves.most_first])
        assert mark.fill == "between"
        assert mark.labels[0].endswith(f"AID {curves.area:.2f}")


def test_the_scatter_is_of_new_masks_in_logits(dashboard: Dashboard, explanations: list[Explanation]) -> None:
    marks = list(dashboard.scatter.marks.values())
    for mark in marks:
        assert len(mark.x) == len(mark.y) == N_FRESH_MASKS
        # What is in other units lies on the line that fits best.
        assert np.corrcoef(mark.x, mark.y)[0, 1] > 0.3
    residual = np.asarray(marks[1].y) - np.asarray(marks[1].x)
    assert residual.mean() == pytest.approx(0.0, abs=1e-9)


def test_only_explanations_of_one_pair(explainer: Explainer, explanations: list[Explanation]) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        Dashboard(explainer)
    other = explanations[0].replace(full_value=0.0)
    with pytest.raises(InputError, match="not of the same picture and caption"):
        Dashboard(explainer, explanations[0], other)


def test_only_explanations_of_this_model_and_masking(
    explainer: Explainer, explanations: list[Explanation], monkeypatch: pytest.MonkeyPatch
) -> None:
    rollout = explanations[1]
    padded = Explainer.demo("cpu", precision="fp32", text_masker="pad")  # has another empty value
    for others in ((padded,), (Explainer(TableEncoder()),)):
        with pytest.raises(InputError, match="give the image, model and masking it was made with"):
            Dashboard(*others, rollout)
    with pytest.raises(InputError, match="give the image, model and masking it was made with"):
        Dashboard(explainer, rollout, rollout.replace(empty_value=rollout.empty_value + 1))
    # What another precision rounds differently is the same.
    monkeypatch.setattr("fixlip_widget.evaluation.dashboard.N_FRESH_MASKS", 8)
    Dashboard(Explainer.demo("cpu", precision="bf16"), rollout)
