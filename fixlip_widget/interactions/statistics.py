"""Moments over the masks of one modality: the sufficient statistics of the regression.

Their size does not depend on the number of masks, so they are accumulated batch by batch; those of the image stay valid
when the caption changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis

PANEL_ROWS = 256
"""Rows of the Gram matrix that are updated at once."""
MAX_EXACT_FLOAT32 = 2**24
"""At p = 0.5 features are ±1, so that float32 sums up to this many masks are exact, at half the cost of float64."""
MIN_PIVOT = 1e-5
"""A smaller pivot, relative to the norm of its feature, marks a feature as linearly dependent."""


@dataclass
class Statistics:
    """Weighted sums over masks, with φ the features of a mask, e its embedding (d,) and u its weight.

    Attributes:
        basis: basis of the features.
        gram: Σ u φφᵀ (size, size) float64; only the lower triangle is summed. None where features are orthonormal, so
            that it is Σ u times the identity.
        moment: Σ u φ eᵀ (size, d) float64.
        weight: Σ u.
        count: number of masks.
    """

    basis: Basis
    gram: Tensor | None
    moment: Tensor
    weight: float = 0.0
    count: int = 0

    @classmethod
    def empty(
        cls, basis: Basis, d: int, device: torch.device | str = "cpu", *, orthonormal: bool = False
    ) -> Statistics:
        """Sums over no masks, for embeddings of width d; without the Gram matrix of `orthonormal` features."""
        shape = basis.size, basis.size
        gram = None if orthonormal else torch.zeros(shape, dtype=torch.float64, device=device)  # (size, size)
        moment = torch.zeros(basis.size, d, dtype=torch.float64, device=device)  # (size, d)
        return cls(basis, gram, moment)

    def copy(self) -> Statistics:
        """The same sums in memory of their own."""
        gram = None if self.gram is None else self.gram.clone()
        return replace(self, gram=gram, moment=self.moment.clone())

    def update(self, masks: Tensor, embeddings: Tensor, weights: Tensor) -> None:
        """Add a batch: masks (b, n) bool, embeddings (b, d), weights (b,); an interrupt leaves some of the sums."""
        equal = bool((weights == weights[0]).all())
        float32_is_exact = equal and self.basis.p == 0.5 and len(masks) <= MAX_EXACT_FLOAT32
        features = self.basis.features(masks, torch.float32 if float32_is_exact else torch.float64)  # (b, size)
        factor = float(weights[0]) if equal else 1.0
        weighted = features if equal else features * weights[:, None]  # (b, size)
        if self.gram is not None:
            for start in range(0, self.basis.size, PANEL_ROWS):
                rows, columns = slice(start, start + PANEL_ROWS), slice(start + PANEL_ROWS)
                self.gram[rows, columns] += factor * (weighted[:, rows].T @ features[:, columns]).double()
        self.moment.addmm_(weighted.T.double(), embeddings.double(), alpha=factor)
        self.weight += float(weights.sum())
        self.count += len(masks)


def cholesky_factor(gram: Tensor) -> Tensor | None:
    """L (F, F) with LLᵀ = gram (F, F), or None where a feature is numerically a combination of the ones before it."""
    L, failed = torch.linalg.cholesky_ex(gram)
    pivots = L.diagonal() / gram.diagonal().sqrt()  # (F,)
    return None if int(failed) or not bool((pivots > MIN_PIVOT).all()) else L
