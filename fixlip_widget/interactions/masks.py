"""Sets of masks with weights: product-Bernoulli(p) masks of one modality or of both, and Shapley kernel masks.

A mask is a row of booleans, True = the player is kept. Independent draws have equal weights, so that the effective
p is the requested one. Enumerating the coalitions of few or of almost all players (shapiq's border trick) and drawing
the rest would change it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

MAX_ENUMERATED_PLAYERS = 12
"""Up to this many players all masks are enumerated where their number is affordable."""


@dataclass(frozen=True)
class MaskSet:
    """Masks with weights.

    Attributes:
        masks: (m, n) bool, True = kept.
        weights: (m,) float64, up to a common factor.
        exact: whether these are all masks, each with its exact weight.
        spare: (m, s) bool columns on which the game does not depend, of designed masks only.
    """

    masks: Tensor
    weights: Tensor
    exact: bool
    spare: Tensor | None = None

    def __len__(self) -> int:
        return len(self.masks)

    @property
    def n_players(self) -> int:
        """Players that each mask keeps or hides."""
        return self.masks.shape[1]


def all_masks(n: int, p: float) -> MaskSet:
    """Every mask of n players with weight p^kept · (1 − p)^hidden, in binary order.

    Example:
        >>> from fixlip_widget.interactions.masks import all_masks
        >>> all_masks(2, 0.25).masks.int().tolist()
        [[0, 0], [0, 1], [1, 0], [1, 1]]
        >>> all_masks(2, 0.25).weights.tolist()
        [0.5625, 0.1875, 0.1875, 0.0625]
    """
    codes = torch.arange(2**n)  # (2ⁿ,)
    masks = (codes[:, None] >> torch.arange(n - 1, -1, -1)) & 1 == 1  # (2ⁿ, n)
    kept = masks.sum(dim=1)  # (2ⁿ,)
    weights = p ** kept.double() * (1.0 - p) ** (n - kept).double()  # (2ⁿ,)
    return MaskSet(masks, weights, exact=True)


def bernoulli_masks(n: int, p: float, count: int, generator: torch.Generator) -> MaskSet:
    """`count` independent masks that keep each of n players with probability p, each of weight one."""
    masks = torch.rand(count, n, generator=generator) < p  # (count, n)
    return MaskSet(masks, torch.ones(count, dtype=torch.float64), exact=False)


def joint_bernoulli_masks(p: Tensor, count: int, generator: torch.Generator) -> MaskSet:
    """`count` independent masks that keep player i with probability p[i], or all masks where they are affordable.

    Args:
        p: (n,) probabilities between 0 and 1.
        count: number of masks; from 2ⁿ on, for up to 12 players, all masks are enumerated.
        generator: random generator of the draws.
    """
    n, p = len(p), p.double()
    if _is_affordable(n, 2**n, count):
        masks = all_masks(n, 0.5).masks  # (2ⁿ, n)
        return MaskSet(masks, torch.where(masks, p, 1.0 - p).prod(dim=1), exact=True)
    masks = torch.rand(count, n, dtype=torch.float64, generator=generator) < p  # (count, n)
    return MaskSet(masks, _equal_weights(count), exact=False)


def shapley_masks(n: int, count: int, generator: torch.Generator) -> MaskSet:
    """At most `count` coalitions of 1 … n − 1 players; row 2i + 1 is the complement of row 2i, with the same weight.

    Drawn coalitions have size k with probability ∝ 1/(k(n − k)) and uniform members, which is the Shapley kernel
    1/C(n − 2, k − 1) per coalition, so their weights are equal. Up to 12 players whose coalitions are no more than
    `count` get all coalitions, weighted by the kernel. The empty and the full coalition are left out: a Shapley
    regression meets their values exactly.
    """
    if _is_affordable(n, 2**n - 2, count):
        masks = _with_complements(all_masks(n, 0.5).masks[1 : 2 ** (n - 1)])  # (2ⁿ − 2, n)
        kernel = torch.tensor([0.0] + [1.0 / math.comb(n - 2, k - 1) for k in range(1, n)], dtype=torch.float64)  # (n,)
        weights = kernel[masks.sum(dim=1)]  # (2ⁿ − 2,)
        return MaskSet(masks, weights / weights.sum(), exact=True)
    sizes = torch.arange(1, n, dtype=torch.float64)  # (n − 1,)
    cumulative = (1.0 / (sizes * (n - sizes))).cumsum(dim=0)  # (n − 1,)
    # One row of uniform numbers for each mask, so that the sequence does not depend on the batch size.
    uniform = torch.rand(count // 2, 1 + n, dtype=torch.float64, generator=generator)  # (count // 2, 1 + n)
    drawn = 1 + torch.searchsorted(cumulative, uniform[:, :1] * cumulative[-1]).clamp(max=n - 2)  # (count // 2, 1)
    ranks = uniform[:, 1:].argsort(dim=1).argsort(dim=1)  # (count // 2, n)
    masks = _with_complements(ranks < drawn)  # (2 · (count // 2), n)
    return MaskSet(masks, _equal_weights(len(masks)), exact=False)


def concatenate(batches: Sequence[MaskSet]) -> MaskSet:
    """Batches of independent draws of one kind as a single set; an enumeration comes as one batch."""
    if len(batches) == 1:
        return batches[0]
    masks = torch.cat([batch.masks for batch in batches])  # (m, n)
    return MaskSet(masks, _equal_weights(len(masks)), exact=False)


def _is_affordable(n: int, n_masks: int, count: int) -> bool:
    return n <= MAX_ENUMERATED_PLAYERS and count >= n_masks


def _equal_weights(count: int) -> Tensor:
    return torch.full((count,), 1.0 / max(count, 1), dtype=torch.float64)  # (count,)


def _with_complements(masks: Tensor) -> Tensor:
    """Masks (m, n) → (2m, n), each followed by its complement."""
    return torch.stack([masks, ~masks], dim=1).flatten(0, 1)
