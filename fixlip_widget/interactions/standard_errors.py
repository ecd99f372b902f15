"""Standard errors over the sampling of masks: sandwich estimates with leverage correction.

Consider one sampled modality ("own", masks i = 1 … m). The other modality's regression turns each row of the grid into
responses R[i, b], one for each of its features b, and the fit is one regression of each on all own features. Its
residual ρ[i, b] contributes the influence

    influence_i = uᵢ / (1 − hᵢ)^(δᵢ/2) · G⁻¹φ(xᵢ) ⊗ ρᵢ,      δᵢ = min(2, hᵢ / h̄),

to the coefficients of products of features, where h is the leverage and h̄ its mean. Mapping the products that the order
of the fit keeps to monomials turns it into Σ_d G_d(xᵢ) ⊗ T_d(ρᵢ): T_d maps the residuals of the features b whose degree
leaves d, and G_d the own features up to degree d. Variances are sums of squared influences over the masks of each
modality.

Designed masks are chosen to cancel, so their errors are smaller than the spread of the influences says. By how much is
measured on functions of the masks on which the game does not depend (`mask_sources.error_features`): the ratio of what
was fitted to them, which is error, to what the influences say. Influences of degree d are scaled by its root.

A first-order value eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ) is the coefficient of its standardised feature divided by σ, and a
second-order value eᵢⱼ + Σₖ pₖ·eᵢⱼₖ that of the product of two, divided by both σ: their errors need no covariances,
only the influences on the standardised features.

MacKinnon and White (1985), "Some heteroskedasticity-consistent covariance matrix estimators"; Cribari-Neto (2004),
"Asymptotic inference under heteroskedasticity of unknown form". This is HC2 where leverages are alike, and HC3 at most.
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

MAX_EXPONENT = 2.0
"""Of the correction for leverage."""

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
        total: of the sum of the first-order values; None where it is not known.
        covariance: (n,) of the first-order coefficients with the first-order values; None where it is not known.
    """

    first: Tensor
    second: Tensor
    first_order: Tensor
    second_order: Tensor | None = None
    third_image: Tensor | None = None
    third_text: Tensor | None = None
    total: float | None = None
    covariance: Tensor | None = None


