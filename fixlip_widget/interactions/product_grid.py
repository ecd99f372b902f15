"""Weighted least squares on the full grid of image masks × text masks, without forming its design matrix.

The m·k game values ν = s·⟨e(x), e(y)⟩ + b factor over the two modalities, and so does the design: its columns are
products φᵢ(x)ψⱼ(y) of total degree at most the order of the fit, and of degree at most 2 in either modality.
Orthonormalise φ and ψ in the order of their degrees by Cholesky factors, G = LLᵀ. The remaining products are then
orthonormal on the grid and span exactly what the monomials of the joint model span, so each coefficient is one inner
product:

    C = s·(L_v⁻¹ S_v)(L_t⁻¹ S_t)ᵀ + b·e₀e₀ᵀ,   C[i, j] = 0 where degree i + degree j > order,   Θ = L_v⁻ᵀ C L_t⁻¹

Here v and t stand for image and text: S are the moments of the embeddings with the features φ or ψ, e₀ selects the
constant, C holds the coefficients of the orthonormal products and Θ those of the monomials. This equals the dense
regression of FIxLIP (arXiv 2508.05430) on the same masks. Where the pairs of patches are too many for a Cholesky
factor, `pair_regression.py` fits them by conjugate gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.statistics import Statistics, cholesky_factor


@dataclass(frozen=True)
class NormalEquations:
    """The factorised normal equations of one modality, normalised to a total weight of one.

    Attributes:
        basis: basis of the features.
        L: (F, F) Cholesky factor of the Gram matrix, G = LLᵀ.
        S: (F, d) moments of the embeddings.
    """

    basis: Basis
    L: Tensor
    S: Tensor

    @cached_property
    def P(self) -> Tensor:
        """L⁻¹S (F, d): the embeddings projected on the orthonormalised features."""
        P: Tensor = torch.linalg.solve_triangular(self.L, self.S, upper=False)  # (F, d)
        return P


@dataclass(frozen=True)
class Coefficients:
    """Coefficients on 0/1 monomials, image players first.

    Attributes:
        baseline: the intercept.
        first: (n,).
        second: (n, n), symmetric with a zero diagonal.
        third_image: (image pairs, n_text) for pairs of patches with a token, pairs in basis order; None below order 3.
        third_text: (n_image, text pairs) for a patch with pairs of tokens; None below order 3.
        shrinkage: where image pairs are under-sampled, the factor < 1 on them that predicts best.
    """

    baseline: float
    first: Tensor
    second: Tensor
    third_image: Tensor | None = None
    third_text: Tensor | None = None
    shrinkage: float = 1.0


def normal_equations(statistics: Statistics, modality: str) -> NormalEquations:
    """Factorise the normal equations; InputError, naming the `modality`, where its masks do not determine its terms."""
    basis = statistics.basis
    gram, moment = statistics.gram / statistics.weight, statistics.moment / statistics.weight  # (F, F), (F, d)
    L = cholesky_factor(gram)  # (F, F)
    if L is None:
        raise InputError(
            f"{statistics.count} {modality} masks at p={basis.p:g} do not determine the {basis.size} terms of "
            f"{basis.n} {modality} tokens; use more n_{modality}_masks or a larger budget, "
            "p nearer 0.5 or max_order=1."
        )
    return NormalEquations(basis, L, moment)


def project(image: NormalEquations, text: NormalEquations, *, scale: float, bias: float, order: int) -> Tensor:
    """C (F_v, F_t): coefficients of the similarity on orthonormal products of total degree at most `order`."""
    # One solve for the few text functions is cheaper than one for each of the d dimensions of the embeddings.
    C: Tensor = torch.linalg.solve_triangular(image.L, scale * image.S @ text.P.T, upper=False)  # (F_v, F_t)
    C[0, 0] += bias
    total_degree = image.basis.degrees[:, None] + text.basis.degrees  # (F_v, F_t)
    C[total_degree.to(C.device) > order] = 0.0
    return C


def to_coefficients(C: Tensor, image: NormalEquations, text: NormalEquations, order: int) -> Coefficients:
    """From coefficients C (F_v, F_t) on orthonormal products to those on 0/1 monomials."""
    half = torch.linalg.solve_triangular(image.L.T, C, upper=True)  # (F_v, F_t)
    theta = torch.linalg.solve_triangular(text.L.T, half.T, upper=True).T  # (F_v, F_t)
    theta = text.basis.to_monomials(image.basis.to_monomials(theta).T).T.cpu()  # (F_v, F_t) on 0/1 monomials
    n_v, n_t = image.basis.n, text.basis.n
    first = torch.cat([theta[1 : 1 + n_v, 0], theta[0, 1 : 1 + n_t]])  # (n,)
    second = symmetric_pairs(theta[1 + n_v :, 0], theta[1 : 1 + n_v, 1 : 1 + n_t], theta[0, 1 + n_t :])  # (n, n)
    if order < 3:
        return Coefficients(float(theta[0, 0]), first, second)
    third_image, third_text = theta[1 + n_v :, 1 : 1 + n_t], theta[1 : 1 + n_v, 1 + n_t :]
    return Coefficients(float(theta[0, 0]), first, second, third_image, third_text)


def symmetric_pairs(image_pairs: Tensor, cross: Tensor, text_pairs: Tensor) -> Tensor:
    """Image pairs (pairs,) or (0,), cross-modal pairs (n_v, n_t) and text pairs likewise → symmetric (n, n)."""
    n_v, n_t = cross.shape
    second = torch.zeros(n_v + n_t, n_v + n_t, dtype=cross.dtype)  # (n, n)
    second[:n_v, n_v:] = cross
    for start, n, values in ((0, n_v, image_pairs), (n_v, n_t, text_pairs)):
        if len(values):
            a, b = torch.triu_indices(n, n, offset=1)
            second[start + a, start + b] = values
    return second + second.T
