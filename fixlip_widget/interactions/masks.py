"""Which tokens to keep: sets of masks with weights that sum to one under product-Bernoulli(p)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

MAX_ENUMERATED_PLAYERS = 12


@dataclass(frozen=True)
class MaskSet:
    """Masks (m, n) bool, True = kept with probability p, weights (m,) float64, and whether these are all masks."""

    masks: Tensor
    weights: Tensor
    p: float
    exact: bool

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def n_players(self) -> int:
        """Tokens that each mask keeps or hides."""
        return self.masks.shape[1]


@dataclass(frozen=True)
class Sample:
    """Masks of one modality and what the encoder made of them: unit embeddings (m, d)."""

    masks: MaskSet
    embeddings: Tensor


def all_masks(n: int, p: float) -> MaskSet:
    """Every mask of n players, weighted by p^kept · (1 − p)^hidden; those that begin alike are neighbours."""
    codes = torch.arange(2**n)  # (2ⁿ,)
    masks = (codes[:, None] >> torch.arange(n - 1, -1, -1)) & 1 == 1  # (2ⁿ, n)
    kept = masks.sum(dim=1)  # (2ⁿ,)
    weights = torch.full((2**n,), 1.0, dtype=torch.float64)  # (2ⁿ,)
    weights *= p ** kept.double() * (1.0 - p) ** (n - kept).double()
    return MaskSet(masks, weights, p, exact=True)


def bernoulli_masks(n: int, p: float, count: int, generator: torch.Generator) -> MaskSet:
    """`count` independent masks that keep each player with probability p, each of weight one.

    Independent draws with equal weights leave the effective p where it was asked to be; mixing enumerated border
    masks with their true mass into sampled ones does not.
    """
    masks = torch.rand(count, n, generator=generator) < p  # (count, n)
    return MaskSet(masks, torch.ones(count, dtype=torch.float64), p, exact=False)
