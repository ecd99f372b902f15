"""The pointing game on ImageNet: 2×2 grids of the classes, quadruples and captions of FIxLIP (arXiv 2508.05430)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from PIL import Image

from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import IMAGE_SUFFIXES, Pair

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
TILE_SIZE = 224
IMAGES_PER_CLASS = 50


def pointing_games(folder: Path) -> Iterator[Pair]:
    """50 grids of each quadruple, each with four captions that name its first one to four objects.

    The n-th grid of a quadruple shows the n-th image of each class, by file name.

    Args:
        folder: has, directly or in `val/`, a folder for each class, named by its WordNet number or by its word.

    Raises:
        InputError: where it has images of no class.
    """
    files = {word: _image_files(folder, word) for word in CLASSES}
    if not any(files.values()):
        raise InputError(
            f"{folder} holds no images in a folder such as {CLASSES['cat']} or cat; give the folder of ImageNet."
        )
    for index in range(IMAGES_PER_CLASS):
        for words in QUADRUPLES:
            tiles = {word: files[word][index] if index < len(files[word]) else None for word in words}
            for n_named in range(1, 5):
                yield Pair(
                    key=f"{'-'.join(words)}-{index:02}-{n_named}",
                    caption=" ".join(words[:n_named]),
                    load_image=partial(_load_grid, folder, tiles, index + 1),
                    targets=tuple((word, quadrant) for quadrant, word in enumerate(words[:n_named])),
                    group=f"{n_named} of 4 named",
                )


def _load_grid(folder: Path, tiles: Mapping[str, Path | None], needed: int) -> Image.Image:
    """One image of each of four classes as a 2×2 grid, row by row, each resized to a square."""
    grid = Image.new("RGB", (2 * TILE_SIZE, 2 * TILE_SIZE))
    for quadrant, (word, path) in enumerate(tiles.items()):
        if path is None:
            where = f"{CLASSES[word]} or {word}"
            raise InputError(f"{folder} has fewer than {needed} images of {word} (in {where}); add more.")
        tile = read_image(path).resize((TILE_SIZE, TILE_SIZE), Image.Resampling.BILINEAR)
        grid.paste(tile, (quadrant % 2 * TILE_SIZE, quadrant // 2 * TILE_SIZE))
    return grid


def _image_files(folder: Path, word: str) -> list[Path]:
    folders = [parent / name for parent in (folder, folder / "val") for name in (CLASSES[word], word)]
    paths = next((sorted(path.iterdir()) for path in folders if path.is_dir()), [])
    images = [path for path in paths if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")]
    return images[:IMAGES_PER_CLASS]
