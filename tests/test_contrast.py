"""Why an image matches one caption rather than another: the difference of two games, fitted as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.contrast import ContrastGame
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.options import ExplainKwargs
from tests.games import TableEncoder, TableInput, dense_fit, flat, random_embeddings

PICTURE = Image.new("RGB", (6, 4))
A, B = "a cat here", "one dog"
N = 6 + 3 + 2


class TwoCaptions(TableEncoder):
    """Captions of one length have different values, too."""

    def text(self, caption: str) -> TableInput:
        words = caption.split()
        return TableInput(random_embeddings(len(words), 7, seed=len(caption)), words, None)


@pytest.fixture
def explainer() -> Explainer:
    return Explainer(TwoCaptions())


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("p", [0.5, (0.3, 0.6)])
def test_equals_the_dense_regression_on_all_masks(
    explainer: Explainer, order: int, p: float | tuple[float, float]
) -> None:
    contrast = explainer.contrast(PICTURE, A, B, max_order=order, p=p, progress=False)
    game = ContrastGame(explainer.game(PICTURE, A), explainer.game(PICTURE, B))
    masks = np.array([[code >> i & 1 for i in range(N)] for code in range(2**N)], dtype=float)
    keep = np.repeat([p, p] if isinstance(p, float) else p, [6, 5])
    weights = np.where(masks > 0, keep, 1 - keep).prod(axis=1)
    expected = dense_fit(masks, game(masks), weights, order)
    second = torch.as_tensor(contrast.second.copy())
    found = flat(Coefficients(contrast.baseline_value, torch.as_tensor(contrast.first.copy()), second), order)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert not contrast.second[6:9, 9:].any()
    assert contrast.second_caption == 9
    assert contrast.tokens[9:] == ("one", "dog")
    assert (contrast.full_value, contrast.empty_value) == (game.full_value, game.empty_value)
    assert not contrast.estimated


def by_parts(contrast: Explanation, n_first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = contrast.first_order()
    return values[:6], values[6 : 6 + n_first], values[6 + n_first :]


def test_exchanging_the_captions_changes_the_sign_and_equal_ones_cancel(explainer: Explainer) -> None:
    one, other = (
        by_parts(explainer.contrast(PICTURE, *pair, progress=False), len(pair[0].split())) for pair in ((A, B), (B, A))
    )
    for found, exchanged in zip(one, (other[0], other[2], other[1]), strict=True):
        np.testing.assert_allclose(found, -exchanged, atol=1e-9)
    patches, first, second = by_parts(explainer.contrast(PICTURE, A, A, progress=False), 3)
    np.testing.assert_allclose(patches, 0, atol=1e-9)
    np.testing.assert_allclose(first, -second, atol=1e-9)


def test_the_image_is_encoded_once_and_errors_cover_what_is_missed(explainer: Explainer) -> None:
    class Wide(TwoCaptions):
        grid = (3, 4)

    wide = Explainer(Wide())
    exact = wide.contrast(PICTURE, A, B, n_image_masks=2**12, progress=False)
    scores = []
    for seed in range(8):
        image = Image.new("RGB", (6, 4), (seed, 0, 0))
        before = wide.game(image, A).image.forwards
        options: ExplainKwargs = {"n_image_masks": 400, "random_state": seed, "progress": False}
        drawn = wide.contrast(image, A, B, **options)
        assert wide.game(image, A).image.forwards - before == 400
        assert drawn.stderr_first_order is not None
        errors = drawn.stderr_first_order
        scores.append((drawn.first_order() - exact.first_order()) / errors)
    assert 0.7 < np.sqrt((np.concatenate(scores) ** 2).mean()) < 1.35


def test_errors_of_drawn_captions_are_wider() -> None:
    explainer = Explainer(TwoCaptions())
    long = "a b c d e f g h"

    def contrast(n_text_masks: int | None) -> Explanation:
        return explainer.contrast(
            PICTURE, long, B, n_image_masks=64, n_text_masks=n_text_masks, progress=False, random_state=0
        )

    exact = contrast(None)
    assert exact.stderr_second is not None
    assert not exact.stderr_second.any()
    drawn = contrast(150)
    assert drawn.stderr_second is not None
    assert (drawn.stderr_second[:6, 6:14] > 0).all()
    z = (drawn.second - exact.second)[:6, 6:14] / drawn.stderr_second[:6, 6:14]
    assert 0.5 < np.sqrt((z**2).mean()) < 1.6


def test_contrasts_are_kept_in_files_and_say_what_they_are(explainer: Explainer, tmp_path: Path) -> None:
    contrast = explainer.contrast(PICTURE, A, B, progress=False)
    assert contrast.caption == "a cat here − one dog"
    contrast.save(tmp_path / "contrast.npz")
    contrast.to_json(tmp_path / "contrast.json")
    assert Explanation.load(tmp_path / "contrast.npz").second_caption == 9
    assert Explanation.from_json(tmp_path / "contrast.json").second_caption == 9
    with pytest.raises(InputError, match=r"A contrast with method='shapley'.* is not possible; use 'fixlip'"):
        explainer.contrast(PICTURE, A, B, method="shapley")
    with pytest.raises(InputError, match="max_order=3"):
        explainer.contrast(PICTURE, A, B, max_order=3)
    with pytest.raises(InputError, match="Masks of 3 tokens do not fit 11 players"):
        ContrastGame(explainer.game(PICTURE, A), explainer.game(PICTURE, B))(np.ones(3))


def test_two_images_stand_side_by_side() -> None:
    """Against the dense regression of the difference on all masks of both and of the caption."""

    class TwoImages(TableEncoder):
        grid = (2, 2)

        def image(self, image: ImageLike) -> TableInput:
            seed = 5 if isinstance(image, Image.Image) and image.getpixel((0, 0)) == (9, 0, 0) else 1
            return TableInput(random_embeddings(4, 7, seed=seed), [f"patch {k // 2},{k % 2}" for k in range(4)], (2, 2))

    explainer = Explainer(TwoImages())
    pictures = PICTURE, Image.new("RGB", (6, 4), (9, 0, 0))
    contrast = explainer.contrast(pictures, A, p=0.4, progress=False)
    assert contrast.grid == (2, 4)
    assert contrast.tokens[2:6] == ("second patch 0,0", "second patch 0,1", "first patch 1,0", "first patch 1,1")
    assert contrast.image is not None
    assert contrast.image.size == (12, 4)
    assert contrast.image.getpixel((11, 0)) == (9, 0, 0)
    masks = np.array([[code >> i & 1 for i in range(11)] for code in range(2**11)], dtype=float)
    one, other = (explainer.game(picture, A) for picture in pictures)
    words = [8, 9, 10]
    values = one(masks[:, [0, 1, 4, 5, *words]]) - other(masks[:, [2, 3, 6, 7, *words]])
    expected = dense_fit(masks, values, np.where(masks > 0, 0.4, 0.6).prod(axis=1), 2)
    second = torch.as_tensor(contrast.second.copy())
    found = flat(Coefficients(contrast.baseline_value, torch.as_tensor(contrast.first.copy()), second), 2)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(InputError, match="give one image and two captions, or two images and one"):
        explainer.contrast(pictures, A, B)
    with pytest.raises(InputError, match="give one image and two captions, or two images and one"):
        explainer.contrast(PICTURE, A)
