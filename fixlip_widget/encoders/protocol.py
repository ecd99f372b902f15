"""The protocol of encoders: two small objects, nothing to inherit from."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from PIL.Image import Image
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.typing import ImageLike


@runtime_checkable
class MaskedInput(Protocol):
    """One image or one caption that can be encoded with any of its tokens hidden."""

    @property
    def n_players(self) -> int:
        """Number of tokens that can be hidden."""

    @property
    def tokens(self) -> list[str]:
        """Their display names: words, or "patch r,c"."""

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of an image, None for text."""

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n_players) bool, True = kept → embeddings (m, d) float32, unit norm."""


@runtime_checkable
class MaskedImage(MaskedInput, Protocol):
    """A masked input that also provides the picture to display under the grid.

    An attribute `original`, a `fixlip_widget.encoders.preprocessing.Original`, adds the whole picture around it.
    """

    @property
    def picture(self) -> Image:
        """What the encoder sees of the image, in RGB, at display resolution."""


@runtime_checkable
class DualEncoder(Protocol):
    """Two towers and a similarity: logit = scale · cosine + bias."""

    @property
    def name(self) -> str:
        """Name of the model, as explanations record it."""

    @property
    def scale(self) -> float:
        """Logits per unit of cosine similarity."""

    @property
    def bias(self) -> float:
        """Logit at cosine zero."""

    def image(self, image: ImageLike) -> MaskedInput:
        """Prepare an image; InputError where it cannot be read."""

    def text(self, caption: str) -> MaskedInput:
        """Prepare a caption; InputError where it is empty or too long."""


def check_text(caption: str) -> None:
    """Raise InputError where a caption is not a string that UTF-8 can encode."""
    if not isinstance(caption, str):
        raise InputError(f"A caption is a string, not {type(caption).__name__}; put it in quotes.")
    try:
        caption.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"The caption {caption!r} is not valid text; write it in UTF-8.") from error
