"""Image towers without separable patches, masked in pixels: convolutional ones, and those whose patches overlap."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders.towers import Unmaskable


class PixelTower:
    """A tower of open_clip that is run from masked pixels on.

    Args:
        visual: the tower, with its `image_size`.
        grid: rows and columns of blocks of pixels.

    Raises:
        Unmaskable: where the blocks do not fill the image.
    """

    can_drop = False

    def __init__(self, visual: Any, grid: tuple[int, int]) -> None:
        size = visual.image_size
        self._size: tuple[int, int] = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
        height, width = (side // count for side, count in zip(self._size, grid, strict=True))
        if (height * grid[0], width * grid[1]) != self._size:
            sides = "×".join(map(str, self._size))
            blocks = "×".join(map(str, grid))
            raise Unmaskable(f"takes {sides} pixels, which {blocks} blocks do not divide", "give another image_grid=")
        self.grid, self.patch_size = grid, (height, width)
        self._visual = visual

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → the pixels of each block (b, P, 3 · h · w)."""
        return F.unfold(pixels, self.patch_size, stride=self.patch_size).transpose(1, 2)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """The pixels of each block (b, P, 3 · h · w) → image embeddings (b, d)."""
        columns = patches.transpose(1, 2)  # (b, 3 · h · w, P)
        pixels = F.fold(columns, self._size, self.patch_size, stride=self.patch_size)  # (b, 3, H, W)
        embedding: Tensor = self._visual(pixels)  # (b, d)
        return embedding
