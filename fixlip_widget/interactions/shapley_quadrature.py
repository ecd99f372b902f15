"""Shapley values and faithful Shapley interactions as means of weighted Banzhaf ones over p.

With WBV_p,i the weighted Banzhaf value of player i and FWBII_p,ij the weighted Banzhaf interaction of two, the largest
of order 2, of a game of n players,

    SV_i = ∫₀¹ WBV_p,i dp          FSII_ij = ∫₀¹ 6 p(1 − p)·FWBII_p,ij dp          e_i = SV_i − ½ Σⱼ FSII_ij

are its Shapley values, its faithful Shapley interactions of order 2 (Tsai et al., 2023), and their coefficients of
single players. Proof: WBV_p,i is the mean marginal contribution to coalitions that keep the others with probability p,
and the integral of p^t (1 − p)^(n − 1 − t) is the Shapley weight of a coalition of size t. FSII's interactions of the
highest order weigh the discrete derivative at a coalition of size t by 6·B(t + 2, n − t), which is the integral of
6 p(1 − p)·p^t (1 − p)^(n − 2 − t). Its coefficients of lower order are the Shapley values of the residual game.

Both integrands are polynomials in p, and smooth for the similarity of an encoder. The Gauss–Lobatto rule integrates
them from few p. Its ends cost next to nothing: at p = 0 a value is ν({i}) − ν(∅), at p = 1 it is ν(N) − ν(N∖i), and
6 p(1 − p) is zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.polynomial.legendre import Legendre
from torch import Tensor

from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors

N_NODES = 3
"""Interior nodes for games of many players. With 2, 3 and 4 of them, 8192 masks of the bundled encoder leave a mean
absolute error of .038, .014 and .015 in the values, and of .0136, .0135 and .0178 in the interactions."""


@dataclass(frozen=True)
class Quadrature:
    """The Gauss–Lobatto rule on [0, 1].

    Attributes:
        p: the nodes between the ends.
        weights: of these nodes; Σ weights + 2·end_weight = 1.
        end_weight: of the nodes 0 and 1.

    Example:
        >>> from fixlip_widget.interactions.shapley_quadrature import Quadrature
        >>> rule = Quadrature.of(1)  # Simpson's
        >>> rule.p, [round(weight, 4) for weight in rule.weights], round(rule.end_weight, 4)
        ((0.5,), [0.6667], 0.1667)
    """

    p: tuple[float, ...]
    weights: tuple[float, ...]
    end_weight: float

    @classmethod
    def of(cls, n_nodes: int) -> Quadrature:
        """The rule with this many nodes between the ends, exact for polynomials of degree 2·n_nodes + 1."""
        legendre = Legendre.basis(n_nodes + 1)
        x = np.sort(legendre.deriv().roots().real)  # (n_nodes,)
        scale = 1.0 / ((n_nodes + 1) * (n_nodes + 2))
        weights = scale / legendre(x) ** 2  # (n_nodes,)
        return cls(tuple(((1.0 + x) / 2.0).tolist()), tuple(weights.tolist()), scale)

    @property
    def pair_weights(self) -> tuple[float, ...]:
        """The weights times 6 p(1 − p)."""
        return tuple(6.0 * p * (1.0 - p) * weight for p, weight in zip(self.p, self.weights, strict=True))


def quadrature_for(n_players: int, *, enumerated: bool) -> Quadrature:
    """The rule for a game of this many players: exact where all its masks are enumerated, which serve every node."""
    return Quadrature.of(max(1, math.ceil((n_players - 1) / 2)) if enumerated else N_NODES)


def integrate(
    rule: Quadrature,
    fits: Sequence[tuple[Coefficients, StandardErrors]],
    ends: tuple[Tensor, Tensor],
    full_value: float,
    order: int,
) -> tuple[Coefficients, StandardErrors]:
    """Shapley values (order 1) or faithful Shapley interactions (order 2), with standard errors.

    The values are shifted equally, so that they add up to the game's value of all players: quadrature and sampling
    leave a small difference. Errors take the masks of different nodes as independent, and the value of a player and
    those of the others.

    Args:
        rule: the nodes and weights.
        fits: at each node, the weighted Banzhaf fit of the same order to a game whose empty coalition has value 0.
        ends: (n,) values at p = 0 and at p = 1.
        full_value: the game's value of all players.
        order: 1 or 2.
    """
    values = rule.end_weight * (ends[0] + ends[1])  # (n,)
    n, total = len(values), 0.0
    second, second_variance = torch.zeros(n, n, dtype=values.dtype), torch.zeros(n, n, dtype=values.dtype)  # (n, n)
    variance, first_variance = torch.zeros_like(values), torch.zeros_like(values)  # (n,) each
    for p, weight, pair_weight, (fit, errors) in zip(rule.p, rule.weights, rule.pair_weights, fits, strict=True):
        values = values + weight * (fit.first + p * fit.second.sum(dim=1))
        of_value = errors.first_order**2  # (n,)
        variance += weight**2 * of_value
        total += weight**2 * (float(of_value.sum()) if errors.total is None else errors.total**2)
        if order == 2:
            second = second + pair_weight * fit.second
            second_variance += (pair_weight * errors.second) ** 2
            # A node adds weight·valueᵢ − pair_weight/2·Σⱼ eᵢⱼ to a coefficient, with eᵢ = valueᵢ − p·Σⱼ eᵢⱼ.
            b = pair_weight / (2.0 * p)
            a = weight - b
            # Where it is not known, the value and the sum count as uncorrelated: their features are nearly orthogonal.
            covariance = of_value if errors.covariance is None else errors.covariance  # (n,)
            first_variance += a**2 * of_value + b**2 * errors.first**2 + 2.0 * a * b * covariance
    values = values + (full_value - float(values.sum())) / n
    by_shift = total / n**2 - 2.0 / n * variance  # (n,) as the mean error of all values is taken off each
    first_variance = (first_variance if order == 2 else variance) + by_shift
    first = values - second.sum(dim=1) / 2.0  # (n,)
    shrinkage = sum(weight * fit.shrinkage for weight, (fit, _) in zip(rule.pair_weights, fits, strict=True))
    return Coefficients(0.0, first, second, shrinkage=min(shrinkage, 1.0)), StandardErrors(
        first_variance.clamp(min=0.0).sqrt(), second_variance.sqrt(), (variance + by_shift).clamp(min=0.0).sqrt()
    )
