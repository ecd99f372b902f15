"""What hiding a token means, and what counts as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import torch
from torch import Tensor
from torchvision.transforms.functional import gaussian_blur

from fixlip_widget.errors import InputError

ImageMasker = Literal["zero", "mean", "blur", "drop"]
TextMasker = Literal["attention", "pad"]
TextPlayers = Literal["token", "word"]


class MaskingOptions(TypedDict, total=False):
    """What the loaders of encoders take, by name."""

    image_masker: ImageMasker
    text_masker: TextMasker
    text_players: TextPlayers
    image_grid: tuple[int, int] | None


@dataclass(frozen=True)
class Masking:
    """The game that is played; the defaults are those of the paper.

    Args:
        image_masker: a hidden patch shows nothing ("zero": its pixels are 0 after normalisation), the image's mean
            colour ("mean") or the image out of focus ("blur"); "drop" takes its token away instead, which is a
            different game, for models read at a class token.
        text_masker: a hidden token is not attended to ("attention"), or is replaced by the padding token ("pad").
        text_players: "token", or "word" for whole words.
        image_grid: rows and columns of merged patches; None for the patches themselves.

    Raises:
        InputError: for a name that is not among these, or a grid that is none.
    """

    image_masker: ImageMasker = "zero"
    text_masker: TextMasker = "attention"
    text_players: TextPlayers = "token"
    image_grid: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        choices = {
            "image_masker": ("zero", "mean", "blur", "drop"),
            "text_masker": ("attention", "pad"),
            "text_players": ("token", "word"),
        }
        for name, known in choices.items():
            if (value := getattr(self, name)) not in known:
                raise InputError(f"There is no {name}={value!r}; use {' or '.join(map(repr, known))}.")
        grid: Any = self.image_grid
        if grid is None:
            return
        if not (isinstance(grid, tuple | list) and [isinstance(side, int) and side > 0 for side in grid] == [True] * 2):
            raise InputError(f"image_grid={grid!r} is not a number of rows and one of columns; write (7, 7), say.")

    def __str__(self) -> str:
        image = f"image {self.image_masker}" + (" {}×{}".format(*self.image_grid) if self.image_grid else "")
        return f"{image}, text {self.text_masker}" + (" by word" if self.text_players == "word" else "")


def fill(pixels: Tensor, masker: ImageMasker, grid: tuple[int, int]) -> Tensor:
    """Normalised pixels (b, 3, H, W) → those that hidden patches show, in the same shape.

    The mean is that of the image, colour by colour; the blur is Gaussian with half a patch for standard deviation.
    """
    if masker == "mean":
        return pixels.mean(dim=(2, 3), keepdim=True).expand_as(pixels)  # (b, 3, H, W)
    if masker == "blur":
        height, width = (size // count for size, count in zip(pixels.shape[2:], grid, strict=True))
        blurred: Tensor = gaussian_blur(pixels, [2 * width - 1, 2 * height - 1], [width / 2, height / 2])
        return blurred
    return torch.zeros_like(pixels)
