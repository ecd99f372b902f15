"""Indices of a black-box game from its values on joint masks: weighted Banzhaf and faithful Shapley.

Both fit ν(x) ≈ e₀ + Σ eᵢxᵢ + Σ eᵢⱼxᵢxⱼ by weighted least squares, and both solve for the centred singles

    aᵢ = eᵢ + Σⱼ pⱼ·eᵢⱼ

and the pairs eᵢⱼ, from which eᵢ follows. For weighted Banzhaf, p is the probability of keeping a player and aᵢ the
first-order value.

Faithful Shapley (Tsai, Yeh and Ravikumar 2023, "Faith-Shap: the faithful Shapley interaction index") constrains the fit
to equal ν on the empty and on the full coalition. With p = ½ the constraints are eliminated exactly: every function of
degree 2 that meets them is

    ν(∅) + Σ aᵢxᵢ − ½ Σ eᵢⱼ·[xᵢ ≠ xⱼ],      Σ aᵢ = ν(N) − ν(∅)

whose middle part is odd under complementing the mask, up to a known constant, and whose last part is even. On pairs of
complementary masks the regression therefore splits into two smaller ones: half the difference of the two values
determines a, and their mean determines the pairs. So aᵢ = eᵢ + ½ Σⱼ eᵢⱼ, the Shapley value, is the same at order 1
and 2. A pair of masks is one row of each regression, which makes the rows independent, as the standard errors require.

The normal equations are summed block by block, so memory grows with the square of the terms and not with the masks.
Row i of weight u, features φ and residual ρ moves the solution by about G⁻¹φ·uρ / (1 − h), with G = Σ uφφᵀ and the
leverage h = u·φᵀG⁻¹φ; sums of squares of these influences are the HC3 variances of MacKinnon and White (1985), "Some
heteroskedasticity-consistent covariance matrix estimators".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

import torch
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.masks import MaskSet
from fixlip_widget.interactions.product_grid import Coefficients, symmetric_pairs
from fixlip_widget.interactions.standard_errors import MAX_LEVERAGE, StandardErrors
from fixlip_widget.interactions.statistics import cholesky_factor

BLOCK_ROWS = 1024
"""Masks whose features are in memory at once."""


def weighted_banzhaf(masks: MaskSet, values: Tensor, p: Tensor, order: int) -> tuple[Coefficients, StandardErrors]:
    """Weighted Banzhaf values and interactions (FWBII) of order 1 or 2.

    Args:
        masks: m masks of n players, drawn with p or enumerated.
        values: (m,) values of the game.
        p: (n,) float64, probability of keeping each player.
        order: 1 or 2.

    Returns:
        Coefficients, and standard errors in the units of the values; zero for an enumeration.

    Raises:
        InputError: where the masks do not determine all terms.
    """
    n = masks.n_players
    i, j = _pairs(n, order)

    def features(rows: Tensor) -> Tensor:
        centred = rows.double() - p  # (b, n)
        return torch.cat([torch.ones_like(centred[:, :1]), centred, centred[:, i] * centred[:, j]], dim=1)

    refusal = _refusal(masks, order, skewed=bool((p != 0.5).any()))
    solution = Regression(features, masks.masks, values.double(), masks.weights, refusal).solve()
    constant, singles, pairs = solution.theta[0], solution.theta[1 : 1 + n], solution.theta[1 + n :]
    baseline = float(constant - singles @ p + pairs @ (p[i] * p[j]))
    influences = ((rows[:, 1 : 1 + n], rows[:, 1 + n :]) for rows in solution.influences())
    return _coefficients(baseline, singles, pairs, p), _standard_errors(influences, masks, p)


def faithful_shapley(
    masks: MaskSet, values: Tensor, order: int, *, empty: float, full: float
) -> tuple[Coefficients, StandardErrors]:
    """Shapley values (order 1) or faithful Shapley interactions (FSII, order 2).

    Args:
        masks: m masks of n players; row 2i + 1 is the complement of row 2i.
        values: (m,) values of the game.
        order: 1 or 2.
        empty: ν(∅), which becomes the baseline.
        full: ν(N); all terms sum to full − empty.

    Returns:
        Coefficients, and standard errors in the units of the values; zero for an enumeration. `first_order` is the
        error of aᵢ = eᵢ + ½ Σⱼ eᵢⱼ, the Shapley values.

    Raises:
        InputError: where the masks do not determine all terms.
        ValueError: where the masks do not come with their complements.
    """
    if not torch.equal(masks.masks[::2], ~masks.masks[1::2]):
        raise ValueError("A faithful Shapley regression needs each mask followed by its complement.")
    n, gain = masks.n_players, full - empty
    half = torch.full((n,), 0.5, dtype=torch.float64)  # (n,)
    rows, weights = masks.masks[::2], masks.weights.view(-1, 2).sum(dim=1)  # (m / 2, n), (m / 2,)
    value, complement_value = values.double().view(-1, 2).unbind(dim=1)  # (m / 2,) each
    odd_response = (value - complement_value) / 2.0 - gain * (rows.double().mean(dim=1) - 0.5)  # (m / 2,)
    even_response = (value + complement_value) / 2.0 - (full + empty) / 2.0  # (m / 2,)
    Q = _zero_sum_basis(n)  # (n, n − 1)
    i, j = _pairs(n, order)
    refusal = _refusal(masks, order, skewed=False)
    odd = Regression(lambda x: x.double() @ Q, rows, odd_response, weights, refusal).solve()
    even = Regression(lambda x: -0.5 * (x[:, i] ^ x[:, j]).double(), rows, even_response, weights, refusal).solve()
    influences = ((singles @ Q.T, pairs) for singles, pairs in zip(odd.influences(), even.influences(), strict=True))
    values_of = _coefficients(empty, gain / n + Q @ odd.theta, even.theta, half)
    return values_of, _standard_errors(influences, masks, half)


@dataclass(frozen=True)
class Regression:
    """Weighted least squares, responses ≈ features(masks)·θ, whose rows are made block by block.

    Attributes:
        features: masks (b, n) bool → (b, F) float64.
        masks: (m, n) bool.
        responses: (m,) float64.
        weights: (m,) float64, up to a common factor.
        refusal: message of the InputError where the masks do not determine θ.
    """

    features: Callable[[Tensor], Tensor]
    masks: Tensor
    responses: Tensor
    weights: Tensor
    refusal: str

    def solve(self) -> Solution:
        """The least-squares solution; InputError where the masks do not determine it."""
        F = self.features(self.masks[:1]).shape[1]
        gram = torch.zeros(F, F, dtype=torch.float64)  # (F, F)
        moment = torch.zeros(F, 1, dtype=torch.float64)  # (F, 1)
        for features, responses, weights in self.blocks():
            weighted = features * weights[:, None]  # (b, F)
            gram.addmm_(weighted.T, features)
            moment.addmm_(weighted.T, responses[:, None])
        L = cholesky_factor(gram)  # (F, F)
        if L is None:
            raise InputError(self.refusal)
        return Solution(self, torch.cholesky_solve(moment, L)[:, 0], L)

    def blocks(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Features (b, F), responses (b,) and weights (b,) of one block of rows after another."""
        for start in range(0, len(self.masks), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            yield self.features(self.masks[rows]), self.responses[rows], self.weights[rows]


@dataclass(frozen=True)
class Solution:
    """A solved regression.

    Attributes:
        regression: that was solved.
        theta: (F,) solution.
        L: (F, F) Cholesky factor of the Gram matrix.
    """

    regression: Regression
    theta: Tensor
    L: Tensor

    def influences(self) -> Iterator[Tensor]:
        """(b, F) influences of each block of rows on θ.

        A row of leverage 1 determines a term alone and has no residual to estimate its error from: InputError.
        """
        inverse = torch.cholesky_inverse(self.L)  # (F, F)
        for features, responses, weights in self.regression.blocks():
            directions = features @ inverse  # (b, F)
            leverage = weights * (features * directions).sum(dim=1)  # (b,)
            if bool((leverage > MAX_LEVERAGE).any()):
                raise InputError(self.regression.refusal)
            residuals = responses - features @ self.theta  # (b,)
            yield directions * (weights * residuals / (1.0 - leverage))[:, None]


def _refusal(masks: MaskSet, order: int, *, skewed: bool) -> str:
    """The error message where masks are too few or too alike; `skewed` where p differs from 0.5."""
    n, remedies = masks.n_players, ["a larger budget", "p nearer 0.5", "max_order=1"]
    return (
        f"{len(masks)} joint masks are too few or too alike for the {basis_size(n, order)} terms of {n} players; "
        f"use {' or '.join(compress(remedies, [True, skewed, order > 1]))}."
    )


def _pairs(n: int, order: int) -> tuple[Tensor, Tensor]:
    """Players i < j of each pair in a fit of `order`, (pairs,) each; none at order 1."""
    i, j = torch.triu_indices(n, n, offset=1)[:, : n * (n - 1) // 2 * (order - 1)]
    return i, j


def _zero_sum_basis(n: int) -> Tensor:
    """(n, n − 1) orthonormal columns that each sum to zero."""
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


def _standard_errors(influences: Iterable[tuple[Tensor, Tensor]], masks: MaskSet, p: Tensor) -> StandardErrors:
    """From influences (b, n) on aᵢ and (b, pairs) on eᵢⱼ of each block; zero for an enumeration."""
    n = masks.n_players
    first, second, first_mean = (torch.zeros(size, dtype=torch.float64) for size in (n, (n, n), n))
    if not masks.exact:
        for singles, pairs in influences:
            first_mean += singles.square().sum(dim=0)
            first += _uncentre(singles, pairs, p).square().sum(dim=0)
            second += _symmetric(pairs.square().sum(dim=0), n)
    return StandardErrors(first.sqrt(), second.sqrt(), first_mean.sqrt())


def _symmetric(pairs: Tensor, n: int) -> Tensor:
    """Pairs (pairs,) or (0,) → symmetric (n, n)."""
    return symmetric_pairs(pairs, cross=pairs.new_zeros(n, 0), text_pairs=pairs.new_zeros(0))
