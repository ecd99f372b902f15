"""Polynomial features of masks, graded by degree.

Coefficients are reported on 0/1 monomials, in the order 1, x₀ … xₙ₋₁, x₀x₁, x₀x₂ … xₙ₋₂xₙ₋₁. Regressions are solved on
the same products of standardised players z = (x − p) / √(p(1 − p)): they span the same functions degree by degree, and
are nearly orthonormal under Bernoulli(p) masks, so the normal equations are well conditioned at any p.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class Basis:
    """Products of players up to a degree.

    Attributes:
        n: number of players.
        degree: 0, 1 or 2.
        p: probability of keeping a player.

    Example:
        >>> import torch
        >>> from fixlip_widget.interactions.basis import Basis
        >>> Basis(n=3, degree=2, p=0.5).features(torch.tensor([[True, False, True]])).tolist()
        [[1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0]]
    """

    n: int
    degree: int
    p: float

    def __post_init__(self) -> None:
        if self.degree not in (0, 1, 2):
            raise ValueError(f"A basis has degree 0, 1 or 2, not {self.degree}.")

    @cached_property
    def pairs(self) -> tuple[Tensor, Tensor]:
        """Players a < b of each pair, in basis order, (n(n − 1)/2,) each."""
        a, b = torch.triu_indices(self.n, self.n, offset=1)
        return a, b

    @property
    def size(self) -> int:
        """Number of products, the constant included."""
        return basis_size(self.n, self.degree)

    def up_to(self, degree: int) -> Basis:
        """The first products of this basis, up to a lower degree."""
        return replace(self, degree=degree)

    @property
    def sigma(self) -> float:
        """Standard deviation of one player."""
        return math.sqrt(self.p * (1.0 - self.p))

    @cached_property
    def degrees(self) -> Tensor:
        """(size,) the degree of each product."""
        counts = torch.tensor([1, self.n, self.n * (self.n - 1) // 2])
        return torch.repeat_interleave(torch.arange(3), counts)[: self.size]

    def features(self, masks: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
        """Masks (m, n) bool → standardised features (m, size), each feature contiguous in memory."""
        z = (masks.T.contiguous().to(dtype) - self.p) / self.sigma  # (n, m)
        blocks = [torch.ones_like(z[:1]), z]
        if self.degree == 2:
            a, b = self.pairs
            blocks.append(z[a] * z[b])  # (n(n − 1)/2, m)
        return torch.cat(blocks[: self.degree + 1]).T

    def to_monomials(self, coefficients: Tensor) -> Tensor:
        """Coefficients (size, …) on standardised features → on 0/1 monomials (size, …)."""
        if self.degree == 0:
            return coefficients
        constant, single = coefficients[:1], coefficients[1 : 1 + self.n] / self.sigma
        blocks = [constant - self.p * single.sum(dim=0, keepdim=True), single]
        if self.degree == 2:
            a, b = (index.to(coefficients.device) for index in self.pairs)
            pair = coefficients[1 + self.n :] / self.sigma**2
            blocks[0] = blocks[0] + self.p**2 * pair.sum(dim=0, keepdim=True)
            blocks[1] = single.index_add(0, a, pair, alpha=-self.p).index_add(0, b, pair, alpha=-self.p)
            blocks.append(pair)
        return torch.cat(blocks)


def basis_size(n: int, degree: int) -> int:
    """Number of products of n players up to a degree of 0, 1 or 2, the constant included."""
    return sum((1, n, n * (n - 1) // 2)[: degree + 1])
