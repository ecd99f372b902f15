"""Which tokens to keep: sets of masks with weights that sum to one under product-Bernoulli(p)."""

from __future__ import annotations

import math
from collections.abc import Sequence
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


@dataclass(frozen=True)
class JointMasks:
    """Masks (m, n) bool, True = kept, weights (m,) float64 that sum to one, and whether these are all masks.

    p (n,) float64 is how likely each player is kept: one half under the Shapley kernel, which treats a coalition
    and its complement alike.
    """

    masks: Tensor
    weights: Tensor
    p: Tensor
    exact: bool

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def n_players(self) -> int:
        """Players that each mask keeps or hides."""
        return self.masks.shape[1]


def joint_bernoulli_masks(p: Tensor, count: int, generator: torch.Generator) -> JointMasks:
    """`count` independent masks of equal weight that keep player i with probability p[i], p (n,) between 0 and 1.

    Up to 12 players whose masks are no more than `count` get every mask, weighted by its probability.
    """
    n, p = len(p), p.double()
    if _affordable(n, 2**n, count):
        masks = all_masks(n, 0.5).masks  # (2ⁿ, n)
        return JointMasks(masks, torch.where(masks, p, 1.0 - p).prod(dim=1), p, exact=True)
    masks = torch.rand(count, n, dtype=torch.float64, generator=generator) < p  # (count, n)
    return JointMasks(masks, _equal(count), p, exact=False)


def shapley_masks(n: int, count: int, generator: torch.Generator) -> JointMasks:
    """At most `count` coalitions of 1 … n − 1 players; row 2i + 1 is the complement of row 2i, of the same weight.

    Drawn coalitions have size k with probability ∝ 1/(k(n − k)) and uniform members, which is the Shapley kernel
    1/C(n − 2, k − 1) per coalition: their weights are equal. Up to 12 players whose coalitions are no more than
    `count` get every coalition, weighted by the kernel. Nobody and everybody are never drawn: a Shapley fit meets
    their values exactly.
    """
    half = torch.full((n,), 0.5, dtype=torch.float64)  # (n,)
    if _affordable(n, 2**n - 2, count):
        masks = _with_complements(all_masks(n, 0.5).masks[1 : 2 ** (n - 1)])  # (2ⁿ − 2, n)
        kernel = torch.tensor([0.0] + [1.0 / math.comb(n - 2, k - 1) for k in range(1, n)], dtype=torch.float64)  # (n,)
        weights = kernel[masks.sum(dim=1)]  # (2ⁿ − 2,)
        return JointMasks(masks, weights / weights.sum(), half, exact=True)
    sizes = torch.arange(1, n, dtype=torch.float64)  # (n − 1,)
    upto = (1.0 / (sizes * (n - sizes))).cumsum(dim=0)  # (n − 1,)
    # One row of uniform numbers for each mask, so that it is the same in whatever batches masks are drawn.
    uniform = torch.rand(count // 2, 1 + n, dtype=torch.float64, generator=generator)  # (count // 2, 1 + n)
    drawn = 1 + torch.searchsorted(upto, uniform[:, :1] * upto[-1]).clamp(max=n - 2)  # (count // 2, 1)
    ranks = uniform[:, 1:].argsort(dim=1).argsort(dim=1)  # (count // 2, n)
    masks = _with_complements(ranks < drawn)  # (2 · (count // 2), n)
    return JointMasks(masks, _equal(len(masks)), half, exact=False)


def join(parts: Sequence[JointMasks]) -> JointMasks:
    """Draws of one kind as a single one."""
    if len(parts) == 1:
        return parts[0]
    masks = torch.cat([part.masks for part in parts])  # (m, n)
    return JointMasks(masks, _equal(len(masks)), parts[0].p, exact=False)


def _affordable(n: int, everything: int, count: int) -> bool:
    return n <= MAX_ENUMERATED_PLAYERS and count >= everything


def _equal(count: int) -> Tensor:
    return torch.full((count,), 1.0 / max(count, 1), dtype=torch.float64)  # (count,)


def _with_complements(masks: Tensor) -> Tensor:
    """Masks (m, n) → (2m, n), each followed by its complement."""
    return torch.stack([masks, ~masks], dim=1).flatten(0, 1)
