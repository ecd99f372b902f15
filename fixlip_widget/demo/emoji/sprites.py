"""The sprites: an RGBA picture of each thing by each of two hands, as they are packed in the package."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.demo.emoji.things import THINGS

FOLDER = Path(__file__).parent / "sprites"
FAMILIES: tuple[str, ...] = ("noto", "fluent")
"""Families of emoji: Google's Noto and Microsoft's Fluent."""
CREDIT = "Emoji: Noto by Google (Apache-2.0) and Fluent by Microsoft (MIT)."
"""The line that pages with these pictures carry."""
COLUMNS = 20
"""Sprites in a row of an atlas; they are in the order of THINGS, row by row."""
SIDE = 64
"""Pixels of a sprite where scenes are painted for the encoder."""


@cache
def sprites(side: int = SIDE) -> Tensor:
    """(things, families, 4, side, side) uint8 RGBA sprites, read from the package and resized to `side`."""
    families = [torch.from_numpy(_read(family, side)) for family in FAMILIES]  # each (things, side, side, 4)
    return torch.stack(families, dim=1).permute(0, 1, 4, 2, 3).contiguous()


def _read(family: str, side: int) -> np.ndarray:
    atlas = Image.open(FOLDER / f"{family}.webp")
    cell = atlas.width // COLUMNS
    cells = (
        atlas.crop((column * cell, row * cell, (column + 1) * cell, (row + 1) * cell))
        for row, column in (divmod(index, COLUMNS) for index in range(len(THINGS)))
    )
    return np.stack([np.asarray(resize(sprite, side)) for sprite in cells])


def resize(sprite: Image.Image, side: int) -> Image.Image:
    """An RGBA picture at another size; colours are weighted by their opacity, so that no dark rim appears."""
    return sprite.convert("RGBa").resize((side, side), Image.Resampling.LANCZOS).convert("RGBA")