@dataclass(frozen=True)
class Influences:
    """The factors of the influences of m masks that do not depend on the other modality, in float32.

    Attributes:
        features: φ (m, F), standardised.
        embeddings: (m, dim).
        weights: u / (1 − h)^(δ/2), (m,).
        inverse: G⁻¹φ (m, F), influences on the coefficients of features.
        parts: what the features of degree 0, 1 … contribute to the influences on the constant and the n single
            players, on 0/1 monomials, (m, 1 + n) each.
        errors: for designed masks, inner products of the embeddings with functions of degree 1, 2 … on which the game
            does not depend, (functions, dim) each.
        extrapolation: number of masks of the fit / m, as errors rest on the first masks only.
    """

    features: Tensor
    embeddings: Tensor
    weights: Tensor
    inverse: Tensor
    parts: list[Tensor]
    extrapolation: float
    errors: list[Tensor] | None = None

    @classmethod
    def of(
        cls,
        own: NormalEquations,
        masks: Tensor,
        embeddings: Tensor,
        u: Tensor,
        extrapolation: float,
        factors: Tensor | None = None,
        errors: list[Tensor] | None = None,
    ) -> Influences:
        """From masks (m, n), their embeddings (m, dim) and their share u (m,) of the total weight of all masks.

        `factors` (m,) are variances of how often each mask is drawn, relative to independent draws.
        """
        basis = own.basis
        z = basis.features(masks).float()  # (m, F)
        inverse = z if own.L is None else z @ torch.cholesky_inverse(own.L).float()  # (m, F)
        leverage = u.float() * (z * inverse).sum(dim=1)  # (m,)
        exponent = (leverage / leverage.mean()).clamp(max=MAX_EXPONENT) / 2.0  # (m,)
        weights = u.float() / (1.0 - leverage.clamp(max=MAX_LEVERAGE)) ** exponent  # (m,)
        weights = weights if factors is None else weights * factors.float().sqrt()
        parts = []
        for degree in range(basis.degree + 1):
            of_degree = torch.where((basis.degrees == degree).to(inverse.device), inverse, 0.0)  # (m, F)
            parts.append(basis.to_monomials(of_degree.T).T[:, : 1 + basis.n])
        return cls(z, embeddings.float(), weights, inverse, parts, extrapolation, errors)

    def ratios(self, responses: Tensor, residual: Tensor, own_degree: Tensor) -> list[float]:
        """For own degree 0, 1 …, the variance relative to that of independent masks with the same influences.

        No function on which the game does not depend is like the constant; its ratio is taken to be that of degree 1,
        of which it is at most.

        Args:
            responses: (dim, F_other) from embeddings to responses.
            residual: (m, F_other) weighted residuals.
            own_degree: (F_other,) the own degree that the order leaves beside each response.
        """
        if self.errors is None:
            return [1.0] * len(self.parts)
        independent = self.extrapolation * residual.double().square().sum(dim=0)  # (F_other,)
        ratios = []
        for degree, errors in enumerate(self.errors, start=1):
            used = (own_degree >= degree) & (independent > 0)  # (F_other,)
            found = (errors @ responses[:, used].double()).square().mean(dim=0)  # (used,)
            ratios.append(float((found / independent[used]).mean()) if bool(used.any()) else 1.0)
        return [ratios[0], *ratios]


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
    total: Tensor
    own_covariance: Tensor
    other_covariance: Tensor


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
    first, first_mean, covariance = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(3))  # (n,) each
    second, second_mean = (torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n, n) each
    third_image = torch.zeros(P_v, n_t, dtype=torch.float64)  # (image pairs, n_t)
    third_text = torch.zeros(n_v, P_t, dtype=torch.float64)  # (n_v, text pairs)
    total = 0.0
    if influences[0] is not None:
        v = _variances(influences[0], theta, image, text, scale, bias, order)
        first += torch.cat([v.own, v.other])
        first_mean += torch.cat([v.own_mean, v.other_mean])
        covariance += torch.cat([v.own_covariance, v.other_covariance])
        second += symmetric_pairs(v.own_pairs, v.cross, v.other_pairs)
        second_mean += symmetric_pairs(v.own_pairs_mean, v.cross_mean, v.other_pairs_mean)
        third_image += v.own_pairs_other
        third_text += v.own_other_pairs
        total += float(v.total)
    if influences[1] is not None:
        v = _variances(influences[1], theta.T, text, image, scale, bias, order)
        first += torch.cat([v.other, v.own])
        first_mean += torch.cat([v.other_mean, v.own_mean])
        covariance += torch.cat([v.other_covariance, v.own_covariance])
        second += symmetric_pairs(v.other_pairs, v.cross.T, v.own_pairs)
        second_mean += symmetric_pairs(v.other_pairs_mean, v.cross_mean.T, v.own_pairs_mean)
        third_image += v.own_other_pairs.T
        third_text += v.own_pairs_other.T
        total += float(v.total)
    if order < 3:
        return StandardErrors(first.sqrt(), second.sqrt(), first_mean.sqrt(), total=total**0.5, covariance=covariance)
    return StandardErrors(
        first=first.sqrt(),
        second=second.sqrt(),
        first_order=first_mean.sqrt(),
        second_order=second_mean.sqrt(),
        third_image=third_image.sqrt(),
        third_text=third_text.sqrt(),
        total=total**0.5,
        covariance=covariance,
    )


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
    responses = scale * other.effects.T  # (dim, F_other)
    residual = influences.embeddings @ responses.float() - influences.features @ theta.float()
    residual[:, 0] += bias  # (m, F_other)
    residual *= influences.weights[:, None]
    own_degree = (
        (order - other.basis.degrees).clamp(max=highest).to(residual.device)
    )  # (F_other,) that the order leaves
    ratios = influences.ratios(responses, residual, own_degree)
    parts = [part * ratio**0.5 for part, ratio in zip(influences.parts, ratios, strict=True)]
    monomials: list[Influence] = []
    for degree in range(int(own_degree.min()), highest + 1):
        T = other.basis.to_monomials(torch.where(own_degree == degree, residual, 0.0).T).T  # (m, F_other)
        monomials.append((sum(parts[1 : degree + 1], parts[0]), T))
    constant, single, pair = slice(0, 1), slice(1, 1 + n_other), slice(1 + n_other, None)
    own_single, own_pair = slice(1, 1 + n), slice(1 + n, None)
    own_sigma, other_sigma = own.basis.sigma, other.basis.sigma
    by_degree = torch.tensor(ratios, device=residual.device)[own.basis.degrees.to(residual.device)]  # (F_own,)
    own_values = ratios[1] ** 0.5 / own_sigma * influences.inverse[:, own_single] * residual[:, :1]  # (m, n)
    other_values = ratios[0] ** 0.5 / other_sigma * influences.inverse[:, :1] * residual[:, single]  # (m, n_other)
    own_first = torch.stack([G[:, own_single] * T[:, :1] for G, T in monomials]).sum(dim=0)  # (m, n)
    other_first = torch.stack([G[:, :1] * T[:, single] for G, T in monomials]).sum(dim=0)  # (m, n_other)
    squares = influences.inverse.square().T * by_degree[:, None]  # (F_own, m)
    on_features = squares @ residual.square()  # (F_own, F_other)
    # Own pairs occur at the highest own degree only, where standardised and monomial ones differ by σ².
    on_pairs = squares[own_pair] @ monomials[-1][1].square() / own_sigma**4  # (pairs, F_other)
    sums = _Variances(
        own=own_first.square().sum(dim=0),
        other=other_first.square().sum(dim=0),
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
        total=(own_values.sum(dim=1) + other_values.sum(dim=1)).square().sum(),
        own_covariance=(own_values * own_first).sum(dim=0),
        other_covariance=(other_values * other_first).sum(dim=0),
    )
    return _Variances(*(influences.extrapolation * value.double().cpu() for value in vars(sums).values()))


def _sum_of_squares(influences: list[Influence], own: slice, other: slice) -> Tensor:
    """Σ over masks of (Σ over degrees of G[:, own] ⊗ T[:, other])², (own, other)."""
    parts = [(G[:, own], T[:, other]) for G, T in influences]
    total = parts[0][0].new_zeros(parts[0][0].shape[1], parts[0][1].shape[1])  # (own, other)
    for (G, T), (G_, T_) in itertools.product(parts, parts):
        total += (G * G_).T @ (T * T_)
    return total.clamp(min=0.0)
