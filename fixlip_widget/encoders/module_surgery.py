"""A module with some of its parts exchanged, beside the module as it is."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def with_parts(module: M, **parts: nn.Module) -> M:
    """A module that shares everything with another but these parts; the other stays as it is."""
    twin = copy.copy(module)
    twin._modules = {**module._modules, **parts}
    return twin


class Given(nn.Module):
    """Stands where tokens are made, and lets through those that are there already."""

    def __init__(self, grid_size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.grid_size = grid_size  # some towers ask their patch embedding for it

    def forward(self, tokens: Tensor, *_: Any, **__: Any) -> Tensor:
        """Tokens, whatever their shape, as they are."""
        return tokens


class Selection(nn.Module):
    """Lets a few tokens through, and all of the first ones."""

    def __init__(self, kept: Tensor, prefix: int) -> None:
        super().__init__()
        self._kept, self._prefix = kept, prefix

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (b, prefix + P, width) → (b, prefix + k, width), where `kept` is (b, k)."""
        return select(tokens, self._kept, self._prefix)


def select(tokens: Tensor, kept: Tensor, prefix: int) -> Tensor:
    """Tokens (b, prefix + P, width), indices of patches (b, k) → the first tokens and those, (b, prefix + k, width)."""
    first = torch.arange(prefix, device=kept.device).expand(len(kept), -1)  # (b, prefix)
    places = torch.cat([first, prefix + kept], dim=1)  # (b, prefix + k)
    return tokens.gather(1, places[:, :, None].expand(-1, -1, tokens.shape[2]))
