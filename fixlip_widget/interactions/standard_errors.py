"""Standard errors of the fit over the draw of masks: sandwich estimates, corrected for leverage (HC3).

Seen from one drawn modality (own, masks i = 1 … m) the other one averages out: projecting each row of the grid on
the other side's orthonormal functions leaves responses Y[i, b], and the fit is one regression of each on the own
functions of a degree d for which that of b leaves room. Its residual ρ[i, b] moves the coefficients by

    influence_i = uᵢ Σ_d G_d(xᵢ) ⊗ T_d(ρᵢ) / (1 − h_d(xᵢ)),

where G_d(x) solves the own Gram matrix of degree d for the features of mask x, T_d takes the residuals that leave
room for d back to the other side's monomials, and h_d is the leverage at degree d. Variances are sums of squared
influences over the masks of the drawn modality, and over those of each modality where both are drawn.

A first-order value eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ) is the coefficient of its centred feature, divided by that feature's
σ, and a second-order value eᵢⱼ + Σₖ pₖ·eᵢⱼₖ that of the product of two, divided by both: their errors need no
covariances, only the influences before they are taken back to monomials.

MacKinnon and White (1985), "Some heteroskedasticity-consistent covariance matrix estimators".
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from fixlip_widget.interactions.product_grid import Side, Triples, pairs_by_player

# A mask that fixes a coefficient alone has leverage 1 and leaves no residual to judge it by.
LARGEST_LEVERAGE = 1.0 - 1e-6

# G (m, features of the own side) and T (m, functions of the other): the influence of a mask is their outer product.
Influence: TypeAlias = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class StandardErrors:
    """Of `first` (n,), of `second` (n, n), of the first-order values (n,), and at order 3 of `third` and of the
    second-order values (n, n), which are `second` at lower orders.
    """

    first: Tensor
    second: Tensor
    first_order: Tensor
    third: Triples | None = None
    second_order: Tensor | None = None


@dataclass(frozen=True)
class Influences:
    """What of the influences of m masks does not depend on the other modality; float32, as errors need no more.

    The lists run over the degree d on the own side, from 0 to the order; blocks of G_d hold the constant and, for
    d > 0, the n single players.
    """

    features: Tensor  # (m, F) centred
    embeddings: Tensor  # (m, dim)
    weights: list[Tensor]  # (m,) each: u / (1 − h_d)
    centred: list[Tensor]  # (m, 1 or 1 + n) each: G_d on centred features
    plain: list[Tensor]  # the same on 0/1 monomials
    pairs: Tensor  # (m, pairs): G of the highest degree on the own pairs, squared
    unseen: float  # all masks of the fit / the m masks at hand

    @classmethod
    def of(cls, own: Side, masks: Tensor, embeddings: Tensor, u: Tensor, unseen: float) -> Influences:
        """From masks (m, n), their embeddings (m, dim) and their share u (m,) of the weight of all masks."""
        basis, order = own.basis, own.basis.degree
        z = basis.features(masks).float()  # (m, F)
        u = u.float()
        weights, centred, plain = [], [], []
        pairs = z[:, :0]
        for degree in range(order + 1):
            lower = basis.up_to(degree)
            inverse = torch.cholesky_inverse(own.L[: lower.size, : lower.size]).float()  # (F_d, F_d)
            G = z[:, : lower.size] @ inverse  # (m, F_d)
            leverage = u * (z[:, : lower.size] * G).sum(dim=1)  # (m,)
            weights.append(u / (1.0 - leverage.clamp(max=LARGEST_LEVERAGE)))
            on_monomials = lower.uncentre(G.T).T  # (m, F_d)
            centred.append(G[:, : 1 + basis.n])
            plain.append(on_monomials[:, : 1 + basis.n])
            if degree == 2:
                pairs = on_monomials[:, 1 + basis.n :].square()  # (m, pairs)
        return cls(z, embeddings.float(), weights, centred, plain, pairs, unseen)


@dataclass(frozen=True)
class _Variances:
    """By degree on the own side and on the other: (1, 0) is `own`, (2, 1) `own_pairs_other` and so on."""

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
    image: Side,
    text: Side,
    drawn: tuple[Influences | None, Influences | None],
    *,
    scale: float,
    bias: float,
    order: int,
) -> StandardErrors:
    """Errors of all values of the fit C, from the influences of each modality that was `drawn`; otherwise zero."""
    n_v, n_t = image.basis.n, text.basis.n
    P_v, P_t = image.basis.size - 1 - n_v, text.basis.size - 1 - n_t
    first, mean = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n,) each
    second, pair_mean = (torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n, n) each
    thirds = torch.zeros(P_v, n_t, dtype=torch.float64), torch.zeros(n_v, P_t, dtype=torch.float64)
    if drawn[0] is not None:
        v = _variances(drawn[0], C, image, text, scale, bias, order)
        first += torch.cat([v.own, v.other])
        mean += torch.cat([v.own_mean, v.other_mean])
        second += pairs_by_player(v.own_pairs, v.cross, v.other_pairs)
        pair_mean += pairs_by_player(v.own_pairs_mean, v.cross_mean, v.other_pairs_mean)
        thirds = thirds[0] + v.own_pairs_other, thirds[1] + v.own_other_pairs
    if drawn[1] is not None:
        v = _variances(drawn[1], C.T, text, image, scale, bias, order)
        first += torch.cat([v.other, v.own])
        mean += torch.cat([v.other_mean, v.own_mean])
        second += pairs_by_player(v.other_pairs, v.cross.T, v.own_pairs)
        pair_mean += pairs_by_player(v.other_pairs_mean, v.cross_mean.T, v.own_pairs_mean)
        thirds = thirds[0] + v.own_other_pairs.T, thirds[1] + v.own_pairs_other.T
    if order < 3:
        return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt())
    third = Triples(thirds[0].sqrt(), thirds[1].sqrt())
    return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt(), third, pair_mean.sqrt())


def _variances(
    drawn: Influences, C: Tensor, own: Side, other: Side, scale: float, bias: float, order: int
) -> _Variances:
    """Sums of squared influences over the masks of the drawn modality; C is (own functions, other functions)."""
    n, n_other, highest = own.basis.n, other.basis.n, own.basis.degree
    fitted = torch.linalg.solve_triangular(own.L.T, C, upper=True).float()  # (F_own, F_other) on centred features
    residual = drawn.embeddings @ (scale * other.P.T).float() - drawn.features @ fitted  # (m, F_other)
    residual[:, 0] += bias
    room = (order - other.basis.degrees).clamp(max=highest).to(C.device)  # (F_other,) degree left on the own side
    upper = other.L.T.float()  # (F_other, F_other)
    centred: list[Influence] = []
    plain: list[Influence] = []
    for degree in range(int(room.min()), highest + 1):
        kept = torch.where(room == degree, residual, 0.0) * drawn.weights[degree][:, None]  # (m, F_other)
        T = torch.linalg.solve_triangular(upper, kept.T, upper=True).T  # (m, F_other)
        centred.append((drawn.centred[degree], T))
        plain.append((drawn.plain[degree], other.basis.uncentre(T.T).T))
    alone, single, pair = slice(0, 1), slice(1, 1 + n_other), slice(1 + n_other, None)
    on_pairs = plain[-1][1].square()  # (m, F_other): the own pairs have room beside the highest degree only
    sums = _Variances(
        own=_sum(plain, slice(1, 1 + n), alone)[:, 0],
        other=_sum(plain, alone, single)[0],
        own_mean=_sum(centred, slice(1, 1 + n), alone)[:, 0] / own.basis.sigma**2,
        other_mean=_sum(centred, alone, single)[0] / other.basis.sigma**2,
        own_pairs=drawn.pairs.T @ on_pairs[:, 0],
        cross=_sum(plain, slice(1, 1 + n), single),
        other_pairs=_sum(plain, alone, pair)[0],
        own_pairs_other=drawn.pairs.T @ on_pairs[:, single],
        own_other_pairs=_sum(plain, slice(1, 1 + n), pair),
        # A pair of the highest degree has no part in lower monomials: centred or not, it is the same but for σ.
        own_pairs_mean=drawn.pairs.T @ centred[-1][1][:, 0].square(),
        cross_mean=_sum(centred, slice(1, 1 + n), single) / (own.basis.sigma * other.basis.sigma) ** 2,
        other_pairs_mean=_sum(centred, alone, pair)[0] / other.basis.sigma**4,
    )
    return _Variances(*(drawn.unseen * value.double().cpu() for value in vars(sums).values()))


def _sum(influences: list[Influence], own: slice, other: slice) -> Tensor:
    """Σ over masks of (Σ over degrees of G[:, own] ⊗ T[:, other])², (own, other)."""
    parts = [(G[:, own], T[:, other]) for G, T in influences if G.shape[1] > own.start]
    total = parts[0][0].new_zeros(parts[0][0].shape[1], parts[0][1].shape[1])  # (own, other)
    for (G, T), (G_, T_) in itertools.product(parts, parts):
        total += (G * G_).T @ (T * T_)
    return total.clamp(min=0.0)
