"""Masked inputs to look at: what they keep, what the model says of them, and what they cost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.estimation.examples import example_masks
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import EXAMPLE_LEVELS
from fixlip_widget.typing import BoolArray
from tests.games import TableEncoder
from tests.widget.samples import oblong

PICTURE, CAPTION = Image.new("RGB", (8, 6)), "one two three"
N_LEVELS = len(EXAMPLE_LEVELS)


class WideEncoder(TableEncoder):
    grid = (3, 4)


@pytest.mark.parametrize("method", ["fixlip", "banzhaf", "shapley"])
def test_examples_hold_the_models_own_similarity(method: str) -> None:
    explainer = Explainer(WideEncoder())
    shown = explainer.explain(PICTURE, CAPTION, method=method, budget=2048, random_state=3, progress=False)
    masks, similarity = shown.example_masks, shown.example_similarity
    assert masks is not None
    assert similarity is not None
    assert masks.shape == (min(64, (shown.n_image_masks or 0) // 16), 15)
    game = explainer.game(PICTURE, CAPTION)
    np.testing.assert_allclose(similarity, game(masks) + game.empty_value, atol=1e-6)


def test_masks_of_the_levels_are_nested_and_the_others_follow_p() -> None:
    masks = example_masks(900, 64, 0.2, (5, 0))  # (64, 900)
    nested, drawn = masks[:N_LEVELS], masks[N_LEVELS:]
    assert all((later >= earlier).all() for earlier, later in pairwise(nested))
    np.testing.assert_allclose(nested.mean(axis=1), EXAMPLE_LEVELS, atol=0.05)
    np.testing.assert_allclose(drawn.mean(axis=1), 0.2, atol=0.06)


def test_without_p_masks_have_all_sizes_alike_in_both_modalities() -> None:
    image = example_masks(900, 64, None, (5, 0))[N_LEVELS:].mean(axis=1)
    text = example_masks(500, 64, None, (5, 1))[N_LEVELS:].mean(axis=1)
    assert image.min() < 0.1 < 0.9 < image.max()
    np.testing.assert_allclose(image, text, atol=0.1)


def test_examples_repeat_with_the_seed() -> None:
    def run(seed: int) -> BoolArray:
        explainer = Explainer(WideEncoder())
        shown = explainer.explain(PICTURE, CAPTION, n_image_masks=512, random_state=seed, progress=False)
        assert shown.example_masks is not None
        return shown.example_masks

    np.testing.assert_array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))


def test_few_masks_have_no_examples_and_a_new_caption_encodes_no_image() -> None:
    explainer = Explainer(WideEncoder())
    few = explainer.explain(PICTURE, CAPTION, max_order=1, n_image_masks=100, random_state=0, progress=False)
    assert few.example_masks is None
    assert few.forwards == 100 + 8 + 2 + 2
    explainer.explain(PICTURE, CAPTION, n_image_masks=512, random_state=0, progress=False)
    encoder = explainer.game(PICTURE, CAPTION).image
    before = encoder.forwards
    other = explainer.explain(PICTURE, "four five", n_image_masks=512, random_state=0, progress=False)
    assert encoder.forwards == before
    assert other.example_masks is not None


def test_cancelling_encodes_no_examples() -> None:
    explainer = Explainer(WideEncoder())
    encoder = explainer.game(PICTURE, CAPTION).image
    shown = explainer.explain(
        PICTURE,
        CAPTION,
        n_image_masks=4000,
        random_state=0,
        progress=False,
        cancel=lambda: encoder.forwards > 500,
    )
    assert shown.example_masks is None
    late = Explainer(WideEncoder()).explain(PICTURE, CAPTION, seconds=1e-9, random_state=0, progress=False)
    assert (late.example_masks is None) == ((late.n_image_masks or 0) < 128)


def test_examples_that_do_not_fit_are_refused() -> None:
    shown = oblong()
    with pytest.raises(InputError, match="both example_masks and example_similarity"):
        shown.replace(example_masks=np.zeros((3, shown.n_players), bool))
    with pytest.raises(InputError, match=r"give \(m, 21\) and \(m,\)"):
        shown.replace(example_masks=np.zeros((3, 4), bool), example_similarity=np.zeros(3))
