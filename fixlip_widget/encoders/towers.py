"""What masking needs of an image tower and of a text tower; open_clip, timm and transformers each have adapters."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor


class Unmaskable(Exception):  # noqa: N818  # caught by the loaders, which turn it into an InputError
    """A tower that cannot be masked faithfully.

    Args:
        reason: a verb phrase that follows the name of the tower.
        advice: what to do.
    """

    def __init__(self, reason: str, advice: str = "use a model with two plain towers such as ViT-B-32") -> None:
        super().__init__(reason)
        self.advice = advice


class ImageTower(Protocol):
    """An image tower split where the patches enter."""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""

    @property
    def patch_size(self) -> tuple[int, int]:
        """Height and width of a patch in pixels; pixels beyond the last whole patch are not seen."""

    @property
    def can_drop(self) -> bool:
        """Whether patches can be dropped, which requires a class token to pool when none are left."""

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → patches (b, P, width), row-major, each a function of its own pixels alone."""

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width) → embeddings (b, d), not normalised.

        With `kept` (b, k), indices of patches, all other tokens are removed after positions were added; used only
        where `can_drop`.
        """


class TextTower(Protocol):
    """A text tower with an attention mask."""

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids (b, L) and which of them may be attended to (b, L) bool → embeddings (b, d), not normalised."""
