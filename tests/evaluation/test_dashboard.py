"""The kernel-side charts."""

from __future__ import annotations

import numpy as np
import pytest

from fixlip_widget.charts.ranking import SHOWN, told_apart
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.dashboard import SCATTERED, Dashboard
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


def test_bars_rank_what_goes_with_the_selection(dashboard: Dashboard, explanations: list[Explanation]) -> None:
    shown, ranking = explanations[0], dashboard.ranking
    for chosen in ([], [3], [3, shown.n_players - 1]):
        dashboard.selected = chosen
        assert dashboard.view.selected == chosen
        values = shown.conditional(chosen) if chosen else shown.first_order()
        strongest = sorted((i for i in range(shown.n_players) if i not in chosen), key=lambda i: -abs(values[i]))
        assert ranking.players == strongest[:SHOWN]
        np.testing.assert_array_equal(ranking.bars.y, values[strongest[:SHOWN]])
        for name, i in zip(ranking.names.tick_labels.values(), strongest, strict=False):
            several = shown.tokens.count(shown.tokens[i]) > 1  # alike: with their places
            assert name == (f"{shown.tokens[i]} ({i})" if several else shown.tokens[i])
        assert len(ranking.names.tick_labels) == SHOWN
    assert ranking.figure.title == f"strongest with {shown.tokens[3]} + “{shown.tokens[-1]}”"


def test_a_click_on_a_bar_selects_its_token(dashboard: Dashboard, explanations: list[Explanation]) -> None:
    dashboard.ranking.bars.selected = [0]
    strongest = int(np.abs(explanations[0].first_order()).argmax())
    assert dashboard.view.selected == dashboard.selected == [strongest]


def test_curves_enclose_the_area(dashboard: Dashboard, explainer: Explainer, explanations: list[Explanation]) -> None:
    game = explainer.game(*showcase())
    for mark, explanation in zip(dashboard.curves.marks, explanations, strict=True):
        curves = deletion_curves(explanation, game)
        np.testing.assert_allclose(mark.y, [curves.least_first, curves.most_first])
        assert mark.fill == "between"
        assert mark.labels[0].endswith(f"AID {curves.area:.2f}")


def test_the_scatter_is_of_new_masks_in_logits(dashboard: Dashboard, explanations: list[Explanation]) -> None:
    _, *marks = dashboard.scatter.marks
    for mark in marks:
        assert len(mark.x) == len(mark.y) == SCATTERED
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
    padded = Explainer.demo("cpu", precision="fp32", text_masker="pad")  # its blank caption is another
    for others in ((padded,), (Explainer(TableEncoder()),)):
        with pytest.raises(InputError, match="are of another model or masking; give the explainer"):
            Dashboard(*others, rollout)
    with pytest.raises(InputError, match="another model or masking"):
        Dashboard(explainer, rollout, rollout.replace(empty_value=rollout.empty_value + 1))
    # What another precision rounds differently is the same.
    monkeypatch.setattr("fixlip_widget.evaluation.dashboard.SCATTERED", 8)
    Dashboard(Explainer.demo("cpu", precision="bf16"), rollout)


def test_words_that_are_alike_are_told_apart() -> None:
    tokens = ("patch 0,0", "a", "cat", "a")
    assert [told_apart(tokens, i) for i in range(4)] == ["patch 0,0", "a (1)", "cat", "a (2)"]
