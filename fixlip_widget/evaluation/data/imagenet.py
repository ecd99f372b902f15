"""Pointing games from ImageNet: 2×2 grids of the classes, quadruples and captions of FIxLIP (arXiv 2508.05430)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from PIL import Image

from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import PICTURES, Pair

CLASSES = {
    "goldfish": "n01443537",
    "cat": "n02123159",
    "husky": "n02109961",
    "banana": "n07753592",
    "pizza": "n07873807",
    "plane": "n02690373",
    "tractor": "n04465501",
    "ball": "n04254680",
    "church": "n03028079",
    "ipod": "n03584254",
}
QUADRUPLES = tuple(
    tuple(line.split())
    for line in (
        "goldfish husky pizza tractor",
        "cat goldfish plane pizza",
        "banana cat tractor ball",
        "husky banana plane church",
        "pizza ipod goldfish banana",
        "ipod cat husky plane",
        "tractor ball banana ipod",
        "plane church ball goldfish",
        "church pizza ipod cat",
        "ball husky banana tractor",
    )
)
TILE = 224
PER_CLASS = 50


def pointing_games(folder: Path) -> Iterator[Pair]:
    """50 grids of each quadruple, each with captions that name the first one to four of its things.

    The folder has, by itself or in `val/`, a folder for each class, called by its WordNet number or by the word. A
    file's place in its sorted folder says which grid it is in. InputError where no class is there.
    """
    files = {word: _pictures(folder, word, number) for word, number in CLASSES.items()}
    if not any(files.values()):
        raise InputError(
            f"{folder} holds no pictures in a folder such as {CLASSES['cat']} or cat; give the one of ImageNet."
        )
    for index in range(PER_CLASS):
        for words in QUADRUPLES:
            short = next((word for word in words if index >= len(files[word])), None)
            if short is None:
                picture = partial(grid, tuple(files[word][index] for word in words))
            else:
                picture = partial(_lacking, folder, short, len(files[short]), index + 1)
            for named in range(1, 5):
                yield Pair(
                    key=f"{'-'.join(words)}-{index:02}-{named}",
                    caption=" ".join(words[:named]),
                    picture=picture,
                    targets=tuple((word, place) for place, word in enumerate(words[:named])),
                    group=f"{named} of 4 named",
                )


def grid(tiles: tuple[Path, ...]) -> Image.Image:
    """Four pictures, row by row, each squashed to a square; InputError for one that cannot be read."""
    whole = Image.new("RGB", (2 * TILE, 2 * TILE))
    for place, path in enumerate(tiles):
        tile = read_image(path).resize((TILE, TILE), Image.Resampling.BILINEAR)
        whole.paste(tile, (place % 2 * TILE, place // 2 * TILE))
    return whole


def _lacking(folder: Path, word: str, count: int, wanted: int) -> Image.Image:
    where = f"{CLASSES[word]} or {word}"
    raise InputError(f"{folder} has {count} pictures of {word} (in {where}), and this grid needs {wanted}; add more.")


def _pictures(folder: Path, word: str, number: str) -> list[Path]:
    places = [home / name for home in (folder, folder / "val") for name in (number, word)]
    there = next((sorted(place.iterdir()) for place in places if place.is_dir()), [])
    return [path for path in there if path.suffix.lower() in PICTURES and not path.name.startswith(".")][:PER_CLASS]
