"""Weighted least squares whose rows are made a block at a time, and how far each row moves the solution.

The normal equations are summed over blocks, so that memory grows with the square of the terms and not with the rows.
Row i of weight u, features φ and residual ρ moves the solution by about G⁻¹φ·uρ / (1 − h), with G = Σ uφφᵀ and the
leverage h = u·φᵀG⁻¹φ; sums of squares of these influences are the HC3 variances of MacKinnon and White (1985), "Some
heteroskedasticity-consistent covariance matrix estimators". Rows are taken to be independent draws. A row of leverage 1
decides some term alone and leaves no residual to judge it by: where influences are asked for, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.cholesky import factor
from fixlip_widget.interactions.standard_errors import LARGEST_LEVERAGE

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
