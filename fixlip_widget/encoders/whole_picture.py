"""Whole pictures, in their own aspect ratio, for towers that were trained on centre crops."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from fixlip_widget.encoders.openclip_towers import OpenClipImageTower
from fixlip_widget.encoders.preprocessing import Preprocessor
from fixlip_widget.encoders.tower_encoder import PreprocessedImage
from fixlip_widget.encoders.towers import ImageTower
from fixlip_widget.errors import InputError

Crop: TypeAlias = Literal["model", "none"]
"""Which part of a picture a model takes: what its preprocessing keeps, or all of it."""
WHOLE = "whole pictures, positions interpolated"
"""What the model card says of `crop="none"`."""
FEWEST = 0.75
"""Share of the patches of training that a grid has at least."""


def check_crop(crop: Crop) -> None:
    """Raise InputError for a crop that does not exist."""
    if crop not in get_args(Crop):
        raise InputError(f"There is no crop={crop!r}; use 'model', or 'none' for whole pictures.")


def whole_grid(size: tuple[int, int], n_patches: int, patch_size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of patches for a whole picture of a size (width, height), resized without a crop.

    At most `n_patches`, those of training, so that an explanation costs no more, and at least three quarters of them;
    of these grids the one in which the aspect ratio changes least, and then the largest.

    Example:
        >>> whole_grid((1600, 900), 49, (32, 32))
        (5, 9)
    """
    ratio = size[1] / size[0] * patch_size[1] / patch_size[0]  # rows for each column
    grids = [
        (rows, columns)
        for rows in range(1, n_patches + 1)
        for columns in range(max(1, math.ceil(FEWEST * n_patches / rows)), n_patches // rows + 1)
    ]
    return min(grids, key=lambda grid: (abs(math.log(grid[0] / grid[1] / ratio)), -grid[0] * grid[1]))


class WholePicturePreprocessing:
    """From a picture to pixels and a tower of its grid, for open_clip's own image towers.

    Args:
        tower: of the grid of training.
        config: of the training; its size and resize mode are not used.
        name: of the model, for messages.
    """

    def __init__(self, tower: OpenClipImageTower, config: PreprocessCfg, name: str) -> None:
        self._tower, self._config, self._name = tower, config, name

    def __call__(self, picture: Image.Image) -> PreprocessedImage:
        """Pixels, their tower and what they show."""
        (rows, columns), (height, width) = self._tower.grid, self._tower.patch_size
        grid = whole_grid(picture.size, rows * columns, (height, width))
        config = replace(self._config, size=(grid[0] * height, grid[1] * width), resize_mode="squash")
        preprocessor = Preprocessor(image_transform_v2(config, is_train=False), self._name)
        return preprocess_for(preprocessor, self._tower.with_grid(grid), picture)


def preprocess_for(preprocessor: Preprocessor, tower: ImageTower, picture: Image.Image) -> PreprocessedImage:
    """The pixels that a tower takes, and what they show."""
    pixels = preprocessor(picture)  # (1, 3, H, W)
    return PreprocessedImage(tower, pixels, *preprocessor.shown(picture, pixels, tower.grid, tower.patch_size))
