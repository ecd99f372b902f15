"""Pack the sprites and the names of emoji from three npm packages.

npm pack emoji-datasource-google@16.0.0 @lobehub/fluent-emoji-3d@1.1.0 unicode-emoji-json@0.9.0
python -m fixlip_widget.demo.training.build_sprites --packages FOLDER-OF-THE-TGZ-FILES
"""

import argparse
import io
import json
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from fixlip_widget.demo.sprites import COLUMNS, FOLDER
from fixlip_widget.demo.things import EMOJI

NOTO, FLUENT, NAMES = (
    "emoji-datasource-google-16.0.0.tgz",
    "lobehub-fluent-emoji-3d-1.1.0.tgz",
    "unicode-emoji-json-0.9.0.tgz",
)
SELECTOR = "\ufe0f"  # asks for a picture instead of a letter; packages disagree on where it is written
_MARGIN = 1 / 32  # of the side, on each side of a sprite
_SOURCES: dict[str, tuple[str, str, int]] = {
    "noto": (NOTO, "package/img/google/64/{}.png", 64),
    "fluent": (FLUENT, "package/assets/{}.webp", 128),
}
"""Family → archive, path of a picture in it, and pixels of a sprite; Noto's package has no larger ones."""


def build(packages: Path, out: Path = FOLDER) -> None:
    """Write `noto.webp`, `fluent.webp` and `names.json` into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for family, (archive, path, side) in _SOURCES.items():
        with tarfile.open(packages / archive) as tar:
            paths = set(tar.getnames())
            atlas = pack([trim(_picture(tar, _path(paths, path, emoji)), side) for emoji in EMOJI.values()])
        atlas.save(out / f"{family}.webp", quality=92, alpha_quality=95, method=6)
    with tarfile.open(packages / NAMES) as tar:
        table = json.load(_open(tar, "package/data-by-emoji.json"))
        order = json.load(_open(tar, "package/data-ordered-emoji.json"))
    names = {emoji: table[emoji]["name"] for emoji in order if emoji in table}
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
    (out / "names.json").write_text(text + "\n", encoding="utf-8")


def trim(picture: Image.Image, side: int) -> Image.Image:
    """The visible part of an RGBA picture, enlarged or reduced to fill a square of `side` pixels but for its margin."""
    rows, columns = np.nonzero(np.asarray(picture.getchannel("A")) > 20)
    picture = picture.crop((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    scale = round(side * (1 - 2 * _MARGIN)) / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    sprite = Image.new("RGBA", (side, side))
    scaled = picture.resize(size, Image.Resampling.LANCZOS)
    sprite.paste(scaled, ((side - size[0]) // 2, (side - size[1]) // 2))
    return sprite


def pack(sprites: list[Image.Image]) -> Image.Image:
    """The sprites side by side, COLUMNS in a row."""
    side, rows = sprites[0].width, -(-len(sprites) // COLUMNS)
    atlas = Image.new("RGBA", (COLUMNS * side, rows * side))
    for index, sprite in enumerate(sprites):
        atlas.paste(sprite, (index % COLUMNS * side, index // COLUMNS * side))
    return atlas


def _path(paths: set[str], path: str, emoji: str) -> str:
    for spelling in (emoji, emoji.replace(SELECTOR, "")):
        candidate = path.format("-".join(f"{ord(character):x}" for character in spelling))
        if candidate in paths:
            return candidate
    raise FileNotFoundError(f"There is no picture of {emoji} at {path}.")


def _picture(tar: tarfile.TarFile, path: str) -> Image.Image:
    return Image.open(_open(tar, path)).convert("RGBA")


def _open(tar: tarfile.TarFile, path: str) -> io.BytesIO:
    member = tar.extractfile(path)
    if member is None:
        raise FileNotFoundError(f"{tar.name!s} has no {path}.")
    return io.BytesIO(member.read())


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, required=True, help="folder of the three archives")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write (default: in the package)")
    arguments = parser.parse_args()
    build(arguments.packages, arguments.out)


if __name__ == "__main__":
    main()
