"""Sums over the masks of one modality: all that the fit needs to know of its encoder forwards.

They stream and they add: they do not grow with the number of masks, two halves of a run sum to the whole, and a
caption can be changed without touching the image's sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis

# Rows of the Gram matrix summed at once.
PANEL = 256
# At p = 0.5 features are ±1: float32 sums up to so many exactly, at half the work of float64.
MOST_SIGNS = 2**24


@dataclass
class Statistics:
    """With φ the centred features of a mask, e(x) its embedding (d,) and u its weight:

    gram (size, size) = Σ u φφᵀ,  moment (size, d) = Σ u φ e(x)ᵀ,  weight = Σ u,  count = the number of masks.

    Of the symmetric gram only the lower triangle is summed.
    """

    basis: Basis
    gram: Tensor
    moment: Tensor
    weight: float = 0.0
    count: int = 0

    @classmethod
    def empty(cls, basis: Basis, d: int, device: torch.device | str = "cpu") -> Statistics:
        """Sums over no mask yet, for embeddings of d numbers."""
        gram = torch.zeros(basis.size, basis.size, dtype=torch.float64, device=device)  # (size, size)
        moment = torch.zeros(basis.size, d, dtype=torch.float64, device=device)  # (size, d)
        return cls(basis, gram, moment)

    def update(self, masks: Tensor, embeddings: Tensor, weights: Tensor) -> None:
        """Add a batch: masks (b, n) bool, embeddings (b, d), weights (b,)."""
        equal = bool((weights == weights[0]).all())
        narrow = equal and self.basis.p == 0.5 and len(masks) <= MOST_SIGNS
        features = self.basis.features(masks, torch.float32 if narrow else torch.float64)  # (b, size)
        each = float(weights[0]) if equal else 1.0
        weighted = features if equal else features * weights[:, None]  # (b, size)
        for start in range(0, self.basis.size, PANEL):
            rows, columns = slice(start, start + PANEL), slice(start + PANEL)
            self.gram[rows, columns] += each * (weighted[:, rows].T @ features[:, columns]).double()
        self.moment.addmm_(weighted.T.double(), embeddings.double(), alpha=each)
        self.weight += float(weights.sum())
        self.count += len(masks)

    def __add__(self, other: Statistics) -> Statistics:
        """The sums over both sets of masks."""
        if self.basis != other.basis:
            raise ValueError(f"Statistics of different games do not add: {self.basis} and {other.basis}.")
        return Statistics(
            self.basis,
            self.gram + other.gram,
            self.moment + other.moment,
            self.weight + other.weight,
            self.count + other.count,
        )


SMALLEST_PIVOT = 1e-5


def factor(gram: Tensor) -> Tensor | None:
    """L (F, F) with LLᵀ = gram (F, F), or None where a feature is as good as a sum of others.

    It is where a pivot falls below SMALLEST_PIVOT of its feature's norm.
    """
    L, failed = torch.linalg.cholesky_ex(gram)
    pivots = L.diagonal() / gram.diagonal().sqrt()  # (F,)
    return None if int(failed) or not bool((pivots > SMALLEST_PIVOT).all()) else L
