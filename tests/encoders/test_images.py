"""Any picture file or array becomes the same upright RGB picture."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import fixlip_widget as fw
from fixlip_widget.demo.sprites import CREDIT
from fixlip_widget.encoders.images import MAX_BYTES, credit, each_image, image_key, read_image
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
        (tmp_path, "is no regular file; give the path of an image"),
        (text, "notes.png cannot be read as an image; save it as PNG"),
        (cut, "cut.png cannot be read as an image"),
        (np.zeros((5, 6, 2), np.uint8), r"not \(5, 6, 2\); rearrange it"),
        (np.zeros((4, 5)) - 1, "from 0 to 1, not from -1 to -1; give the picture as it was before normalisation"),
        (np.full((4, 5), np.nan), "from 0 to 1, not from nan"),
        (np.zeros((4, 5), np.int64), "not int64"),
        (42, "not int; give one of these"),
        (np.zeros((4, 5)) + 1.002, "from 0 to 1, not from 1.002 to 1.002; rescale it"),
        (Image.fromarray(np.full((4, 5), -2.0, np.float32)), "from 0 to 1, not from -2 to -2; give the picture as it"),
        (Image.fromarray(np.full((4, 5), 300.0, np.float32)), "from 0 to 255, not from 300 to 300; rescale it"),
        (Image.fromarray(np.full((4, 5), np.nan, np.float32)), "not from nan to nan"),
        (torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(0)), "give the picture as it was before normal"),
        (torch.zeros(2, 3, 8, 8), r"not \(2, 3, 8, 8\); give its images one by one"),
        (torch.zeros(3, 8, 8, dtype=torch.int64), "not int64; convert it"),
        (np.zeros((0, 5, 3)), r"has no pixels, as its shape is \(0, 5, 3\); crop it less"),
        (Image.new("RGB", (9, 9)).crop((2, 2, 2, 5)), "The image has no pixels, as it is 0×3; crop it less"),
        (b"", "The data is empty"),
        (b"not a picture", "The data cannot be read as an image; save it as PNG"),
        (io.StringIO("text"), "The file object gives str, not bytes; open it with mode 'rb'"),
        ("https://site.org/a/b.png", "^https://site.org/a/b.png is a URL, which is not fetched; download it"),
        (Path("https://site.org/a/b.png"), "^https://site.org/a/b.png is a URL, which is not fetched; download it"),
        ("data:image/png;base64," + 9999 * "A", "There is no image file data:.{195}…; check the path"),
        ("a\0b", "There is no image file"),
        ("\na.png", r"^There is no image file \\na.png"),
        ("a" * 5000, "There is no image file a{200}…; check the path"),
        (Image.new("L", (1, 65500)), "The image is 1×65500, longer than 100 times its other side; crop it"),
        (np.zeros((4, 401), np.uint8), "The image array is 401×4, longer than 100 times"),
        (torch.zeros(3, 8, 8).to_sparse(), "The image tensor cannot be read .* give a dense one"),
        (torch.zeros(3, 8, 8, device="meta"), "The image tensor cannot be read"),
    ]
    for image, message in cases:
        with pytest.raises(InputError, match=message):
            read_image(image)


@pytest.mark.parametrize(
    ("mode", "info", "readable"),
    [
        ("P", {"transparency": object()}, False),
        ("RGB", {"transparency": "white"}, False),
        ("RGB", {"exif": b"no"}, True),
        ("RGB", {"exif": 1}, True),
    ],
)
def test_metadata_of_any_kind_raises_nothing_from_below(mode: str, info: dict[str, Any], readable: bool) -> None:
    image = Image.new(mode, (5, 4))
    image.info.update(info)
    image_key(image)
    if readable:
        assert read_image(image).size == (5, 4)
    else:
        with pytest.raises(InputError, match=r"The image cannot be read as an image .*; save it as PNG"):
            read_image(image)


def test_text_that_unpacks_to_megabytes_is_refused() -> None:
    info, file = PngInfo(), io.BytesIO()
    info.add_text("comment", "x" * 2**23, zip=True)
    Image.new("RGB", (5, 4)).save(file, "PNG", pnginfo=info)
    assert len(file.getvalue()) < 2**14
    with pytest.raises(InputError, match="The data cannot be read as an image"):
        read_image(file.getvalue())


def test_files_without_an_end_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for image, message in ((tmp_path / "sparse", "bytes, more than"), ("/dev/null", "is no regular file")):
        assert image_key(image) is None
        with pytest.raises(InputError, match=message):
            read_image(image)
    monkeypatch.setattr("fixlip_widget.encoders.images.MAX_BYTES", 100)
    monkeypatch.setattr("fixlip_widget.encoders.images.CHUNK", 30)
    Image.new("L", (5, 4)).save(tmp_path / "small.png")
    for path, is_read in ((tmp_path / "small.png", True), (Path("/dev/zero"), False)):
        with path.open("rb", buffering=0) as file:
            if is_read:
                assert read_image(file).size == (5, 4)
            else:
                with pytest.raises(InputError, match="has more than the 100 bytes that are read"):
                    read_image(file)


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


def test_tensors_and_arrays_in_both_orders() -> None:
    rng = np.random.default_rng(0)
    for channels in (3, 4):
        last = rng.integers(0, 256, (H, W, channels), dtype=np.uint8)
        last[..., 3:] = 255
        first = np.moveaxis(last, -1, 0)
        for array in (last, first, last[None], first[None], last / 255.0, first.astype(np.uint16) * 257):
            for image in (array, torch.tensor(np.ascontiguousarray(array))):
                np.testing.assert_array_equal(np.asarray(read_image(image)), last[..., :3])
    for lower in (torch.half, torch.bfloat16):
        rounded = torch.tensor(first / 255.0).to(lower)
        picture = read_image(torch.nn.Parameter(rounded))
        assert np.abs(np.asarray(picture).astype(int) - last[..., :3]).max() <= 1
    grey = rng.integers(0, 256, (H, W), dtype=np.uint8)
    for image in (grey, torch.tensor(grey), torch.tensor(grey)[None], torch.tensor(grey)[None, None]):
        assert close(read_image(image), grey, tolerance=0)


def test_channels_are_last_in_an_array_and_first_in_a_tensor_where_both_are_possible() -> None:
    for shape in ((3, 3, 3), (3, 20, 3), (4, 5, 3)):
        array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        array[..., 3:] = 255
        np.testing.assert_array_equal(np.asarray(read_image(array)), array)
        tensor = torch.tensor(array)
        tensor[3:] = 255
        np.testing.assert_array_equal(np.asarray(read_image(tensor)), tensor[:3].permute(1, 2, 0).numpy())
        assert image_key(array) != image_key(torch.tensor(array))


def test_floats_that_overshoot_are_clipped() -> None:
    values = np.array([[-9e-4, -1e-7, 0.5], [1.0 + 1e-6, 1.0005, 1.0]])
    for image in (values, torch.tensor(values), Image.fromarray(values.astype(np.float32) - 1e-9)):
        np.testing.assert_array_equal(np.asarray(read_image(image))[..., 0], [[0, 0, 128], [255, 255, 255]])


def test_encoded_bytes_and_files(tmp_path: Path, ramp: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    path = tmp_path / "ramp.png"
    Image.fromarray(ramp).save(path)
    content = path.read_bytes()
    with path.open("rb") as file:
        file.read(100)
        for image in (content, bytearray(content), memoryview(content), io.BytesIO(content), file, file):
            assert close(read_image(image), ramp, tolerance=0)
            assert image_key(image) == image_key(path) == image_key(str(path))
    with pytest.raises(InputError, match=r"The file object cannot be read .*closed.*; open it with mode 'rb'"):
        read_image(file)
    with path.open() as text, pytest.raises(InputError, match=r"The file object cannot be read .*; open it with mode"):
        read_image(text)  # type: ignore[arg-type]  # open as text
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert close(read_image(pipe), ramp, tolerance=0)


@pytest.mark.parametrize("loaded", [True, False])
def test_closed_images_are_said_to_be_closed(tmp_path: Path, loaded: bool) -> None:
    Image.new("L", (5, 5)).save(tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as left:
        pass
    closed = Image.open(tmp_path / "a.png")
    if loaded:
        closed.load()
    closed.close()
    for image in (left, closed):
        assert image_key(image) is None
        with pytest.raises(InputError, match="The image was closed before it was read; open it again, or give its"):
            read_image(image)


def test_large_pictures_are_read_and_larger_ones_are_said_to_be_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    Image.new("L", (10, 20)).save(tmp_path / "large.png")
    assert read_image(tmp_path / "large.png").size == (10, 20)  # Pillow's warning would be an error here
    Image.new("L", (10, 21)).save(tmp_path / "larger.png")
    for image in (tmp_path / "larger.png", (tmp_path / "larger.png").read_bytes()):
        with pytest.raises(InputError, match="is too large, as it has more than 200 pixels; resize it"):
            read_image(image)


def test_a_single_image_is_not_a_list_of_its_parts(tmp_path: Path) -> None:
    Image.new("L", (5, 5)).save(tmp_path / "a.png")
    array, path = np.zeros((4, 8, 8, 3), np.uint8), tmp_path / "a.png"
    single: list[Any] = [array, torch.tensor(array), path, str(path), path.read_bytes(), Image.new("L", (5, 5)), 5]
    with path.open("rb") as file:
        for images in (*single, file, {"a": path}):
            with pytest.raises(InputError, match=f"images is a list.* not {type(images).__name__}; put it in"):
                each_image(images)
        assert list(each_image(np.array([str(path)]))) == [str(path)]
        assert list(each_image(image for image in (path, file))) == [path, path.read_bytes()]


def test_a_picture_says_whose_it_is(tmp_path: Path) -> None:
    picture = Image.new("RGB", (3, 2))
    assert credit(picture) is None
    said = PngInfo()
    said.add_text("Copyright", "  by\nsomeone ")
    picture.save(tmp_path / "own.png", pnginfo=said)
    assert credit(read_image(tmp_path / "own.png")) == "by someone"
    assert credit(read_image(fw.scene("🦊")).resize((20, 20))) == CREDIT
    for empty in ("", " \n", b"bytes", 7):
        picture.info["Copyright"] = empty
        assert credit(picture) is None
    picture.info["Copyright"] = "x" * 1000
    assert len(credit(picture) or "") == 300
    assert image_key(picture) != image_key(Image.new("RGB", (3, 2)))
