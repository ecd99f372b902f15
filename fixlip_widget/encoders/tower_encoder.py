"""`TowerEncoder`: a dual encoder from an image tower, a text tower and their preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.encoders.images import read_image
from fixlip_widget.encoders.masking import MaskedPatches, MaskedTokens, Masking, group_patches, group_words
from fixlip_widget.encoders.preprocessing import Original
from fixlip_widget.encoders.protocol import MaskedImage, MaskedInput, check_text
from fixlip_widget.encoders.tokenizers import TokenizedCaption
from fixlip_widget.encoders.towers import ImageTower, TextTower
from fixlip_widget.typing import ImageLike


class PreprocessedImage(NamedTuple):
    """An image as its tower takes it."""

    tower: ImageTower
    pixels: Tensor
    """(1, 3, H, W), normalised."""
    picture: Image.Image
    """The part of the image that the model sees, at display resolution."""
    original: Original | None = None
    """The whole image, where the model sees only a part of it or changes its aspect ratio."""


class TowerEncoder:
    """A `DualEncoder` whose towers can be masked.

    Args:
        name: name of the model.
        card: name, size and licence of the model in one line.
        preprocess: from an RGB image to pixels and their tower.
        tokenize: from a caption to token ids.
        text_tower: encodes captions.
        scale: logits per unit of cosine similarity.
        bias: logit at cosine zero.
        device: device of both towers.
        precision: data type of matrix products.
        masking: what hiding a token means.
    """

    def __init__(
        self,
        *,
        name: str,
        card: str,
        preprocess: Callable[[Image.Image], PreprocessedImage],
        tokenize: Callable[[str], TokenizedCaption],
        text_tower: TextTower,
        scale: float,
        bias: float,
        device: torch.device,
        precision: torch.dtype,
        masking: Masking,
    ) -> None:
        self.name, self.card, self.scale, self.bias = name, card, scale, bias
        self.device, self.precision, self.masking = device, precision, masking
        self.preprocess, self.tokenize, self.text_tower = preprocess, tokenize, text_tower
        self._is_compiled = False

    def compile(self) -> None:
        """Have torch.compile compile the image tower: seconds once, then less for every mask of every image.

        Values change by rounding. On a CPU this needs a C++ compiler; where it fails, explaining raises InputError.
        """
        self._is_compiled = True

    def image(self, image: ImageLike) -> MaskedImage:
        """Prepare an image: resized, cropped and normalised as in the model's training."""
        preprocessed = self.preprocess(read_image(image))
        pixels = preprocessed.pixels.to(self.device)
        masker = self.masking.image_masker
        masked = MaskedPatches(
            preprocessed.tower, pixels, masker, preprocessed.picture, self.precision, preprocessed.original
        )
        if self._is_compiled:
            masked.compile()
        grid = self.masking.image_grid
        return masked if grid is None else group_patches(masked, grid)

    def text(self, caption: str) -> MaskedInput:
        """Prepare a caption."""
        check_text(caption)
        tokenized = self.tokenize(caption)
        masked = MaskedTokens(self.text_tower, tokenized, self.masking.text_masker, self.device, self.precision)
        words = tokenized.words if self.masking.text_players == "word" else None
        return group_words(masked, words) if words else masked
