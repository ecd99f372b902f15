"""A dual encoder out of two towers that can be masked."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.encoders.images import read_image
from fixlip_widget.encoders.masked_inputs import (
    ImageTower,
    MaskedPatches,
    MaskedWords,
    TextTower,
    merge_patches,
    merge_words,
)
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.protocol import ImageLike, MaskedImage, MaskedInput, check_text
from fixlip_widget.encoders.tokenizers import Reading


class Sight(NamedTuple):
    """A picture as an image tower takes it."""

    tower: ImageTower
    pixels: Tensor
    """(1, 3, H, W), normalised."""
    picture: Image.Image
    """The part of it that the model sees, at a size fit for a screen."""


class TowerEncoder:
    """A DualEncoder: how a picture is seen, how a caption is read, and the game that is played with both."""

    def __init__(
        self,
        *,
        name: str,
        card: str,
        see: Callable[[Image.Image], Sight],
        read: Callable[[str], Reading],
        text_tower: TextTower,
        scale: float,
        bias: float,
        device: torch.device,
        precision: torch.dtype,
        masking: Masking,
    ) -> None:
        self.name, self.card, self.scale, self.bias = name, card, scale, bias
        self.device, self.precision, self.masking = device, precision, masking
        self._see, self._read, self._text_tower = see, read, text_tower
        self._compiled = False

    def compile(self) -> None:
        """Have the image tower compiled by torch.compile: seconds once, then less for every mask of every image.

        Values change by rounding. On a CPU this needs a C++ compiler.
        """
        self._compiled = True

    def image(self, image: ImageLike) -> MaskedImage:
        """Prepare an image: resized, cropped and normalised as the model was trained."""
        sight = self._see(read_image(image))
        masked = MaskedPatches(
            sight.tower, sight.pixels.to(self.device), self.masking.image_masker, sight.picture, self.precision
        )
        if self._compiled:
            masked.compile()
        grid = self.masking.image_grid
        return masked if grid is None else merge_patches(masked, grid)

    def text(self, caption: str) -> MaskedInput:
        """Prepare a caption."""
        check_text(caption)
        reading = self._read(caption)
        masked = MaskedWords(self._text_tower, reading, self.masking.text_masker, self.device, self.precision)
        words = reading.words if self.masking.text_players == "word" else None
        return merge_words(masked, words) if words else masked
