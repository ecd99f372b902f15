"""Any picture file or array becomes the same upright RGB picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.encoders.images import image_key, read_image
from fixlip_widget.errors import InputError

H, W = 20, 30


@pytest.fixture
def ramp() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Grey levels (20, 30) that differ along both axes."""
    return (np.arange(H)[:, None] * 5 + np.arange(W)[None] * 5).astype(np.uint8)


def close(picture: Image.Image, grey: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], tolerance: int = 2) -> bool:
    pixels = np.asarray(picture).astype(int)
    assert picture.mode == "RGB"
    return pixels.shape == (H, W, 3) and bool((np.abs(pixels - grey[..., None].astype(int)) <= tolerance).all())


def test_every_kind_of_file(tmp_path: Path, ramp: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    grey = Image.fromarray(ramp)
    turned = Image.fromarray(np.rot90(ramp).copy()).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to see it upright
    turned.save(tmp_path / "exif.jpg", exif=exif, quality=100)
    grey.save(tmp_path / "grey.png")
    grey.convert("RGB").save(tmp_path / "rgb.webp", lossless=True)
    grey.convert("RGB").save(tmp_path / "rgb.jpg", quality=100)
    grey.convert("P").save(tmp_path / "palette.png")
    grey.convert("RGBA").save(tmp_path / "rgba.png")
    grey.convert("LA").save(tmp_path / "la.png")
    Image.fromarray(ramp.astype(np.uint16) * 257).save(tmp_path / "sixteen.png")
    Image.fromarray(ramp.astype(np.int32) * 257).save(tmp_path / "sixteen.tiff")
    for path in sorted(tmp_path.iterdir()):
        assert close(read_image(path), ramp, tolerance=4), path.name
        assert close(read_image(str(path)), ramp, tolerance=4), path.name
        with Image.open(path) as opened:
            assert close(read_image(opened), ramp, tolerance=4), path.name


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (3, 2), (10, 20, 30, 0))
    assert np.asarray(read_image(clear)).min() == 255
    palette = Image.new("P", (3, 2), 0)
    palette.info["transparency"] = 0
    assert np.asarray(read_image(palette)).min() == 255


def test_arrays(ramp: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    colour = np.repeat(ramp[..., None], 3, axis=2)
    for array in (
        ramp,
        ramp[..., None],
        colour,
        ramp.astype(np.uint16) * 257,
        ramp / 255.0,
        (colour / 255).astype("f4"),
    ):
        assert close(read_image(array), ramp, tolerance=1), (array.shape, array.dtype)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("not a picture")
    cut = tmp_path / "cut.png"
    Image.effect_noise((64, 64), 50).save(cut)
    cut.write_bytes(cut.read_bytes()[:600])
    cases: list[tuple[Any, str]] = [
        (tmp_path / "none.png", "There is no image file"),
        (tmp_path, "There is no image file"),
        (text, "notes.png cannot be read as an image; save it as PNG"),
        (cut, "cut.png cannot be read as an image"),
        (np.zeros((4, 5, 2), np.uint8), r"not \(4, 5, 2\)"),
        (np.zeros((4, 5)) - 1, "from 0 to 1, not from -1 to -1; rescale it"),
        (np.full((4, 5), np.nan), "from 0 to 1, not from nan"),
        (np.zeros((4, 5), np.int64), "not int64"),
        (42, "not int"),
    ]
    for image, message in cases:
        with pytest.raises(InputError, match=message):
            read_image(image)


def test_images_share_a_key_only_where_they_read_the_same() -> None:
    plain = Image.new("P", (4, 3), 1)
    keys = []
    for change in (None, "palette", "transparency", "size", "copy"):
        image = Image.new("P", (3, 4), 1) if change == "size" else plain.copy()
        image.putpalette([0, 0, 0, 9, 9, 200 if change == "palette" else 9])
        if change == "transparency":
            image.info["transparency"] = 1
        keys.append(image_key(image))
    assert keys[0] == keys[4]
    assert len(set(keys)) == 4
    assert image_key("no such file") is None
