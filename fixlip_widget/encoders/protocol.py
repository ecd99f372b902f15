"""What an encoder must offer to be explained: two small objects, nothing to inherit from."""

from __future__ import annotations

from os import PathLike
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL.Image import Image
from torch import Tensor

from fixlip_widget.errors import InputError

ImageLike: TypeAlias = str | PathLike[str] | Image | npt.NDArray[np.generic]


@runtime_checkable
class MaskedInput(Protocol):
    """One image or one caption, ready to be encoded with any of its tokens hidden."""

    @property
    def n_players(self) -> int:
        """How many tokens can be hidden."""

    @property
    def tokens(self) -> list[str]:
        """What to call each of them: words, or "patch r,c"."""

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of an image, None for text."""

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n_players) bool, True = kept → embeddings (m, d) float32, unit norm."""


@runtime_checkable
class MaskedImage(MaskedInput, Protocol):
    """A masked input that also knows the picture a reader should see under the grid."""

    @property
    def picture(self) -> Image:
        """What the encoder sees of the image, in RGB, at a size fit for a screen."""


@runtime_checkable
class DualEncoder(Protocol):
    """Two towers and a similarity: logit = scale · cosine + bias."""

    @property
    def name(self) -> str:
        """What to call the model in an explanation's provenance."""

    @property
    def scale(self) -> float:
        """Logits per unit of cosine."""

    @property
    def bias(self) -> float:
        """The logit at cosine zero."""

    def image(self, image: ImageLike) -> MaskedInput:
        """Prepare an image; InputError where it cannot be read."""

    def text(self, caption: str) -> MaskedInput:
        """Prepare a caption; InputError where it is empty or does not fit."""


def check_text(caption: str) -> None:
    """InputError where a caption is no text."""
    if not isinstance(caption, str):
        raise InputError(f"A caption is a string, not {type(caption).__name__}; put it in quotes.")
    try:
        caption.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"The caption {caption!r} is not valid text; write it in UTF-8.") from error
