"""Pictures taken whole, beside the libraries' own models for images of that size."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from open_clip.model import resize_pos_embed
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from fixlip_widget import Explainer
from fixlip_widget.encoders.whole_picture import Crop, whole_grid
from fixlip_widget.errors import InputError
from fixlip_widget.typing import FloatArray
from tests.encoders.checkpoints import open_clip_config, write_open_clip, write_siglip, write_transformers
from tests.encoders.models import CONFIG, MEAN, SIZE, STD, random_clip

PATCH = (16, 16)
CAPTION = "a cat"
CROPS: tuple[Crop, Crop] = ("model", "none")
SIZES = [(200, 60), (50, 160), (64, 48), (5, 4)]


def noise(size: tuple[int, int]) -> Image.Image:
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))


@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 600))
def test_a_grid_has_about_as_many_patches_as_in_training(width: int, height: int, n_patches: int) -> None:
    rows, columns = whole_grid((width, height), n_patches, PATCH)
    assert 0.75 * n_patches <= rows * columns <= n_patches
    # A picture that was resized to the grid gets the same again.
    assert whole_grid((columns * 32, rows * 32), n_patches, PATCH) == (rows, columns)


def test_a_grid_follows_the_picture() -> None:
    assert whole_grid((100, 100), 49, PATCH) == (7, 7)
    assert whole_grid((1600, 900), 49, PATCH) == (5, 9)
    assert whole_grid((900, 1600), 49, PATCH) == (9, 5)
    assert whole_grid((100, 200), 6, (8, 16)) == (6, 1) or whole_grid((100, 200), 6, (8, 16)) == (5, 1)
    assert whole_grid((10_000, 1), 49, PATCH) == (1, 49)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_open_clip_built_for_that_size_says_the_same(size: tuple[int, int]) -> None:
    model, picture = random_clip(image_size=48), noise(size)
    tokenizer = open_clip.get_tokenizer("ViT-B-32", context_length=20)
    config = PreprocessCfg(size=48, mean=tuple(MEAN), std=tuple(STD))
    explainer = Explainer.from_open_clip(
        model, tokenizer=tokenizer, preprocess=config, crop="none", device="cpu", precision="fp32"
    )
    explanation = explainer.explain(picture, CAPTION, random_state=0)
    rows, columns = explanation.grid
    assert explanation.grid == whole_grid(size, 9, PATCH)
    assert (rows * columns, rows) != (9, 1)  # open_clip leaves positions as they are where their number is the same

    shape = (rows * 16, columns * 16)
    resized = open_clip.CLIP(**{**CONFIG, "vision_cfg": {**CONFIG["vision_cfg"], "image_size": shape}}).eval()
    state = copy.deepcopy(model.state_dict())
    resize_pos_embed(state, resized)
    resized.load_state_dict(state)
    whole = PreprocessCfg(size=shape, mean=tuple(MEAN), std=tuple(STD), resize_mode="squash")
    pixels = image_transform_v2(whole, is_train=False)(picture)[None]  # (1, 3, H, W)
    with torch.inference_mode():
        logits, _ = resized.get_logits(pixels, tokenizer(CAPTION))
    assert explanation.full_value == pytest.approx(float(logits), abs=1e-5)
    assert "whole pictures, positions interpolated" in (explanation.model_card or "")


@pytest.mark.parametrize("size", [*SIZES, (900, 100)], ids=str)  # the last has as many patches as in training
@pytest.mark.parametrize("kind", ["clip", "metaclip_2", "chinese_clip", "altclip"])
def test_transformers_that_interpolates_says_the_same(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    folder, picture = write_transformers(tmp_path, kind), noise(size)
    explainer = Explainer.from_transformers(folder, crop="none", device="cpu", precision="fp32")
    image = explainer.encoder.image(picture)
    auto: Any = transformers.AutoModel
    model: Any = auto.from_pretrained(folder).eval()
    side = model.config.vision_config.patch_size
    n_patches = (model.config.vision_config.image_size // side) ** 2
    rows, columns = whole_grid(size, n_patches, (side, side))
    assert image.grid == (rows, columns)
    processors: Any = transformers.AutoImageProcessor
    processor = processors.from_pretrained(folder)
    shape = {"height": rows * side, "width": columns * side}
    pixels = processor(images=picture, size=shape, do_center_crop=False, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        features = model.get_image_features(pixel_values=pixels, interpolate_pos_encoding=True)
    expected = torch.nn.functional.normalize(getattr(features, "pooler_output", features), dim=-1)
    embedding = image.embed(torch.ones(1, rows * columns, dtype=torch.bool))  # (1, d)
    torch.testing.assert_close(embedding, expected, atol=1e-5, rtol=0)


def test_models_that_take_pictures_whole_do_so_already(tmp_path: Path) -> None:
    picture = noise((90, 40))
    siglip, naflex = write_siglip(tmp_path / "siglip"), write_transformers(tmp_path / "siglip2", "siglip2")
    squash = {"resize_mode": "squash"}
    pairs = [
        [Explainer.from_open_clip(siglip, preprocess=squash, crop=crop, device="cpu") for crop in CROPS],
        [Explainer.from_transformers(naflex, crop=crop, device="cpu") for crop in CROPS],
    ]
    for usual, whole in pairs:
        one, other = usual.encoder.image(picture), whole.encoder.image(picture)
        assert one.grid == other.grid
        kept = torch.ones(1, one.n_players, dtype=torch.bool)
        torch.testing.assert_close(one.embed(kept), other.embed(kept))


def test_what_cannot_be_whole_is_refused(tmp_path: Path) -> None:
    tokenizer = open_clip.get_tokenizer("ViT-B-32", context_length=20)
    with pytest.raises(InputError, match="no crop='no'; use 'model', or 'none'"):
        Explainer.from_open_clip(random_clip(), tokenizer=tokenizer, preprocess={"mean": MEAN}, crop="no")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is a function, which crops as it does; leave out crop="):
        Explainer.from_open_clip(
            random_clip(), tokenizer=tokenizer, preprocess=lambda _: torch.zeros(3, 48, 32), crop="none"
        )
    folder = write_open_clip(tmp_path, open_clip_config("tiny_eva"))
    with pytest.raises(InputError, match="one aspect ratio only; in place of crop='none' give preprocess="):
        Explainer.from_open_clip(folder, crop="none")


def test_heat_lies_where_the_picture_is_marked() -> None:
    """On a wide picture that a centre crop would halve, a patch at the far left answers to the pixels there."""
    tokenizer = open_clip.get_tokenizer("ViT-B-32", context_length=20)
    config = PreprocessCfg(size=tuple(SIZE), mean=tuple(MEAN), std=tuple(STD))
    for crop in CROPS:
        explainer = Explainer.from_open_clip(
            random_clip(), tokenizer=tokenizer, preprocess=config, crop=crop, device="cpu"
        )
        blank = Image.new("RGB", (180, 60))
        for player, box in enumerate(boxes(explainer, blank)):
            marked = blank.copy()
            marked.paste("white", tuple(round(edge) for edge in box))
            changed = shown_change(explainer, blank, marked)
            assert changed.argmax() == player
            assert changed[player] > 0.8 * changed.sum()


def boxes(explainer: Explainer, picture: Image.Image) -> list[FloatArray]:
    """Left, top, right and bottom of each patch in the picture, as the explanation places them."""
    explanation = explainer.explain(picture, CAPTION, max_order=1, random_state=0)
    left, top, right, bottom = explanation.crop_box or (0, 0, 1, 1)
    rows, columns = explanation.grid
    xs = picture.width * np.linspace(left, right, columns + 1)
    ys = picture.height * np.linspace(top, bottom, rows + 1)
    return [np.array([xs[c], ys[r], xs[c + 1], ys[r + 1]]) for r in range(rows) for c in range(columns)]


def shown_change(explainer: Explainer, before: Image.Image, after: Image.Image) -> FloatArray:
    """How much each patch's embedding changes."""
    one, other = (explainer.encoder.image(picture).kept for picture in (before, after))  # type: ignore[attr-defined]
    change: FloatArray = (one - other).abs().sum(dim=(0, 2)).double().numpy()  # (P,)
    return change
