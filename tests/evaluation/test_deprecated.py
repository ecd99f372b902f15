"""Deprecated names of version 0.1 in `evaluation.faithfulness` and `evaluation.curves`."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.estimation.fidelity import FidelityCheck, fresh_masks
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.evaluation import curves, faithfulness
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import table_explainer

IMAGE, CAPTION = Image.new("RGB", (6, 4)), "one two three"


@pytest.fixture(scope="module")
def game() -> SimilarityGame:
    return table_explainer().game(IMAGE, CAPTION)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return table_explainer().explain(IMAGE, CAPTION, p=(0.3, 0.6), random_state=1)


@pytest.fixture(scope="module")
def check(explanation: Explanation, game: SimilarityGame) -> FidelityCheck:
    """On masks that the deprecated functions draw with random_state=7."""
    masks = fresh_masks(explanation.p_players, 300, 7)
    return FidelityCheck.of(explanation, masks, game(masks))


def test_fresh_values_are_masks_and_values(
    explanation: Explanation, game: SimilarityGame, check: FidelityCheck
) -> None:
    with pytest.warns(FutureWarning, match=r"^fresh_values\(game, p\) will be removed in version 0\.3; use explainer"):
        masks, values = faithfulness.fresh_values(game, explanation.p_players, n_masks=300, random_state=7)
    np.testing.assert_array_equal(masks, check.masks)
    np.testing.assert_array_equal(values, check.values)


def test_r2_is_that_of_the_check(explanation: Explanation, check: FidelityCheck) -> None:
    with pytest.warns(FutureWarning, match=r"^r2\(explanation, masks, values\) .*use explainer\.fidelity"):
        assert faithfulness.r2(explanation, check.masks, check.values) == check.r2


def test_spearman_is_that_of_the_check(explanation: Explanation, check: FidelityCheck) -> None:
    with pytest.warns(FutureWarning, match=r"^spearman\(explanation, masks, values\) .*use explainer\.fidelity"):
        assert faithfulness.spearman(explanation, check.masks, check.values) == check.spearman


def test_fresh_r2_is_that_of_the_check(explanation: Explanation, game: SimilarityGame, check: FidelityCheck) -> None:
    with pytest.warns(FutureWarning, match=r"^fresh_r2\(explanation, game\) .*use explainer\.r2\(explanation\)"):
        r2 = faithfulness.fresh_r2(explanation, game, n_masks=300, random_state=7)
    assert r2 == check.r2


def test_r2_agrees_with_the_explainer(explanation: Explanation, game: SimilarityGame) -> None:
    """`Explainer.r2` draws other masks, so the two estimates of one quantity differ by sampling."""
    with pytest.warns(FutureWarning):
        deprecated = faithfulness.fresh_r2(explanation, game, n_masks=20_000)
    assert deprecated == pytest.approx(table_explainer().r2(explanation, 20_000, image=IMAGE), abs=0.03)


def test_r2_of_constant_values_is_nan(explanation: Explanation, check: FidelityCheck) -> None:
    constant = np.ones_like(check.values)
    assert FidelityCheck.of(explanation, check.masks, constant).r2 is None
    with pytest.warns(FutureWarning):
        assert np.isnan(faithfulness.r2(explanation, check.masks, constant))


def test_curves_are_those_of_deletion(explanation: Explanation, game: SimilarityGame) -> None:
    with pytest.warns(
        FutureWarning, match=r"^fixlip_widget\.evaluation\.curves .*use fixlip_widget\.evaluation\.deletion"
    ):
        deprecated = curves.deletion_curves(explanation, game)
    assert isinstance(deprecated, curves.Curves)
    np.testing.assert_array_equal(deprecated, deletion_curves(explanation, game))
