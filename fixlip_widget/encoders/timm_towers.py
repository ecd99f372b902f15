"""Image towers from timm inside open_clip: SigLIP, EVA, MobileCLIP-B, ViTamin and others with a grid of patches."""

from __future__ import annotations

from open_clip.timm_model import TimmModel
from torch import Tensor, nn
from torch.nn import functional as F

from fixlip_widget.encoders.masked_inputs import ImageTower, Unmaskable
from fixlip_widget.encoders.module_surgery import Given, Selection, with_parts


def timm_tower(visual: TimmModel) -> ImageTower:
    """The tower behind its patch embedding, or all of it where patches overlap; Unmaskable where there is no grid."""
    entrance = getattr(visual.trunk, "patch_embed", None)
    grid = getattr(entrance, "grid_size", None)
    if entrance is None or grid is None:
        raise Unmaskable("has no grid of patches")
    convolutions = [part for part in entrance.modules() if isinstance(part, nn.Conv2d)]
    apart = all(part.kernel_size == part.stride for part in convolutions)
    return PatchTower(visual, entrance, grid) if apart else PixelTower(visual, grid)


class PatchTower:
    """A timm model whose patch embedding sees each patch by itself."""

    def __init__(self, visual: TimmModel, entrance: nn.Module, grid: tuple[int, int]) -> None:
        trunk = visual.trunk
        self.grid = grid
        # Only plain ViTs drop patches by a part that can be exchanged, and only a class token outlasts all patches.
        self.can_drop = isinstance(getattr(trunk, "patch_drop", None), nn.Module) and trunk.global_pool == "token"
        self._visual, self._entrance = visual, entrance
        self._trunk = with_parts(trunk, patch_embed=Given(grid))
        self._layout = (
            (grid[0] * grid[1],) if getattr(entrance, "flatten", True) else grid
        )  # rows and columns may stay apart

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → patches (b, P, width)."""
        tokens: Tensor = self._entrance(pixels)  # (b, P, width) or (b, rows, cols, width)
        return tokens.flatten(1, -2)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width), and which are not dropped (b, k) → image embeddings (b, d)."""
        trunk = self._trunk
        if kept is not None:
            trunk = with_parts(trunk, patch_drop=Selection(kept, trunk.num_prefix_tokens))
        tokens = patches.reshape(len(patches), *self._layout, patches.shape[2])
        embedding: Tensor = with_parts(self._visual, trunk=trunk)(tokens)  # (b, d)
        return embedding


class PixelTower:
    """A timm model whose patches overlap, so that what is masked are the pixels themselves."""

    can_drop = False

    def __init__(self, visual: TimmModel, grid: tuple[int, int]) -> None:
        self.grid = grid
        self._visual = visual
        self._tile = tuple(size // count for size, count in zip(visual.image_size, grid, strict=True))

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → the pixels of each patch (b, P, 3 · h · w)."""
        return F.unfold(pixels, self._tile, stride=self._tile).transpose(1, 2)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """The pixels of each patch (b, P, 3 · h · w) → image embeddings (b, d)."""
        columns = patches.transpose(1, 2)  # (b, 3 · h · w, P)
        pixels = F.fold(columns, self._visual.image_size, self._tile, stride=self._tile)  # (b, 3, H, W)
        embedding: Tensor = self._visual(pixels)  # (b, d)
        return embedding
