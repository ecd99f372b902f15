"""How well explanations predict masks that they were not fitted to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import rankdata, spearmanr

from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.estimation.fidelity import FidelityCheck, correlation, fresh_masks, ranks
from fixlip_widget.explainer import Explainer
from fixlip_widget.typing import FloatArray, ImageLike
from tests.evaluation.samples import random_explanation, table_explainer
from tests.games import TableEncoder, TableInput

PICTURE, CAPTION = Image.new("RGB", (6, 4)), "one two three"


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30))
def test_equals_share_their_rank(values: list[int]) -> None:
    array = np.array(values, dtype=np.float64)
    assert ranks(array).tolist() == (rankdata(array) - 1).tolist()


def test_scores_are_those_of_textbooks() -> None:
    shown = random_explanation()
    rng = np.random.default_rng(3)
    masks = rng.random((200, shown.n_players)) < 0.4
    predicted = shown.predict(masks)
    values = predicted + 3 * rng.normal(size=200)
    check = FidelityCheck.of(shown, masks, values)
    assert check.spearman == pytest.approx(spearmanr(predicted, values).statistic)
    residual = ((values - predicted) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    assert check.r2 == pytest.approx(1 - residual)


def test_other_units_are_mapped_to_logits_by_least_squares() -> None:
    shown = random_explanation()
    masks = np.random.default_rng(3).random((200, shown.n_players)) < 0.4
    values = shown.predict(masks) ** 3
    line = np.polyval(np.polyfit(shown.predict(masks), values, 1), shown.predict(masks))
    expected = 1 - ((values - line) ** 2).sum() / ((values - values.mean()) ** 2).sum()
    mapped = FidelityCheck.of(shown.replace(units="cosine"), masks, values)
    np.testing.assert_allclose(mapped.predicted, line)
    assert mapped.r2 == pytest.approx(expected)
    direct = FidelityCheck.of(shown, masks, values).r2
    assert direct is not None
    assert direct < expected


def test_constant_values_have_no_r2() -> None:
    assert correlation(np.ones(5), np.arange(5.0)) == 0.0
    shown = random_explanation()
    masks = np.random.default_rng(3).random((5, shown.n_players)) < 0.4
    check = FidelityCheck.of(shown, masks, np.ones(5))
    assert (check.r2, check.spearman) == (None, 0.0)


def test_values_that_differ_by_rounding_alone_have_no_r2() -> None:
    shown = random_explanation().replace(empty_value=-20.0, full_value=35.0)
    masks = fresh_masks(shown.p_players, 50, 0)
    noise = np.random.default_rng(3).normal(size=50)
    for spread, has_r2 in ((1e-6, False), (1e-3, True)):
        assert (FidelityCheck.of(shown, masks, spread * noise).r2 is not None) == has_r2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_masks": 0}, "n_masks=0 is no whole number from 1"),
        ({"n_masks": 2.5}, "n_masks=2.5 is no whole number"),
        ({"n_masks": 10**12}, "n_masks=1000000000000 is no whole number from 1 to 16777216"),
        ({"random_state": -1}, "random_state=-1 is not a whole number"),
        ({"cancel": 1}, "cancel=1 is no callback"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], message: str) -> None:
    explainer = table_explainer()
    explanation = explainer.explain(PICTURE, CAPTION, max_order=1)
    with pytest.raises(InputError, match=message):
        explainer.fidelity(explanation, **options)


def test_fresh_masks_keep_each_player_with_its_own_probability() -> None:
    p = np.linspace(0.1, 0.9, 9)
    masks = fresh_masks(p, 4000, random_state=5)
    assert masks.mean(axis=0) == pytest.approx(p, abs=0.03)
    assert not np.array_equal(masks, fresh_masks(p, 4000, random_state=6))


def exact_r2(explainer: Explainer, p: FloatArray) -> float:
    """R² of an order 1 fit over all masks, each weighted by its probability."""
    game = explainer.game(PICTURE, CAPTION)
    n = game.n_players
    masks = (np.arange(2**n)[:, None] >> np.arange(n)) & 1 == 1  # (2ⁿ, n)
    weights = np.where(masks, p, 1 - p).prod(axis=1)
    values = game(masks)
    fitted = explainer.explain(PICTURE, CAPTION, p=(float(p[0]), float(p[-1])), max_order=1, progress=False)
    missed = values - fitted.predict(masks)
    mean = weights @ values
    return float(1 - weights @ missed**2 / (weights @ (values - mean) ** 2))


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.3, 0.7)])
def test_r2_is_that_over_all_masks(p: tuple[float, float]) -> None:
    explainer = table_explainer()
    fitted = explainer.explain(PICTURE, CAPTION, p=p, max_order=1, progress=False)
    measured = explainer.r2(fitted, n_masks=20_000)
    assert measured == pytest.approx(exact_r2(explainer, fitted.p_players), abs=0.02)
    assert explainer.r2(fitted, 50, random_state=1) != explainer.r2(fitted, 50, random_state=2)


def test_the_masks_of_an_image_are_encoded_once_for_all_captions() -> None:
    explainer = table_explainer()
    first, second = (explainer.explain(PICTURE, caption, progress=False) for caption in (CAPTION, "two words"))
    checks = [explainer.fidelity(first, 200)]
    encoder = explainer.game(PICTURE, CAPTION).image
    before = encoder.forwards
    checks.append(explainer.fidelity(second, 200))
    assert encoder.forwards == before
    n = first.n_players_image
    np.testing.assert_array_equal(checks[0].masks[:, :n], checks[1].masks[:, :n])
    game = explainer.game(PICTURE, "two words")
    np.testing.assert_allclose(checks[1].values, game(checks[1].masks), atol=1e-5)


def test_an_explanation_of_another_game_is_refused() -> None:
    explainer = table_explainer()
    fitted = explainer.explain(PICTURE, CAPTION, progress=False)
    with pytest.raises(InputError, match=r"^The explanation has 9 players, similarity .*; give the image, model and"):
        explainer.r2(fitted.replace(full_value=fitted.full_value + 5))
    with pytest.raises(InputError, match="has no picture to measure on; give the explained image as image="):
        explainer.r2(fitted.replace(image=None))
    assert explainer.r2(fitted.replace(image=None), image=PICTURE) == explainer.r2(fitted)


class CroppedInput(TableInput):
    picture = Image.new("RGB", (2, 2))


class CroppingEncoder(TableEncoder):
    def image(self, image: ImageLike) -> TableInput:
        whole = super().image(image)
        return CroppedInput(whole._table, whole.tokens, whole.grid)


def test_the_remembered_image_is_the_one_explained() -> None:
    """The picture in an explanation is what the model saw, not the image itself."""
    explainer = Explainer(CroppingEncoder())
    fitted = explainer.explain(PICTURE, CAPTION, progress=False)
    assert fitted.image is not None
    assert fitted.image.size == (2, 2)
    encoder = explainer.game(PICTURE, CAPTION).image
    before = encoder.forwards
    explainer.r2(fitted, 10)
    assert encoder.forwards > before


def test_a_check_can_be_cancelled() -> None:
    explainer = table_explainer()
    fitted = explainer.explain(PICTURE, CAPTION, progress=False)
    with pytest.raises(CancelledError):
        explainer.fidelity(fitted, 300, cancel=lambda: True)
    assert explainer.fidelity(fitted, 300, cancel=lambda: False).r2 is not None
