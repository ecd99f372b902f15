"""Masking: what hiding a token means, and which tokens are players."""

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
    """The keyword arguments that loaders of encoders pass on to `Masking`."""

    image_masker: ImageMasker
    text_masker: TextMasker
    text_players: TextPlayers
    image_grid: tuple[int, int] | None


@dataclass(frozen=True)
class Masking:
    """The masking of an encoder; the defaults are those of FIxLIP (arXiv 2508.05430).

    Args:
        image_masker: what a hidden patch shows: "zero" (pixels 0 after normalisation), "mean" (mean colour of the
            image) or "blur" (the image blurred). "drop" removes its token, which is another game, and works only for
            models that pool a class token.
        text_masker: "attention" hides a token from attention, "pad" replaces it by the padding token.
        text_players: "token", or "word" for groups of tokens that form a word.
        image_grid: rows and columns of blocks of patches as players; None for single patches.

    Raises:
        InputError: for other names, or a grid that is not two positive integers.

    Example:
        >>> from fixlip_widget.encoders.masking import Masking
        >>> print(Masking(image_masker="blur", image_grid=(7, 7), text_players="word"))
        image blur 7×7, text attention by word
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


def hidden_pixels(pixels: Tensor, masker: ImageMasker, grid: tuple[int, int]) -> Tensor:
    """Normalised pixels (b, 3, H, W) → the pixels that hidden patches show, in the same shape.

    The mean is taken over the image for each channel; the blur is Gaussian with a standard deviation of half a patch.
    """
    if masker == "mean":
        return pixels.mean(dim=(2, 3), keepdim=True).expand_as(pixels)  # (b, 3, H, W)
    if masker == "blur":
        height, width = (size // count for size, count in zip(pixels.shape[2:], grid, strict=True))
        blurred: Tensor = gaussian_blur(pixels, [2 * width - 1, 2 * height - 1], [width / 2, height / 2])
        return blurred
    return torch.zeros_like(pixels)
