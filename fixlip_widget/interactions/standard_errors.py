"""Standard errors of the fit over the draw of masks: sandwich estimates, corrected for leverage (HC3).

Seen from one drawn modality (own, masks i = 1 … m) the other one averages out: projecting each row of the grid on
the other side's orthonormal functions leaves responses Y[i, b], and the fit is one regression of each on the own
functions whose degree leaves room for that of b. Its residual ρ[i, b] moves the coefficients by

    influence_i = uᵢ Σ_t G_{K−t}(xᵢ) ⊗ T_t(ρᵢ) / (1 − h_{K−t}(xᵢ)),      t = 0 … K, the degree on the other side,

where G_d(x) solves the own Gram matrix of degree d for the features of mask x, T_t takes the residuals of degree t
back to the other side's monomials, and h_d is the leverage at degree d. Variances are sums of squared influences
over the masks of the drawn modality, and over those of each modality where both are drawn.

A first-order value eᵢ + Σⱼ pⱼ·eᵢⱼ is the coefficient of its centred feature, divided by that feature's σ: its error
needs no covariances, only the influences before they are taken back to monomials.

MacKinnon and White (1985), "Some heteroskedasticity-consistent covariance matrix estimators".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.interactions.product_grid import Side, pairs_by_player

# A mask that fixes a coefficient alone has leverage 1 and leaves no residual to judge it by.
LARGEST_LEVERAGE = 1.0 - 1e-6


@dataclass(frozen=True)
class StandardErrors:
    """Of `first` (n,), of `second` (n, n), and of the first-order values eᵢ + Σⱼ pⱼ·eᵢⱼ (n,)."""

    first: Tensor
    second: Tensor
    first_order: Tensor


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


@dataclass
class Variances:
    """By degree on the own and the other side: own pairs, own × other, other pairs, singles, first-order values."""

    own_pairs: Tensor
    cross: Tensor
    other_pairs: Tensor
    own: Tensor
    other: Tensor
    own_mean: Tensor
    other_mean: Tensor


def standard_errors(
    C: Tensor, image: Side, text: Side, drawn: tuple[Influences | None, Influences | None], *, scale: float, bias: float
) -> StandardErrors:
    """Errors of all values of the fit C, from the influences of each modality that was `drawn`; otherwise zero."""
    n_v, n_t = image.basis.n, text.basis.n
    first, mean = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n,) each
    second = torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64)  # (n, n)
    if drawn[0] is not None:
        v = _variances(drawn[0], C, image, text, scale, bias)
        first += torch.cat([v.own, v.other])
        mean += torch.cat([v.own_mean, v.other_mean])
        second += pairs_by_player(v.own_pairs, v.cross, v.other_pairs)
    if drawn[1] is not None:
        v = _variances(drawn[1], C.T, text, image, scale, bias)
        first += torch.cat([v.other, v.own])
        mean += torch.cat([v.other_mean, v.own_mean])
        second += pairs_by_player(v.other_pairs, v.cross.T, v.own_pairs)
    return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt())


def _variances(drawn: Influences, C: Tensor, own: Side, other: Side, scale: float, bias: float) -> Variances:
    """Sums of squared influences over the masks of the drawn modality; C is (own functions, other functions)."""
    n, n_other, order = own.basis.n, other.basis.n, own.basis.degree
    fitted = torch.linalg.solve_triangular(own.L.T, C, upper=True).float()  # (F_own, F_other) on centred features
    residual = drawn.embeddings @ (scale * other.P.T).float() - drawn.features @ fitted  # (m, F_other)
    residual[:, 0] += bias
    degrees, upper = other.basis.degrees.to(C.device), other.L.T.float()  # (F_other,), (F_other, F_other)
    centred, plain = [], []
    for t in range(order + 1):
        kept = torch.where(degrees == t, residual, 0.0) * drawn.weights[order - t][:, None]  # (m, F_other)
        T = torch.linalg.solve_triangular(upper, kept.T, upper=True).T  # (m, F_other)
        centred.append((drawn.centred[order - t], T))
        plain.append((drawn.plain[order - t], other.basis.uncentre(T.T).T))
    own_single, other_single = _singles(plain, n, n_other)
    own_mean, other_mean = _singles(centred, n, n_other)
    no_pairs = residual[0, :0]
    own_pairs, other_pairs, cross = no_pairs, no_pairs, residual.new_zeros(n, n_other)
    if order == 2:
        (_, T_0), (G_1, T_1), (G_0, T_2) = plain
        own_pairs = drawn.pairs.T @ T_0[:, 0].square()
        cross = G_1[:, 1:].square().T @ T_1[:, 1 : 1 + n_other].square()
        other_pairs = G_0[:, 0].square() @ T_2[:, 1 + n_other :].square()
    means = own_mean / own.basis.sigma**2, other_mean / other.basis.sigma**2
    sums = own_pairs, cross, other_pairs, own_single, other_single, *means
    return Variances(*(drawn.unseen * value.double().cpu() for value in sums))


def _singles(influences: list[tuple[Tensor, Tensor]], n: int, n_other: int) -> tuple[Tensor, Tensor]:
    """Squared influences on single players (n,), (n_other,): several degrees move the same coefficient."""
    on_own = [G[:, 1 : 1 + n] * T[:, :1] for G, T in influences if G.shape[1] > 1]  # (m, n) each
    on_other = [G[:, :1] * T[:, 1 : 1 + n_other] for G, T in influences[1:]]  # (m, n_other) each
    return torch.stack(on_own).sum(dim=0).square().sum(dim=0), torch.stack(on_other).sum(dim=0).square().sum(dim=0)
