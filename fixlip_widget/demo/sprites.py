"""The sprites: an RGBA picture of each thing by each of two hands, as they are packed in the package."""

from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.demo.things import THINGS

FOLDER = Path(__file__).parent / "sprites"
FAMILIES: tuple[str, ...] = ("noto", "fluent")
"""Families of emoji: Google's Noto and Microsoft's Fluent."""
CREDIT = "Emoji: Noto by Google (Apache-2.0) and Fluent by Microsoft (MIT)."
"""The line that pages with these pictures carry."""
COLUMNS = 20
"""Sprites in a row of an atlas; they are in the order of THINGS, row by row."""
SIDE = 64
"""Pixels of a sprite where scenes are painted for the encoder."""
LARGE_SIDE = 128
"""Pixels of a sprite where scenes are painted to be looked at."""


@cache
def sprites(side: int = SIDE, device: torch.device | str = "cpu") -> Tensor:
    """(things, families, 4, side, side) uint8 RGBA sprites of all things."""
    families = [torch.stack([_tensor(_cell(thing, family), side) for thing in THINGS]) for family in FAMILIES]
    return torch.stack(families, dim=1).to(device)


def read_sprite(thing: str, family: str) -> Tensor:
    """(4, 128, 128) uint8, one sprite at the largest size in the package."""
    return _tensor(_cell(thing, family), LARGE_SIDE)


def _cell(thing: str, family: str) -> Image.Image:
    atlas = _atlas(family)
    side = atlas.width // COLUMNS
    row, column = divmod(THINGS.index(thing), COLUMNS)
    return atlas.crop((column * side, row * side, (column + 1) * side, (row + 1) * side))


@cache
def _atlas(family: str) -> Image.Image:
    with Image.open(FOLDER / f"{family}.webp") as image:
        atlas: Image.Image = image.convert("RGBA")
    return atlas


def _tensor(cell: Image.Image, side: int) -> Tensor:
    scaled = cell if cell.width == side else cell.resize((side, side), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(scaled)).permute(2, 0, 1)  # (4, side, side)
