"""Weighted least squares on the full grid of image masks × text masks, without forming its design matrix.

The m·k game values ν = s·⟨e(x), e(y)⟩ + b factor over the two modalities, and so does the design: its columns are
products φᵢ(x)ψⱼ(y) of degree at most 2 in either modality. The regression on all of them is therefore two small ones,

    Θ = s·(G_v⁻¹S_v)(G_t⁻¹S_t)ᵀ + b·e₀e₀ᵀ

where v and t stand for image and text, G are the Gram matrices of the features, S the moments of the embeddings with
them, and e₀ selects the constant. Features are products of standardised players, which are orthonormal under the
distribution that masks are drawn from. Dropping the products of total degree above the order of the explanation is
therefore its projection, which is what a regression on the lower ones alone tends to with ever more masks; but that
one counts the dropped products as noise. This is the weighted least-squares fit of FIxLIP (arXiv 2508.05430) where all
masks are enumerated, and has about half its error where they are drawn. Where the pairs of patches are too many for a
Cholesky factor, `pair_regression.py` fits them by conjugate gradients.
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
        L: (F, F) Cholesky factor of the Gram matrix, G = LLᵀ; None where G is the identity.
        S: (F, d) moments of the embeddings.
    """

    basis: Basis
    L: Tensor | None
    S: Tensor

    @cached_property
    def effects(self) -> Tensor:
        """G⁻¹S (F, d): the regression of the embeddings on the features."""
        return self.solve(self.S)

    def solve(self, moments: Tensor) -> Tensor:
        """G⁻¹ times moments (F, k)."""
        return moments if self.L is None else torch.cholesky_solve(moments, self.L)


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
    moment = statistics.moment / statistics.weight  # (F, d)
    if statistics.gram is None:
        return NormalEquations(basis, None, moment)
    L = cholesky_factor(statistics.gram / statistics.weight)  # (F, F)
    if L is None:
        raise InputError(
            f"{statistics.count} {modality} masks at p={basis.p:g} do not determine the {basis.size} terms of "
            f"{basis.n} {modality} tokens; use more n_{modality}_masks or a larger budget, "
            "p nearer 0.5 or max_order=1."
        )
    return NormalEquations(basis, L, moment)


def regress(image: NormalEquations, text: NormalEquations, *, scale: float, bias: float) -> Tensor:
    """Θ (F_v, F_t): the regression of the similarity on all products of standardised features of both modalities."""
    # One solve for the few text functions is cheaper than one for each of the d dimensions of the embeddings.
    theta = image.solve(scale * image.S @ text.effects.T)  # (F_v, F_t)
    theta[0, 0] += bias
    return theta


def to_coefficients(theta: Tensor, image: Basis, text: Basis, order: int) -> Coefficients:
    """From Θ (F_v, F_t) on standardised features to coefficients on 0/1 monomials of total degree at most `order`."""
    total_degree = image.degrees[:, None] + text.degrees  # (F_v, F_t)
    kept = torch.where((total_degree > order).to(theta.device), 0.0, theta)  # (F_v, F_t)
    values = text.to_monomials(image.to_monomials(kept).T).T.cpu()  # (F_v, F_t) on 0/1 monomials
    n_v, n_t = image.n, text.n
    first = torch.cat([values[1 : 1 + n_v, 0], values[0, 1 : 1 + n_t]])  # (n,)
    second = symmetric_pairs(values[1 + n_v :, 0], values[1 : 1 + n_v, 1 : 1 + n_t], values[0, 1 + n_t :])  # (n, n)
    if order < 3:
        return Coefficients(float(values[0, 0]), first, second)
    third_image, third_text = values[1 + n_v :, 1 : 1 + n_t], values[1 : 1 + n_v, 1 + n_t :]
    return Coefficients(float(values[0, 0]), first, second, third_image, third_text)


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
