"""Modules with some children replaced, sharing everything else with the original, which stays unchanged."""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

M = TypeVar("M", bound=nn.Module)


def replace_children(module: M, **children: nn.Module) -> M:
    """A shallow copy of a module with these children in place of its own; parameters are shared."""
    twin = copy.copy(module)
    twin._modules = {**module._modules, **children}
    return twin


class PassThrough(nn.Module):
    """Stands in for an embedding layer and returns its input, which is embedded already.

    Args:
        grid_size: for towers that ask their patch embedding for it.
    """

    def __init__(self, grid_size: tuple[int, int] | None = None) -> None:
        super().__init__()
        self.grid_size = grid_size

    def forward(self, tokens: Tensor, *_: Any, **__: Any) -> Tensor:
        """Tokens of any shape → the same tokens."""
        return tokens


class TokenSelection(nn.Module):
    """Keeps all prefix tokens and some patches; stands in for a layer that drops patches at random.

    Args:
        kept: (b, k) indices of patches.
        prefix: number of tokens before the patches.
    """

    def __init__(self, kept: Tensor, prefix: int) -> None:
        super().__init__()
        self._kept, self._prefix = kept, prefix

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens (b, prefix + P, width) → (b, prefix + k, width)."""
        return select_tokens(tokens, self._kept, self._prefix)


def select_tokens(tokens: Tensor, kept: Tensor, prefix: int) -> Tensor:
    """Tokens (b, prefix + P, width), indices of patches (b, k) → prefix and these patches, (b, prefix + k, width)."""
    first = torch.arange(prefix, device=kept.device).expand(len(kept), -1)  # (b, prefix)
    positions = torch.cat([first, prefix + kept], dim=1)  # (b, prefix + k)
    return tokens.gather(1, positions[:, :, None].expand(-1, -1, tokens.shape[2]))
