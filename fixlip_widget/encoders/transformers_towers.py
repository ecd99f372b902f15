"""The towers of CLIP, SigLIP and SigLIP-2 in transformers, split where the patches enter."""

from __future__ import annotations

from inspect import signature
from math import isqrt
from typing import Any

import torch
from torch import Tensor

from fixlip_widget.encoders.module_surgery import PassThrough, replace_children, select_tokens
from fixlip_widget.encoders.towers import Unmaskable


class TransformersImageTower:
    """An image tower that takes embedded patches; the class token, where there is one, and positions are added here.

    SigLIP-2's NaFlex model takes images of any grid: its positions are resized to that of the image, and the padding,
    which it does not attend to, is left out.

    Args:
        model: a model of transformers.
        grid: rows and columns of patches of one image.
    """

    def __init__(self, model: Any, grid: tuple[int, int]) -> None:
        vision = model.vision_model
        if getattr(vision, "use_head", True) is False:
            raise Unmaskable("does not pool its patches")
        self.grid = grid
        side: int = model.config.vision_config.patch_size
        self.patch_size = side, side
        self._vision = replace_children(vision, embeddings=PassThrough())
        self._model = replace_children(model, vision_model=self._vision)
        self._embeddings = vision.embeddings
        self._is_naflex = hasattr(self._embeddings, "resize_positional_embeddings")
        self._class_token = getattr(self._embeddings, "class_embedding", None)  # (width,)
        self.can_drop = self._class_token is not None

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (1, 3, H, W) → patches (1, P, width)."""
        embed = self._embeddings.patch_embedding
        if self._is_naflex:
            patches: Tensor = embed(flatten_patches(pixels, self.grid))  # (1, P, width)
            return patches
        maps: Tensor = embed(pixels)  # (1, width, rows, cols)
        return maps.flatten(2).transpose(1, 2)

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width), and the indices of those not dropped (b, k) → image embeddings (b, d)."""
        x = patches  # (b, P, width)
        if self._class_token is not None:
            x = torch.cat([self._class_token.expand(len(x), 1, -1), x], dim=1)  # (b, 1 + P, width)
        x = x + self._positions()
        if kept is not None:
            x = select_tokens(x, kept, prefix=1)  # (b, 1 + k, width)
        return _pooled(self._model.get_image_features(pixel_values=x))

    def _positions(self) -> Tensor:
        """(tokens, width)."""
        table: Tensor = self._embeddings.position_embedding.weight  # (positions, width)
        rows, columns = self.grid
        if not self._is_naflex:
            # By shape, as another shape may have as many patches.
            side = isqrt(len(table) - (self._class_token is not None))
            if self.grid == (side, side):
                return table
            height, width = rows * self.patch_size[0], columns * self.patch_size[1]
            tokens = table.new_empty(1, 1 + rows * columns, table.shape[1])  # asked for its shape only
            spread: Tensor = self._embeddings.interpolate_pos_encoding(tokens, height, width)
            return spread[0]  # (tokens, width)
        side = self._embeddings.position_embedding_size
        positions = table.reshape(side, side, -1)  # (side, side, width)
        shape = torch.tensor([self.grid])
        resized: Tensor = self._embeddings.resize_positional_embeddings(positions, shape, self.grid[0] * self.grid[1])
        return resized[0]  # (P, width)


def interpolates_positions(model: Any) -> bool:
    """Whether a model of transformers takes images of other sizes than its own, as CLIPSeg does."""
    parameters = signature(model.get_image_features).parameters
    return "interpolate_pos_encoding" in parameters and parameters["interpolate_pos_encoding"].default is True


class TransformersTextTower:
    """A text tower with an attention mask; SigLIP's attend to the padding and pool at the last position.

    Args:
        model: a model of transformers.
        padded: whether it attends to padding.
        pad_id: an id that is never attended to, as BERT's padding; None where there is none.
    """

    def __init__(self, model: Any, *, padded: bool, pad_id: int | None = None) -> None:
        self.padded, self.pad_id = padded, pad_id
        self._text = model.text_model
        self._model = model

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids and which are visible (b, L) → text embeddings (b, d)."""
        if self.pad_id is not None:
            visible = visible & (ids != self.pad_id)
        return _pooled(self._model.get_text_features(input_ids=ids, attention_mask=visible.long()))


def flatten_patches(pixels: Tensor, grid: tuple[int, int]) -> Tensor:
    """Pixels (1, 3, H, W) → (1, P, h · w · 3), the layout of SigLIP-2's NaFlex patches."""
    (rows, columns), (_, channels, height, width) = grid, pixels.shape
    tiles = pixels.view(1, channels, rows, height // rows, columns, width // columns)  # (1, 3, rows, h, cols, w)
    return tiles.permute(0, 2, 4, 3, 5, 1).reshape(1, rows * columns, -1)


def unflatten_patches(patches: Tensor, grid: tuple[int, int], size: int) -> Tensor:
    """(1, P, size · size · 3) → pixels (1, 3, H, W)."""
    tiles = patches.view(1, *grid, size, size, -1)  # (1, rows, cols, size, size, 3)
    return tiles.permute(0, 5, 1, 3, 2, 4).reshape(1, -1, grid[0] * size, grid[1] * size)


def _pooled(features: Any) -> Tensor:
    """Embeddings (b, d), which newer releases of transformers wrap in an output object."""
    embeddings: Tensor = getattr(features, "pooler_output", features)
    return embeddings
