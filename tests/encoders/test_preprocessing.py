"""The picture that is shown is the part of it that the model sees, patch by patch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image, ImageOps
from torch import Tensor
from transformers import (
    AutoImageProcessor,
    ChineseCLIPImageProcessor,
    CLIPImageProcessor,
    Siglip2ImageProcessor,
    SiglipImageProcessor,
    ViTImageProcessor,
)

from fixlip_widget.encoders.preprocessing import Preprocessor
from fixlip_widget.encoders.transformers_towers import unflatten_patches
from fixlip_widget.errors import InputError
from fixlip_widget.typing import FloatArray
from tests.encoders.models import MEAN, STD

PATCH = 16
SIZES = [(150, 100), (70, 130), (20, 200), (31, 17), (5, 4), (700, 500)]
"""Widths and heights: wide, tall, very tall, small, tiny, large."""


def open_clip_transform(mode: str, size: tuple[int, int]) -> Callable[[Image.Image], Tensor]:
    config = PreprocessCfg(size=size, mean=tuple(MEAN), std=tuple(STD), resize_mode=mode, fill_color=90)
    transform: Callable[[Image.Image], Tensor] = image_transform_v2(config, is_train=False)
    return transform


def processor_transform(kind: Any, backend: str, **options: Any) -> Callable[[Image.Image], Tensor]:
    auto: Any = AutoImageProcessor
    with TemporaryDirectory() as folder:
        kind(image_mean=MEAN, image_std=STD, **options).save_pretrained(folder)
        processor = auto.from_pretrained(folder, backend=backend)

    def transform(picture: Image.Image) -> Tensor:
        inputs = processor(images=picture, return_tensors="pt")
        pixels: Tensor = inputs["pixel_values"]
        if "spatial_shapes" in inputs:
            rows, columns = inputs["spatial_shapes"][0].tolist()
            pixels = unflatten_patches(pixels[:, : rows * columns], (rows, columns), PATCH)
        return pixels[0]

    return transform


CLIP: dict[str, Any] = {"size": {"shortest_edge": 64}, "crop_size": {"height": 48, "width": 32}}
PROCESSORS: dict[str, tuple[Any, dict[str, Any]]] = {
    "CLIP crops": (CLIPImageProcessor, CLIP),
    "CLIP crops all that it resizes": (CLIPImageProcessor, {"size": {"shortest_edge": 48}, "crop_size": 48}),
    "CLIP squashes": (CLIPImageProcessor, {"size": {"height": 48, "width": 32}, "do_center_crop": False}),
    "CLIP crops pixels": (CLIPImageProcessor, {**CLIP, "do_resize": False}),
    "CLIP, bilinear": (CLIPImageProcessor, {**CLIP, "resample": 2}),
    "SigLIP": (SiglipImageProcessor, {"size": {"height": 48, "width": 32}}),
    "Chinese-CLIP": (ChineseCLIPImageProcessor, {"size": {"shortest_edge": 64}, "crop_size": 48}),
    "ViT, as CLIPSeg": (ViTImageProcessor, {"size": {"height": 48, "width": 32}}),
    "SigLIP-2": (Siglip2ImageProcessor, {"patch_size": PATCH, "max_num_patches": 12}),
}
TRANSFORMS: dict[str, Callable[[], Callable[[Image.Image], Tensor]]] = {
    **{
        f"open_clip {mode} {size}": partial(open_clip_transform, mode, size)
        for mode in ("shortest", "longest", "squash")
        for size in ((48, 32), (50, 51))
    },
    **{
        f"{name}, {backend}": partial(processor_transform, kind, backend, **options)
        for name, (kind, options) in PROCESSORS.items()
        for backend in ("torchvision", "pil")
    },
}


def shares(brightness: FloatArray, grid: tuple[int, int]) -> FloatArray:
    """How much of the brightness (h, w) lies in each patch (rows, columns)."""
    # The first row and column of each patch.
    rows, columns = (-(-np.arange(count) * side // count) for side, count in zip(brightness.shape, grid, strict=True))
    patches = np.add.reduceat(np.add.reduceat(brightness, rows, axis=0), columns, axis=1)
    total: FloatArray = patches / max(patches.sum(), 1e-9)
    return total


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_a_marker_is_shown_in_the_patch_that_sees_it(
    transform: Callable[[], Callable[[Image.Image], Tensor]], size: tuple[int, int]
) -> None:
    preprocessor = Preprocessor(transform(), "it")
    blank = Image.new("RGB", size)
    empty = preprocessor(blank)  # (1, 3, H, W)
    grid = empty.shape[2] // PATCH, empty.shape[3] // PATCH

    def shown(picture: Image.Image) -> FloatArray:
        seen, _ = preprocessor.shown(picture, empty, grid, (PATCH, PATCH))
        return np.asarray(seen.convert("L"), dtype=float)  # (h, w)

    changes, shown_blank = [], shown(blank)
    for box in blocks(size, 3):
        marked = blank.copy()
        marked.paste("white", box)
        change = (preprocessor(marked) - empty).abs().mean(dim=1)[0].double().numpy()  # (H, W)
        seen = change[: grid[0] * PATCH, : grid[1] * PATCH]
        changes.append((seen.sum(), shares(seen, grid), marked))
    strongest = max(total for total, _, _ in changes)
    assert strongest > 0
    for total, in_pixels, marked in changes:
        if total > 0.1 * strongest:
            in_picture = shares(np.abs(shown(marked) - shown_blank), grid)
            np.testing.assert_allclose(in_picture, in_pixels, atol=0.08)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS.keys())
def test_what_the_model_sees_lies_where_the_crop_box_says(
    transform: Callable[[], Callable[[Image.Image], Tensor]], size: tuple[int, int]
) -> None:
    preprocessor = Preprocessor(transform(), "it")
    x, y = (np.linspace(0, 255, side) for side in size)
    ramps = [np.tile(x, (size[1], 1)), np.tile(y[:, None], (1, size[0])), np.full(size[::-1], 128.0)]
    picture = Image.fromarray(np.stack(ramps, axis=2).astype(np.uint8))
    pixels = preprocessor(picture)  # (1, 3, H, W)
    grid = pixels.shape[2] // PATCH, pixels.shape[3] // PATCH
    shown, original = preprocessor.shown(picture, pixels, grid, (PATCH, PATCH))
    whole, (left, top, right, bottom) = original or (shown, (0, 0, 1, 1))
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    box = (left * whole.width, top * whole.height, right * whole.width, bottom * whole.height)
    again = whole.resize(shown.size, Image.Resampling.BILINEAR, box=box)
    difference = np.abs(np.asarray(again, dtype=float) - np.asarray(shown, dtype=float))  # (h, w, 3)
    assert difference.mean() < 3
    view = preprocessor.field_of_view(size).part(grid[0] * PATCH / pixels.shape[2], grid[1] * PATCH / pixels.shape[3])
    zoom = whole.width * (right - left) / view.size[0], whole.height * (bottom - top) / view.size[1]
    stretch = max(zoom) / min(zoom)
    if original is None:  # nearly the picture's aspect ratio, or so far from it that patches would be slivers
        assert stretch < 1.03 or stretch > 4
    else:
        # By rounding to whole pixels, of which the shorter side may have few.
        assert stretch == pytest.approx(1, abs=0.01 + 1 / min(whole.size))
    # All of the picture is there, but for what lies further from the window than the window is long.
    windows = (view.left, view.right), (view.top, view.bottom)
    for length, start, end, (low, high) in zip(size, (left, top), (right, bottom), windows, strict=True):
        shown_length = (high - low) / (end - start)
        assert shown_length > min(length, high) - max(0, low) - 1
        if original is not None and max(low, length - high) <= high - low:
            assert shown_length >= length - 1


@pytest.mark.parametrize("size", [(4000, 100), (100, 4000), (5000, 2), (2, 5000)], ids=str)
@pytest.mark.parametrize("mode", ["shortest", "squash"])
def test_patches_of_a_panorama_are_no_slivers(mode: str, size: tuple[int, int]) -> None:
    preprocessor = Preprocessor(open_clip_transform(mode, (48, 32)), "it")
    picture = Image.new("RGB", size, "red")
    shown, original = preprocessor.shown(picture, preprocessor(picture), (3, 2), (PATCH, PATCH))
    assert max(shown.size) <= 4096
    if original is not None:
        left, top, right, bottom = original.crop_box
        seen = (right - left) * original.picture.width, (bottom - top) * original.picture.height
        assert min(seen) >= min(original.picture.size) / 3 - 1
        assert right - left >= 0.33
        assert bottom - top >= 0.33
        assert max(seen) < 10 * min(seen)


def blocks(size: tuple[int, int], count: int) -> list[tuple[int, int, int, int]]:
    """Left, top, right and bottom of the cells of a count × count grid, none of them empty."""
    (lefts, rights), (tops, bottoms) = (
        ([i * side // count for i in range(count)], [-(-(i + 1) * side // count) for i in range(count)])
        for side in size
    )
    return [(lefts[j], tops[i], rights[j], bottoms[i]) for i in range(count) for j in range(count)]


@pytest.mark.parametrize("size", [(448, 448), (448, 672)])
def test_a_picture_at_display_resolution_is_shown_as_it_is(size: tuple[int, int]) -> None:
    """Otherwise, whoever asks the model about the picture of an explanation would ask about another."""
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    rows, columns = size[1] // 224, size[0] // 224
    preprocessor = Preprocessor(open_clip_transform("shortest", (PATCH * rows, PATCH * columns)), "it")
    shown, original = preprocessor.shown(picture, preprocessor(picture), (rows, columns), (PATCH, PATCH))
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(picture))
    assert original is None


def test_what_is_beyond_the_picture_has_the_colour_that_the_model_sees() -> None:
    preprocessor = Preprocessor(open_clip_transform("longest", (48, 32)), "it")
    picture = Image.new("RGB", (90, 30), "red")
    shown = np.asarray(preprocessor.shown(picture, preprocessor(picture), (3, 2), (PATCH, PATCH))[0])
    assert shown.shape == (672, 448, 3)
    assert tuple(shown[2, 2]) == (90, 90, 90)
    assert tuple(shown[336, 2]) == (255, 0, 0)


def test_what_no_patch_covers_is_not_shown() -> None:
    """3×2 patches of 16 pixels on an image of 50×33: two rows at the bottom and one column on the right are left."""
    picture = Image.new("RGB", (33, 50), "lime")
    picture.paste("red", (0, 48, 33, 50))
    picture.paste("red", (32, 0, 33, 50))
    preprocessor = Preprocessor(open_clip_transform("shortest", (50, 33)), "it")
    seen, _ = preprocessor.shown(picture, preprocessor(picture), (3, 2), (PATCH, PATCH))
    assert seen.width / seen.height == pytest.approx(32 / 48, abs=0.01)
    assert (np.asarray(seen)[:-20, :-20] == (0, 255, 0)).all()
    assert np.asarray(seen)[-1, 0, 0] < 140  # the first red row would be at 255


def test_flips_and_turns_are_refused() -> None:
    plain = open_clip_transform("squash", (48, 48))
    for change in (ImageOps.mirror, ImageOps.flip, lambda picture: picture.rotate(30)):
        preprocessor = Preprocessor(lambda picture, change=change: plain(change(picture)), "it")  # type: ignore[misc]
        with pytest.raises(InputError, match="does more to a picture than resize, crop and pad"):
            preprocessor.field_of_view((90, 60))


def test_preprocessing_that_fails_or_gives_something_else_says_so() -> None:
    def fail(picture: Image.Image) -> Tensor:
        raise RuntimeError("too small")

    picture = Image.new("RGB", (9, 8))
    with pytest.raises(InputError, match=r"preprocessing of it fails on a picture of 9×8 pixels \(RuntimeError: too"):
        Preprocessor(fail, "it")(picture)
    with pytest.raises(InputError, match=r"gives \(1, 4, 4\), not a tensor \(3, height, width\)"):
        Preprocessor(lambda picture: torch.zeros(1, 4, 4), "it")(picture)
    with pytest.raises(InputError, match="keeps nothing of a picture"):
        Preprocessor(lambda picture: torch.zeros(3, 4, 4), "it").field_of_view((9, 8))
