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

from fixlip_widget.interactions.masks import Sample
from fixlip_widget.interactions.product_grid import Side, pairs_by_player

ROWS = 1024
# A mask that fixes a coefficient alone has leverage 1 and leaves no residual to judge it by.
LARGEST_LEVERAGE = 1.0 - 1e-6


@dataclass(frozen=True)
class StandardErrors:
    """Of `first` (n,), of `second` (n, n), and of the first-order values eᵢ + Σⱼ pⱼ·eᵢⱼ (n,)."""

    first: Tensor
    second: Tensor
    first_order: Tensor


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
    C: Tensor, image: Side, text: Side, image_sample: Sample, text_sample: Sample, *, scale: float, bias: float,
    order: int,
) -> StandardErrors:  # fmt: skip
    """Errors of all values of the fit C; zero for a game whose masks were all taken."""
    n_v, n_t = image.basis.n, text.basis.n
    first, mean = (torch.zeros(n_v + n_t, dtype=torch.float64) for _ in range(2))  # (n,) each
    second = torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64)  # (n, n)
    if not image_sample.masks.exact:
        v = _variances(image_sample, C, image, text, scale, bias, order)
        first += torch.cat([v.own, v.other])
        mean += torch.cat([v.own_mean, v.other_mean])
        second += pairs_by_player(v.own_pairs, v.cross, v.other_pairs)
    if not text_sample.masks.exact:
        v = _variances(text_sample, C.T, text, image, scale, bias, order)
        first += torch.cat([v.other, v.own])
        mean += torch.cat([v.other_mean, v.own_mean])
        second += pairs_by_player(v.other_pairs, v.cross.T, v.own_pairs)
    return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt())


def _variances(sample: Sample, C: Tensor, own: Side, other: Side, scale: float, bias: float, order: int) -> Variances:
    """Sums of squared influences over the masks of `sample`; C is (own functions, other functions)."""
    n, n_other, device = own.basis.n, other.basis.n, C.device
    sizes = [own.basis.up_to(order - t).size for t in range(order + 1)]
    inverses = [torch.cholesky_inverse(own.L[:size, :size]) for size in sizes]  # (F_d, F_d) each
    fitted = torch.linalg.solve_triangular(own.L.T, C, upper=True)  # (F_own, F_other) on centred features
    degrees = other.basis.degrees.to(device)  # (F_other,)
    shapes = (
        (own.basis.size - 1 - n,),
        (n, n_other),
        (other.basis.size - 1 - n_other,),
        (n,),
        (n_other,),
        (n,),
        (n_other,),
    )
    total = Variances(*(torch.zeros(shape, dtype=torch.float64, device=device) for shape in shapes))
    for start in range(0, len(sample.masks), ROWS):
        rows = slice(start, start + ROWS)
        u = sample.masks.weights[rows].to(device)  # (b,)
        z = own.basis.features(sample.masks.masks[rows].to(device))  # (b, F_own)
        residual = scale * sample.embeddings[rows].to(device).double() @ other.P.T - z @ fitted  # (b, F_other)
        residual[:, 0] += bias
        centred, plain = [], []
        for t, size in enumerate(sizes):
            G = z[:, :size] @ inverses[t]  # (b, F_d)
            leverage = u * (z[:, :size] * G).sum(dim=1)  # (b,)
            weight = u / (1.0 - leverage.clamp(max=LARGEST_LEVERAGE))  # (b,)
            kept = torch.where(degrees == t, residual, 0.0) * weight[:, None]  # (b, F_other)
            T = torch.linalg.solve_triangular(other.L.T, kept.T, upper=True).T  # (b, F_other)
            centred.append((G, T))
            plain.append((own.basis.up_to(order - t).uncentre(G.T).T, other.basis.uncentre(T.T).T))
        _add_singles(total.own, total.other, plain)
        _add_singles(total.own_mean, total.other_mean, centred)
        if order == 2:
            (G_2, T_0), (G_1, T_1), (G_0, T_2) = plain
            total.own_pairs += G_2[:, 1 + n :].square().T @ T_0[:, 0].square()
            total.cross += G_1[:, 1:].square().T @ T_1[:, 1 : 1 + n_other].square()
            total.other_pairs += G_0[:, 0].square() @ T_2[:, 1 + n_other :].square()
    total.own_mean /= own.basis.sigma**2
    total.other_mean /= other.basis.sigma**2
    return Variances(*(value.cpu() for value in vars(total).values()))


def _add_singles(own: Tensor, other: Tensor, influences: list[tuple[Tensor, Tensor]]) -> None:
    """Add the squared influences on single players; several degrees of the other side move the same coefficient."""
    n, n_other = len(own), len(other)
    on_own = [G[:, 1 : 1 + n] * T[:, :1] for G, T in influences if G.shape[1] > 1]  # (b, n) each
    on_other = [G[:, :1] * T[:, 1 : 1 + n_other] for G, T in influences[1:]]  # (b, n_other) each
    own += torch.stack(on_own).sum(dim=0).square().sum(dim=0)
    other += torch.stack(on_other).sum(dim=0).square().sum(dim=0)
