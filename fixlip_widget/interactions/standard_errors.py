"""Standard errors over the sampling of masks: sandwich estimates with leverage correction (HC3).

Consider one sampled modality ("own", masks i = 1 … m). Projecting each row of the grid on the orthonormal functions of
the other modality gives responses Y[i, b], and the fit is one regression of each on the own functions up to the degree
d that the order of the fit leaves beside the degree of b. Its residual ρ[i, b] contributes the influence

    influence_i = uᵢ Σ_d G_d(xᵢ) ⊗ T_d(ρᵢ) / (1 − h_d(xᵢ)),

to the coefficients, where G_d(x) is the inverse own Gram matrix of degree d times the features of mask x, T_d maps
the residuals whose degree leaves d back to the monomials of the other modality, and h_d is the leverage at degree d.
Variances are sums of squared influences over the masks of each sampled modality.

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

    Lists are indexed by the own degree d, from 0 to that of the basis; G_d holds the constant and, for d > 0, the n
    single players.

    Attributes:
        features: (m, F) standardised.
        embeddings: (m, dim).
        weights: u / (1 − h_d), (m,) each.
        standardised: G_d on standardised features, (m, 1 or 1 + n) each.
        monomials: G_d on 0/1 monomials, likewise.
        pairs: (m, pairs) G of the highest degree on the own pairs, squared.
        extrapolation: number of masks of the fit / m, as errors rest on the first masks only.
    """

    features: Tensor
    embeddings: Tensor
    weights: list[Tensor]
    standardised: list[Tensor]
    monomials: list[Tensor]
    pairs: Tensor
    extrapolation: float

    @classmethod
    def of(cls, own: NormalEquations, masks: Tensor, embeddings: Tensor, u: Tensor, extrapolation: float) -> Influences:
        """From masks (m, n), their embeddings (m, dim) and their share u (m,) of the total weight of all masks."""
        basis, order = own.basis, own.basis.degree
        z = basis.features(masks).float()  # (m, F)
        u = u.float()
        weights, standardised, monomials = [], [], []
        pairs = z[:, :0]
        for degree in range(order + 1):
            lower = basis.up_to(degree)
            inverse = torch.cholesky_inverse(own.L[: lower.size, : lower.size]).float()  # (F_d, F_d)
            G = z[:, : lower.size] @ inverse  # (m, F_d)
            leverage = u * (z[:, : lower.size] * G).sum(dim=1)  # (m,)
            weights.append(u / (1.0 - leverage.clamp(max=MAX_LEVERAGE)))
            on_monomials = lower.to_monomials(G.T).T  # (m, F_d)
            standardised.append(G[:, : 1 + basis.n])
            monomials.append(on_monomials[:, : 1 + basis.n])
            if degree == 2:
                pairs = on_monomials[:, 1 + basis.n :].square()  # (m, pairs)
        return cls(z, embeddings.float(), weights, standardised, monomials, pairs, extrapolation)


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
    C: Tensor,
    image: NormalEquations,
    text: NormalEquations,
    influences: tuple[Influences | None, Influences | None],
    *,
    scale: float,
    bias: float,
    order: int,
) -> StandardErrors:
    """Standard errors of the fit C (F_v, F_t) due to the masks of image and text; None stands for an enumeration."""
    n_v, n_t = image.basis.n, text.basis.n
    P_v, P_t = image.basis.size - 1 - n_v, text.basis.size - 1 - n_t
    first, first_mean = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n,) each
    second, second_mean = (torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n, n) each
    third_image = torch.zeros(P_v, n_t, dtype=torch.float64)  # (image pairs, n_t)
    third_text = torch.zeros(n_v, P_t, dtype=torch.float64)  # (n_v, text pairs)
    if influences[0] is not None:
        v = _variances(influences[0], C, image, text, scale, bias, order)
        first += torch.cat([v.own, v.other])
        first_mean += torch.cat([v.own_mean, v.other_mean])
        second += symmetric_pairs(v.own_pairs, v.cross, v.other_pairs)
        second_mean += symmetric_pairs(v.own_pairs_mean, v.cross_mean, v.other_pairs_mean)
        third_image += v.own_pairs_other
        third_text += v.own_other_pairs
    if influences[1] is not None:
        v = _variances(influences[1], C.T, text, image, scale, bias, order)
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
    C: Tensor,
    own: NormalEquations,
    other: NormalEquations,
    scale: float,
    bias: float,
    order: int,
) -> _Variances:
    """Sums of squared influences over the masks of one modality; C is (own functions, other functions)."""
    n, n_other, highest = own.basis.n, other.basis.n, own.basis.degree
    fitted = torch.linalg.solve_triangular(own.L.T, C, upper=True).float()  # (F_own, F_other) on standardised features
    residual = influences.embeddings @ (scale * other.P.T).float() - influences.features @ fitted  # (m, F_other)
    residual[:, 0] += bias
    own_degree = (order - other.basis.degrees).clamp(max=highest).to(C.device)  # (F_other,) that the order leaves
    upper = other.L.T.float()  # (F_other, F_other)
    standardised: list[Influence] = []
    monomials: list[Influence] = []
    for degree in range(int(own_degree.min()), highest + 1):
        weighted = (
            torch.where(own_degree == degree, residual, 0.0) * influences.weights[degree][:, None]
        )  # (m, F_other)
        T = torch.linalg.solve_triangular(upper, weighted.T, upper=True).T  # (m, F_other)
        standardised.append((influences.standardised[degree], T))
        monomials.append((influences.monomials[degree], other.basis.to_monomials(T.T).T))
    constant, single, pair = slice(0, 1), slice(1, 1 + n_other), slice(1 + n_other, None)
    on_pairs = monomials[-1][1].square()  # (m, F_other): own pairs occur at the highest own degree only
    sums = _Variances(
        own=_sum_of_squares(monomials, slice(1, 1 + n), constant)[:, 0],
        other=_sum_of_squares(monomials, constant, single)[0],
        own_mean=_sum_of_squares(standardised, slice(1, 1 + n), constant)[:, 0] / own.basis.sigma**2,
        other_mean=_sum_of_squares(standardised, constant, single)[0] / other.basis.sigma**2,
        own_pairs=influences.pairs.T @ on_pairs[:, 0],
        cross=_sum_of_squares(monomials, slice(1, 1 + n), single),
        other_pairs=_sum_of_squares(monomials, constant, pair)[0],
        own_pairs_other=influences.pairs.T @ on_pairs[:, single],
        own_other_pairs=_sum_of_squares(monomials, slice(1, 1 + n), pair),
        # Standardised and monomial pairs of the highest degree differ by σ² only.
        own_pairs_mean=influences.pairs.T @ standardised[-1][1][:, 0].square(),
        cross_mean=_sum_of_squares(standardised, slice(1, 1 + n), single) / (own.basis.sigma * other.basis.sigma) ** 2,
        other_pairs_mean=_sum_of_squares(standardised, constant, pair)[0] / other.basis.sigma**4,
    )
    return _Variances(*(influences.extrapolation * value.double().cpu() for value in vars(sums).values()))


def _sum_of_squares(influences: list[Influence], own: slice, other: slice) -> Tensor:
    """Σ over masks of (Σ over degrees of G[:, own] ⊗ T[:, other])², (own, other)."""
    parts = [(G[:, own], T[:, other]) for G, T in influences if G.shape[1] > own.start]
    total = parts[0][0].new_zeros(parts[0][0].shape[1], parts[0][1].shape[1])  # (own, other)
    for (G, T), (G_, T_) in itertools.product(parts, parts):
        total += (G * G_).T @ (T * T_)
    return total.clamp(min=0.0)
