"""Indices of a black-box game of n players from its values on joint masks: weighted Banzhaf and faithful Shapley.

Both fit ν(x) ≈ e₀ + Σ eᵢxᵢ + Σ eᵢⱼxᵢxⱼ by weighted least squares, and both are solved for the centred singles

    aᵢ = eᵢ + Σⱼ pⱼ·eᵢⱼ

and the pairs eᵢⱼ, from which eᵢ follows. For weighted Banzhaf, p is the chance to be kept and aᵢ the first-order value.

Faithful Shapley (Tsai, Yeh and Ravikumar 2023, "Faith-Shap: the faithful Shapley interaction index") asks the fit to
equal ν where nobody and where everybody is kept. With p = ½ these two constraints are solved for: every function of
degree 2 that meets them is

    ν(∅) + Σ aᵢxᵢ − ½ Σ eᵢⱼ·[xᵢ ≠ xⱼ],      Σ aᵢ = ν(N) − ν(∅)

whose middle part changes its sign from a mask to its complement, up to a known constant, and whose last part does not
change. On pairs of complementary masks the fit falls apart into two smaller ones: half the difference of the two
values determines a, their mean determines the pairs. So aᵢ = eᵢ + ½ Σⱼ eᵢⱼ is the same at order 1 and 2: the Shapley
value. A pair is one row of each fit, which makes rows independent draws, as standard errors want them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

import torch
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.masks import JointMasks
from fixlip_widget.interactions.product_grid import Coefficients, pairs_by_player
from fixlip_widget.interactions.standard_errors import LARGEST_LEVERAGE, StandardErrors
from fixlip_widget.interactions.statistics import factor


def weighted_banzhaf(sample: JointMasks, values: Tensor, order: int) -> tuple[Coefficients, StandardErrors]:
    """Weighted Banzhaf values and interactions (FWBII) of order 1 or 2 from the values (m,) of the masks.

    Errors have the units of the values and are zero where all masks were taken; `first_order` is that of aᵢ.
    Raises InputError where the masks are too few or too alike for the terms.
    """
    p, n = sample.p, sample.n_players
    i, j = _pairs(n, order)

    def features(masks: Tensor) -> Tensor:
        centred = masks.double() - p  # (b, n)
        return torch.cat([torch.ones_like(centred[:, :1]), centred, centred[:, i] * centred[:, j]], dim=1)

    solution = Regression(features, sample.masks, values.double(), sample.weights, _refusal(sample, order)).solve()
    constant, singles, pairs = solution.theta[0], solution.theta[1 : 1 + n], solution.theta[1 + n :]
    baseline = float(constant - singles @ p + pairs @ (p[i] * p[j]))
    influences = ((rows[:, 1 : 1 + n], rows[:, 1 + n :]) for rows in solution.influences())
    return _coefficients(baseline, singles, pairs, p), _errors(influences, sample)


def faithful_shapley(
    sample: JointMasks, values: Tensor, order: int, *, empty: float, full: float
) -> tuple[Coefficients, StandardErrors]:
    """Shapley values (order 1) or faithful Shapley interactions (order 2) from the values (m,) of complementary masks.

    `empty` = ν(∅) and `full` = ν(N) are met exactly: the baseline is `empty`, and the terms sum to full − empty.
    Errors have the units of the values and are zero where all coalitions were taken; `first_order` is that of
    aᵢ = eᵢ + ½ Σⱼ eᵢⱼ, the Shapley values. Raises InputError where the masks are too few or too alike for the
    terms, ValueError where row 2i + 1 is not the complement of row 2i.
    """
    if not torch.equal(sample.masks[::2], ~sample.masks[1::2]):
        raise ValueError("A faithful Shapley fit needs each mask followed by its complement.")
    n, gain = sample.n_players, full - empty
    masks, weights = sample.masks[::2], sample.weights.view(-1, 2).sum(dim=1)  # (m / 2, n), (m / 2,)
    kept, hidden = values.double().view(-1, 2).unbind(dim=1)  # (m / 2,) each
    difference = (kept - hidden) / 2.0 - gain * (masks.double().mean(dim=1) - 0.5)  # (m / 2,)
    mean = (kept + hidden) / 2.0 - (full + empty) / 2.0  # (m / 2,)
    Q = _zero_sum_basis(n)  # (n, n − 1)
    i, j = _pairs(n, order)
    refusal = _refusal(sample, order)
    odd = Regression(lambda x: x.double() @ Q, masks, difference, weights, refusal).solve()
    even = Regression(lambda x: -0.5 * (x[:, i] ^ x[:, j]).double(), masks, mean, weights, refusal).solve()
    influences = ((rows @ Q.T, pairs) for rows, pairs in zip(odd.influences(), even.influences(), strict=True))
    return _coefficients(empty, gain / n + Q @ odd.theta, even.theta, sample.p), _errors(influences, sample)


def _refusal(sample: JointMasks, order: int) -> str:
    n, remedies = sample.n_players, ["a larger budget", "p nearer 0.5", "max_order=1"]
    helpful = [True, bool((sample.p != 0.5).any()), order > 1]
    return (
        f"{len(sample)} joint masks are too few or too alike for the {basis_size(n, order)} terms of {n} players; "
        f"use {' or '.join(compress(remedies, helpful))}."
    )


def _pairs(n: int, order: int) -> tuple[Tensor, Tensor]:
    """Players i < j of each pair that a fit of `order` has, (pairs,) each."""
    i, j = torch.triu_indices(n, n, offset=1)[:, : n * (n - 1) // 2 * (order - 1)]
    return i, j


def _zero_sum_basis(n: int) -> Tensor:
    """(n, n − 1) orthonormal columns, each of which sums to zero."""
    ones = torch.ones(n, 1, dtype=torch.float64)  # (n, 1)
    others = torch.eye(n, n - 1, dtype=torch.float64)  # (n, n − 1)
    Q: Tensor = torch.linalg.qr(torch.cat([ones, others], dim=1)).Q  # (n, n)
    return Q[:, 1:]


def _uncentre(singles: Tensor, pairs: Tensor, p: Tensor) -> Tensor:
    """aᵢ (…, n) and eᵢⱼ (…, pairs) → eᵢ = aᵢ − Σⱼ pⱼ·eᵢⱼ (…, n)."""
    i, j = _pairs(len(p), order=2 if pairs.shape[-1] else 1)
    return singles.index_add(-1, i, pairs * p[j], alpha=-1).index_add(-1, j, pairs * p[i], alpha=-1)


def _coefficients(baseline: float, singles: Tensor, pairs: Tensor, p: Tensor) -> Coefficients:
    return Coefficients(baseline, _uncentre(singles, pairs, p), _symmetric(pairs, len(p)))


def _errors(influences: Iterable[tuple[Tensor, Tensor]], sample: JointMasks) -> StandardErrors:
    """Roots of the summed squares of influences (b, n) on aᵢ and (b, pairs) on eᵢⱼ; zero where nothing was drawn."""
    n = sample.n_players
    first, second, mean = (torch.zeros(size, dtype=torch.float64) for size in (n, (n, n), n))
    if not sample.exact:
        for singles, pairs in influences:
            mean += singles.square().sum(dim=0)
            first += _uncentre(singles, pairs, sample.p).square().sum(dim=0)
            second += _symmetric(pairs.square().sum(dim=0), n)
    return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt())


def _symmetric(pairs: Tensor, n: int) -> Tensor:
    """Pairs (pairs,) or (0,) → symmetric (n, n)."""
    return pairs_by_player(pairs, cross=pairs.new_zeros(n, 0), text_pairs=pairs.new_zeros(0))


ROWS = 1024


@dataclass(frozen=True)
class Regression:
    """responses (m,) ≈ features(masks)·θ with weights (m,); features: masks (b, n) bool → (b, F) float64.

    `refusal` is what the InputError says where the masks are too few or too alike.
    """

    features: Callable[[Tensor], Tensor]
    masks: Tensor
    responses: Tensor
    weights: Tensor
    refusal: str

    def solve(self) -> Solution:
        """The least-squares solution; InputError where the masks do not tell all features apart."""
        F = self.features(self.masks[:1]).shape[1]
        gram = torch.zeros(F, F, dtype=torch.float64)  # (F, F)
        moment = torch.zeros(F, 1, dtype=torch.float64)  # (F, 1)
        for features, responses, weights in self.blocks():
            weighted = features * weights[:, None]  # (b, F)
            gram.addmm_(weighted.T, features)
            moment.addmm_(weighted.T, responses[:, None])
        L = factor(gram)  # (F, F)
        if L is None:
            raise InputError(self.refusal)
        return Solution(self, torch.cholesky_solve(moment, L)[:, 0], L)

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Features (b, F), responses (b,) and weights (b,) of one block of rows after another."""
        for start in range(0, len(self.masks), ROWS):
            rows = slice(start, start + ROWS)
            yield self.features(self.masks[rows]), self.responses[rows], self.weights[rows]


@dataclass(frozen=True)
class Solution:
    """θ (F,) and the Cholesky factor (F, F) of the Gram matrix it solves."""

    of: Regression
    theta: Tensor
    L: Tensor

    def influences(self) -> Iterator[Tensor]:
        """(b, F) for each block of rows: how far each row moves θ; InputError where a mask decides a term alone."""
        inverse = torch.cholesky_inverse(self.L)  # (F, F)
        for features, responses, weights in self.of.blocks():
            directions = features @ inverse  # (b, F)
            leverage = weights * (features * directions).sum(dim=1)  # (b,)
            if bool((leverage > LARGEST_LEVERAGE).any()):
                raise InputError(self.of.refusal)
            residuals = responses - features @ self.theta  # (b,)
            yield directions * (weights * residuals / (1.0 - leverage))[:, None]
