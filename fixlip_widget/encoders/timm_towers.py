"""Image towers of timm inside open_clip: SigLIP, EVA, MobileCLIP-B, ViTamin and others with a grid of patches."""

from __future__ import annotations

from typing import Any

from open_clip.timm_model import TimmModel
from torch import Tensor, nn

from fixlip_widget.encoders.module_surgery import PassThrough, TokenSelection, replace_children
from fixlip_widget.encoders.pixel_tower import PixelTower
from fixlip_widget.encoders.towers import ImageTower


def has_patches(visual: TimmModel) -> bool:
    """Whether a tower has a grid of patches of a known size."""
    return getattr(getattr(visual.trunk, "patch_embed", None), "grid_size", None) is not None


def timm_tower(visual: TimmModel) -> ImageTower:
    """A tower that has patches, split behind its patch embedding, or masked in pixels where patches overlap."""
    patch_embed: Any = visual.trunk.patch_embed
    grid: tuple[int, int] = patch_embed.grid_size
    convolutions = [part for part in patch_embed.modules() if isinstance(part, nn.Conv2d)]
    is_separable = all(part.kernel_size == part.stride for part in convolutions)
    if not is_separable:
        return PixelTower(visual, grid)
    # Stems of several convolutions do not say how large a patch becomes.
    height, width = _tile(visual, grid) if len(convolutions) > 1 else convolutions[0].stride
    return PatchTower(visual, patch_embed, grid, (height, width))


def _tile(visual: TimmModel, grid: tuple[int, int]) -> tuple[int, int]:
    height, width = (size // count for size, count in zip(visual.image_size, grid, strict=True))
    return height, width


class PatchTower:
    """A timm model whose patch embedding is computed for each patch separately."""

    def __init__(
        self, visual: TimmModel, patch_embed: nn.Module, grid: tuple[int, int], patch_size: tuple[int, int]
    ) -> None:
        trunk = visual.trunk
        self.grid, self.patch_size = grid, patch_size
        # Only plain ViTs drop patches in a layer that can be replaced, and only a class token remains without patches.
        self.can_drop = isinstance(getattr(trunk, "patch_drop", None), nn.Module) and trunk.global_pool == "token"
        self._visual, self._patch_embed = visual, patch_embed
        self._trunk = replace_children(trunk, patch_embed=PassThrough(grid))
        is_flat = getattr(patch_embed, "flatten", True)  # some models keep rows and columns as two dimensions
        self._layout = (grid[0] * grid[1],) if is_flat else grid

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → patches (b, P, width)."""
        tokens: Tensor = self._patch_embed(pixels)  # (b, P, width) or (b, rows, cols, width)
        return tokens.flatten(1, -2)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width), and the indices of those not dropped (b, k) → image embeddings (b, d)."""
        trunk = self._trunk
        if kept is not None:
            trunk = replace_children(trunk, patch_drop=TokenSelection(kept, trunk.num_prefix_tokens))
        tokens = patches.reshape(len(patches), *self._layout, patches.shape[2])
        embedding: Tensor = replace_children(self._visual, trunk=trunk)(tokens)  # (b, d)
        return embedding
