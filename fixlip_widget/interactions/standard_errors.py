"""Standard errors over the sampling of masks: sandwich estimates with leverage correction (HC2).

Consider one sampled modality ("own", masks i = 1 … m). The other modality's regression turns each row of the grid into
responses R[i, b], one for each of its features b, and the fit is one regression of each on all own features. Its
residual ρ[i, b] contributes the influence

    influence_i = uᵢ / √(1 − h(xᵢ)) · G⁻¹φ(xᵢ) ⊗ ρᵢ

to the coefficients of products of features, where h is the leverage. Mapping the products that the order of the fit
keeps to monomials turns it into Σ_d G_d(xᵢ) ⊗ T_d(ρᵢ): T_d maps the residuals of the features b whose degree leaves d,
and G_d the own features up to degree d. Variances are sums of squared influences over the masks of each modality.

A first-order value eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ) is the coefficient of its standardised feature divided by σ, and a
second-order value eᵢⱼ + Σₖ pₖ·eᵢⱼₖ that of the product of two, divided by both σ: their errors need no covariances,
only the influences on the standardised features.

MacKinnon and White (1985), "Some heteroskedasticity-consistent covariance matrix estimators".
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from fixlip_widget.interactions.product_grid import NormalEquations, symmetric_pairs

MAX_LEVERAGE = 1.0 - 1e-6
"""A mask that determines a coefficient alone has leverage 1, and a residual of zero whatever the noise."""

Influence: TypeAlias = tuple[Tensor, Tensor]
"""G (m, own features) and T (m, functions of the other modality); the influence of mask i is G[i] ⊗ T[i]."""


@dataclass(frozen=True)
class StandardErrors:
    """Standard errors of coefficients and of the values derived from them.

    Attributes:
        first: (n,) of the first-order coefficients.
        second: (n, n) of the pair coefficients.
        first_order: (n,) of the first-order values eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ).
        second_order: (n, n) of the second-order values eᵢⱼ + Σₖ pₖ·eᵢⱼₖ; None below order 3, where they are `second`.
        third_image: (image pairs, n_text), as in `Coefficients`; None below order 3.
        third_text: (n_image, text pairs), likewise.
    """

    first: Tensor
    second: Tensor
    first_order: Tensor
    second_order: Tensor | None = None
    third_image: Tensor | None = None
    third_text: Tensor | None = None


@dataclass(frozen=True)
class Influences:
    """The factors of the influences of m masks that do not depend on the other modality, in float32.

    Attributes:
        features: φ (m, F), standardised.
        embeddings: (m, dim).
        weights: u / √(1 − h), (m,).
        inverse: G⁻¹φ (m, F), influences on the coefficients of features.
        parts: what the features of degree 0, 1 … contribute to the influences on the constant and the n single
            players, on 0/1 monomials, (m, 1 + n) each.
        extrapolation: number of masks of the fit / m, as errors rest on the first masks only.
    """

    features: Tensor
    embeddings: Tensor
    weights: Tensor
    inverse: Tensor
    parts: list[Tensor]
    extrapolation: float

    @classmethod
    def of(cls, own: NormalEquations, masks: Tensor, embeddings: Tensor, u: Tensor, extrapolation: float) -> Influences:
        """From masks (m, n), their embeddings (m, dim) and their share u (m,) of the total weight of all masks."""
        basis = own.basis
        z = basis.features(masks).float()  # (m, F)
        inverse = z @ torch.cholesky_inverse(own.L).float()  # (m, F)
        leverage = u.float() * (z * inverse).sum(dim=1)  # (m,)
        weights = u.float() / (1.0 - leverage.clamp(max=MAX_LEVERAGE)).sqrt()  # (m,)
        parts = []
        for degree in range(basis.degree + 1):
            of_degree = torch.where((basis.degrees == degree).to(inverse.device), inverse, 0.0)  # (m, F)
            parts.append(basis.to_monomials(of_degree.T).T[:, : 1 + basis.n])
        return cls(z, embeddings.float(), weights, inverse, parts, extrapolation)


@dataclass(frozen=True)
class _Variances:
    """Variances by own degree and other degree: (1, 0) is `own`, (2, 1) is `own_pairs_other` and so on.

    Those that end in `_mean` are of first- and second-order values, the others of coefficients.
    """

    own: Tensor
    other: Tensor
    own_mean: Tensor
    other_mean: Tensor
    own_pairs: Tensor
    cross: Tensor
    other_pairs: Tensor
    own_pairs_other: Tensor
    own_other_pairs: Tensor
    own_pairs_mean: Tensor
    cross_mean: Tensor
    other_pairs_mean: Tensor


def standard_errors(
    theta: Tensor,
    image: NormalEquations,
    text: NormalEquations,
    influences: tuple[Influences | None, Influences | None],
    *,
    scale: float,
    bias: float,
    order: int,
) -> StandardErrors:
    """Standard errors of the fit Θ (F_v, F_t) due to the masks of image and text; None stands for an enumeration."""
    n_v, n_t = image.basis.n, text.basis.n
    P_v, P_t = image.basis.size - 1 - n_v, text.basis.size - 1 - n_t
    first, first_mean = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n,) each
    second, second_mean = (torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n, n) each
    third_image = torch.zeros(P_v, n_t, dtype=torch.float64)  # (image pairs, n_t)
    third_text = torch.zeros(n_v, P_t, dtype=torch.float64)  # (n_v, text pairs)
    if influences[0] is not None:
        v = _variances(influences[0], theta, image, text, scale, bias, order)
        first += torch.cat([v.own, v.other])
        first_mean += torch.cat([v.own_mean, v.other_mean])
        second += symmetric_pairs(v.own_pairs, v.cross, v.other_pairs)
        second_mean += symmetric_pairs(v.own_pairs_mean, v.cross_mean, v.other_pairs_mean)
        third_image += v.own_pairs_other
        third_text += v.own_other_pairs
    if influences[1] is not None:
        v = _variances(influences[1], theta.T, text, image, scale, bias, order)
        first += torch.cat([v.other, v.own])
        first_mean += torch.cat([v.other_mean, v.own_mean])
        second += symmetric_pairs(v.other_pairs, v.cross.T, v.own_pairs)
        second_mean += symmetric_pairs(v.other_pairs_mean, v.cross_mean.T, v.own_pairs_mean)
        third_image += v.own_other_pairs.T
        third_text += v.own_pairs_other.T
    if order < 3:
        return StandardErrors(first.sqrt(), second.sqrt(), first_mean.sqrt())
    variances = (first, second, first_mean, second_mean, third_image, third_text)
    return StandardErrors(*(variance.sqrt() for variance in variances))


def _variances(
    influences: Influences,
    theta: Tensor,
    own: NormalEquations,
    other: NormalEquations,
    scale: float,
    bias: float,
    order: int,
) -> _Variances:
    """Sums of squared influences over the masks of one modality; Θ is (own features, other features)."""
    n, n_other, highest = own.basis.n, other.basis.n, own.basis.degree
    residual = influences.embeddings @ (scale * other.effects.T).float() - influences.features @ theta.float()
    residual[:, 0] += bias  # (m, F_other)
    residual *= influences.weights[:, None]
    own_degree = (order - other.basis.degrees).clamp(max=highest).to(residual.device)  # (F_other,) that the order leaves
    monomials: list[Influence] = []
    for degree in range(int(own_degree.min()), highest + 1):
        T = other.basis.to_monomials(torch.where(own_degree == degree, residual, 0.0).T).T  # (m, F_other)
        monomials.append((sum(influences.parts[1 : degree + 1], influences.parts[0]), T))
    constant, single, pair = slice(0, 1), slice(1, 1 + n_other), slice(1 + n_other, None)
    own_single, own_pair = slice(1, 1 + n), slice(1 + n, None)
    own_sigma, other_sigma = own.basis.sigma, other.basis.sigma
    on_features = influences.inverse.square().T @ residual.square()  # (F_own, F_other)
    # Own pairs occur at the highest own degree only, where standardised and monomial ones differ by σ².
    on_pairs = influences.inverse[:, own_pair].square().T @ monomials[-1][1].square() / own_sigma**4  # (pairs, F_other)
    sums = _Variances(
        own=_sum_of_squares(monomials, own_single, constant)[:, 0],
        other=_sum_of_squares(monomials, constant, single)[0],
        own_mean=on_features[own_single, 0] / own_sigma**2,
        other_mean=on_features[0, single] / other_sigma**2,
        own_pairs=on_pairs[:, 0],
        cross=_sum_of_squares(monomials, own_single, single),
        other_pairs=_sum_of_squares(monomials, constant, pair)[0],
        own_pairs_other=on_pairs[:, single],
        own_other_pairs=_sum_of_squares(monomials, own_single, pair),
        own_pairs_mean=on_features[own_pair, 0] / own_sigma**4,
        cross_mean=on_features[own_single, single] / (own_sigma * other_sigma) ** 2,
        other_pairs_mean=on_features[0, pair] / other_sigma**4,
    )
    return _Variances(*(influences.extrapolation * value.double().cpu() for value in vars(sums).values()))


def _sum_of_squares(influences: list[Influence], own: slice, other: slice) -> Tensor:
    """Σ over masks of (Σ over degrees of G[:, own] ⊗ T[:, other])², (own, other)."""
    parts = [(G[:, own], T[:, other]) for G, T in influences]
    total = parts[0][0].new_zeros(parts[0][0].shape[1], parts[0][1].shape[1])  # (own, other)
    for (G, T), (G_, T_) in itertools.product(parts, parts):
        total += (G * G_).T @ (T * T_)
    return total.clamp(min=0.0)
