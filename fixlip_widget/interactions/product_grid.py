"""Weighted least squares on the whole grid of image masks × text masks, without ever forming it.

The m·k game values ν = s·⟨e(x), e(y)⟩ + b factor over the two modalities, and so does the design: its columns are
products φᵢ(x)ψⱼ(y) whose total degree is at most the order of the fit, 3 included, with at most degree 2 in either
modality. Orthonormalise φ and ψ in the order of their
degrees (Cholesky: G = LLᵀ); then the kept products are orthonormal on the grid, they span exactly what the kept
monomials span, and each coefficient is one inner product:

    C = s·(L_v⁻¹ S_v)(L_t⁻¹ S_t)ᵀ + b·e₀e₀ᵀ,   C[i, j] = 0 where degree i + degree j > order,   Θ = L_v⁻ᵀ C L_t⁻¹

This equals the dense regression of FIxLIP (arXiv 2508.05430) on the same masks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.statistics import Statistics, factor


@dataclass(frozen=True)
class Side:
    """One modality, to be orthonormalised: L (F, F) with G = LLᵀ, and S (F, d), both of weight one."""

    basis: Basis
    L: Tensor
    S: Tensor

    @cached_property
    def P(self) -> Tensor:
        """L⁻¹S (F, d)."""
        P: Tensor = torch.linalg.solve_triangular(self.L, self.S, upper=False)  # (F, d)
        return P


@dataclass(frozen=True)
class Triples:
    """What belongs to two players of one modality and one of the other; pairs a < b in basis order."""

    image: Tensor  # (image pairs, n_t): patch · patch · word
    text: Tensor  # (n_v, text pairs): patch · word · word


@dataclass(frozen=True)
class Coefficients:
    """ν(mask) ≈ baseline + Σ first[i] + Σ second[i, j] + Σ third, image players first; second (n, n) is symmetric.

    Where image pairs are under-sampled, `shrinkage` < 1 is the share of them that predicts best.
    """

    baseline: float
    first: Tensor
    second: Tensor
    third: Triples | None = None
    shrinkage: float = 1.0


def orthonormalise(statistics: Statistics, modality: str) -> Side:
    """One side of the fit; InputError, naming the `modality`, where its masks cannot tell its terms apart."""
    basis = statistics.basis
    gram, moment = statistics.gram / statistics.weight, statistics.moment / statistics.weight  # (F, F), (F, d)
    L = factor(gram)  # (F, F)
    if L is None:
        raise InputError(
            f"{statistics.count} {modality} masks at p={basis.p:g} do not tell the {basis.size} terms of "
            f"{basis.n} {modality} tokens apart; use more n_{modality}_masks or a larger budget, "
            "p nearer 0.5 or max_order=1."
        )
    return Side(basis, L, moment)


def project(image: Side, text: Side, *, scale: float, bias: float, order: int) -> Tensor:
    """C (F_v, F_t): the similarity's coefficients on orthonormal products of total degree at most `order`."""
    # Text functions are few: what they ask of the image is solved for, not all d numbers of each of its terms.
    C: Tensor = torch.linalg.solve_triangular(image.L, scale * image.S @ text.P.T, upper=False)  # (F_v, F_t)
    C[0, 0] += bias
    total = image.basis.degrees[:, None] + text.basis.degrees  # (F_v, F_t)
    C[total.to(C.device) > order] = 0.0
    return C


def to_players(C: Tensor, image: Side, text: Side, order: int) -> Coefficients:
    """From orthonormal products back to 0/1 monomials, and to values by player."""
    half = torch.linalg.solve_triangular(image.L.T, C, upper=True)  # (F_v, F_t)
    theta = torch.linalg.solve_triangular(text.L.T, half.T, upper=True).T  # (F_v, F_t)
    theta = text.basis.uncentre(image.basis.uncentre(theta).T).T.cpu()  # (F_v, F_t) on 0/1 monomials
    n_v, n_t = image.basis.n, text.basis.n
    first = torch.cat([theta[1 : 1 + n_v, 0], theta[0, 1 : 1 + n_t]])  # (n,)
    blocks = theta[1 + n_v :, 0], theta[1 : 1 + n_v, 1 : 1 + n_t], theta[0, 1 + n_t :]
    third = Triples(theta[1 + n_v :, 1 : 1 + n_t], theta[1 : 1 + n_v, 1 + n_t :]) if order > 2 else None
    return Coefficients(float(theta[0, 0]), first, pairs_by_player(*blocks), third)


def pairs_by_player(image_pairs: Tensor, cross: Tensor, text_pairs: Tensor) -> Tensor:
    """Image pairs (pairs,) or (0,), cross pairs (n_v, n_t), text pairs likewise → symmetric (n, n)."""
    n_v, n_t = cross.shape
    second = torch.zeros(n_v + n_t, n_v + n_t, dtype=cross.dtype)  # (n, n)
    second[:n_v, n_v:] = cross
    for start, n, values in ((0, n_v, image_pairs), (n_v, n_t, text_pairs)):
        if len(values):
            a, b = torch.triu_indices(n, n, offset=1)
            second[start + a, start + b] = values
    return second + second.T
