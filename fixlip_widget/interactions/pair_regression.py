"""Matrix-free regression on all pairs of one modality, where their Gram matrix would not fit into memory.

Only one column of the product-grid fit, that of the constant function on the other side, contains the pairs of the
large side; this is its regression. With z̃ = (1, z) every feature is a product z̃ₐz̃_b of two different columns
(the constant: of the first with itself), so a triangular matrix Θ (n + 1, n + 1) holds all coefficients and

    fitted values = ((Z̃Θ) ⊙ Z̃)·1,      adjoint of values r = the same triangle of Z̃ᵀ diag(r) Z̃.

Conjugate gradients need no more. Under Bernoulli(p) masks the features are nearly orthonormal, and their Gram matrix
has the spectrum of Marchenko and Pastur (for products of signs: Misiakiewicz 2022, arXiv 2204.10425), which gives
the ridge penalty and the standard errors in closed form.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import Basis, basis_size
from fixlip_widget.interactions.product_grid import normal_equations
from fixlip_widget.interactions.statistics import Statistics

BLOCK_ROWS = 4096
"""Masks whose features are in memory at once."""
MIN_MASKS_PER_TERM = 2
"""With fewer masks the noise of least squares, ∝ 1 / (1 − terms / masks), is reduced by a ridge."""
TOLERANCE = 5e-7
"""Residual of the normal equations relative to their right-hand side, once the lower orders are taken out."""
MAX_STEPS = 1000
"""Steps of conjugate gradients before the problem counts as ill-conditioned."""


@dataclass(frozen=True)
class PairErrors:
    """Standard errors of single values (n,) and pairs (n(n − 1)/2,) on 0/1 monomials, and of eᵢ + p·Σⱼ eᵢⱼ (n,)."""

    first: Tensor
    second: Tensor
    first_order: Tensor


@dataclass(frozen=True)
class PairFit:
    """The solution of `solve_pairs`, (size,) on standardised features in the order of `basis`.

    Attributes:
        basis: basis of the coefficients.
        coefficients: those that predict best.
        debiased: the same with the shrinkage of the ridge divided out of the pairs.
        errors: standard errors of `debiased`.
        information: residual weight of each feature once all others are regressed out.
        ridge: penalty on the sum of squared pair coefficients beside the mean squared residual; 0 for least squares.
        undersampled: whether a ridge was used, as masks were few.
        steps: number of steps of conjugate gradients.
    """

    basis: Basis
    coefficients: Tensor
    debiased: Tensor
    errors: PairErrors
    information: Tensor
    ridge: float
    undersampled: bool
    steps: int


@dataclass(frozen=True)
class PairFeatures:
    """The features of Basis(n, 2, p) at masks (m, n) bool, as a linear operator."""

    masks: Tensor
    p: float

    @cached_property
    def basis(self) -> Basis:
        """The basis that coefficients (size,) refer to."""
        return Basis(self.masks.shape[1], 2, self.p)

    @cached_property
    def place(self) -> tuple[Tensor, Tensor]:
        """Row and column of each coefficient in the matrix Θ, (size,) each."""
        n = self.basis.n
        row, column = torch.triu_indices(n + 1, n + 1, offset=1, device=self.masks.device)
        return F.pad(row, (1, 0)), F.pad(column, (1, 0))

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """Blocks of masks with their z̃ (b, n + 1)."""
        # float32 within a block and float64 across: half the time, and rounding limits the residual only at 3e-7.
        for start in range(0, len(self.masks), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            z = (self.masks[rows].float() - self.p) / self.basis.sigma  # (b, n)
            yield rows, F.pad(z, (1, 0), value=1.0)

    def predict(self, coefficients: Tensor) -> Tensor:
        """Coefficients (size,) → fitted values (m,) float64."""
        n = self.basis.n
        theta = torch.zeros(n + 1, n + 1, device=self.masks.device)  # (n + 1, n + 1)
        theta[self.place] = coefficients.float()
        return torch.cat([torch.linalg.vecdot(z @ theta, z) for _, z in self.blocks()]).double()

    def adjoint(self, values: Tensor, power: int = 1) -> Tensor:
        """Values (m,) → their inner products with each feature, raised to `power`, (size,) float64."""
        n = self.basis.n
        total = torch.zeros(n + 1, n + 1, dtype=torch.float64, device=self.masks.device)  # (n + 1, n + 1)
        for rows, z in self.blocks():
            powers = z**power  # (b, n + 1)
            total += (powers * values[rows, None].float()).T @ powers
        return total[self.place]

    def squared_norms(self) -> tuple[Tensor, Tensor]:
        """Squared norms of each mask's features of degree 0 and 1 together, and of degree 2, (m,) each."""
        kept = self.masks.sum(dim=1).double()  # (m,)
        odds = self.p / (1.0 - self.p)  # a hidden player's z²; a kept one's is the inverse
        square, fourth = (kept / odds**k + (self.basis.n - kept) * odds**k for k in (1, 2))  # (m,) each
        return 1.0 + square, (square**2 - fourth) / 2.0


def solve_pairs(masks: Tensor, weights: Tensor, response: Tensor, p: float) -> PairFit:
    """Regress a response (m,) on all features of degree up to 2 of masks (m, n) bool with weights (m,).

    With at least two masks per term this is weighted least squares. With fewer, a ridge with the penalty of
    `optimal_ridge` shrinks the pairs (the constant and the singles are not penalised), and the fit is marked as
    undersampled. It runs on the device of the masks, in the memory of one block of rows and a few vectors.

    Raises:
        InputError: where the masks do not determine the constant and the singles, or the iteration does not converge.
    """
    features = PairFeatures(masks, p)
    basis, w = features.basis, weights.double() / weights.sum()  # (m,)
    lower, rest = _lower_orders(masks, w, response.double(), p)  # (size,), (m,)
    undersampled = len(masks) < MIN_MASKS_PER_TERM * basis.size
    ridge = optimal_ridge(features, w, rest) if undersampled else 0.0
    penalty = ridge * (basis.degrees == 2).to(w)  # (size,)
    update, steps = _conjugate_gradients(
        lambda theta: features.adjoint(w * features.predict(theta)) + penalty * theta,
        features.adjoint(w * rest),
        features.adjoint(w, power=2) + penalty,
    )
    if steps == MAX_STEPS:
        raise InputError(
            f"{len(masks)} image masks at p={p:g} hardly determine the {basis.size} terms of {basis.n} image tokens; "
            "use more n_image_masks, p nearer 0.5 or max_order=1."
        )
    solution, residuals = lower + update, rest - features.predict(update)  # (size,), (m,)
    free = w * (1.0 - _leverages(features, w, ridge))  # (m,)
    information = features.adjoint(free, power=2)  # (size,)
    errors = _errors(features, (w * residuals).square(), free, information)
    debiased = solution * (1.0 + penalty / information)  # (size,)
    return PairFit(basis, solution, debiased, errors, information, ridge, undersampled, steps)


def average_pairs(masks: Tensor, spare: Tensor, weights: Tensor, response: Tensor) -> PairFit:
    """The same from designed masks (m, n) with spare columns (m, s), at p = ½: features are orthonormal, so there is
    nothing to solve.

    Errors are the mean squares of what is fitted to functions of the masks on which the game does not depend. With
    fewer than two masks per term the ridge is that which predicts best, noise / signal of the pairs.
    """
    features, w = PairFeatures(masks, 0.5), weights.double() / weights.sum()  # (m,)
    basis, weighted = features.basis, w * response.double()  # (m,)
    coefficients = features.adjoint(weighted)  # (size,)
    if spare.shape[1] > 1:
        unused = PairFeatures(spare, 0.5)
        errors, degrees = unused.adjoint(weighted), unused.basis.degrees
    else:
        errors, degrees = features.adjoint(weighted * (2.0 * spare[:, 0].double() - 1.0)), basis.degrees
    single, pair = (errors[degrees == degree].square().mean() for degree in (1, 2))
    signal = coefficients[basis.degrees == 2].square().mean() - pair
    undersampled = len(masks) < MIN_MASKS_PER_TERM * basis.size
    # A factor of 1/100 at least.
    ridge = float(pair / torch.maximum(signal, pair / 99.0).clamp(min=sys.float_info.min)) if undersampled else 0.0
    n, p, sigma = basis.n, basis.p, basis.sigma
    first = (single / sigma**2 + (n - 1) * p**2 / sigma**4 * pair).sqrt()
    return PairFit(
        basis=basis,
        coefficients=coefficients / (1.0 + ridge * (basis.degrees == 2).to(coefficients)),
        debiased=coefficients,
        errors=PairErrors(
            first.expand(n), (pair.sqrt() / sigma**2).expand(len(basis.pairs[0])), (single.sqrt() / sigma).expand(n)
        ),
        information=torch.ones_like(coefficients),
        ridge=ridge,
        undersampled=undersampled,
        steps=0,
    )


def approximate_pairs(fit: PairFit, masks: Tensor, weights: Tensor, response: Tensor) -> Tensor:
    """Unbiased pair coefficients (size,) of another response (m,) on the masks of a fit, without another solve."""
    w = weights.double() / weights.sum()  # (m,)
    _, rest = _lower_orders(masks, w, response.double(), fit.basis.p)  # (m,)
    estimate = PairFeatures(masks, fit.basis.p).adjoint(w * rest) / fit.information  # (size,)
    return estimate * (fit.basis.degrees == 2).to(estimate)


def _lower_orders(masks: Tensor, weights: Tensor, response: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """The dense fit without pairs (size,) and its residuals (m,), so that the tolerance applies to the pairs alone."""
    basis = Basis(masks.shape[1], 1, p)
    sums = Statistics.empty(basis, 1, masks.device)
    blocks = [slice(start, start + BLOCK_ROWS) for start in range(0, len(masks), BLOCK_ROWS)]
    for rows in blocks:
        sums.update(masks[rows], response[rows, None], weights[rows])
    equations = normal_equations(sums, "image")
    lower = equations.effects[:, 0]  # (n + 1,)
    fitted = torch.cat([basis.features(masks[rows]) @ lower for rows in blocks])  # (m,)
    return F.pad(lower, (0, basis_size(basis.n, 2) - basis.size)), response - fitted


def optimal_ridge(features: PairFeatures, weights: Tensor, rest: Tensor) -> float:
    """The penalty that predicts best, from the residuals `rest` (m,) of the fit of the lower orders.

    For many nearly orthonormal features the risk of a ridge depends on the coefficients only through their signal
    τ² = Σθ², and is least at (pairs / masks)·noise / τ² (Dobriban and Wager 2018, "High-dimensional asymptotics of
    prediction"). τ² = ‖E[y φ]‖² is estimated by products of different masks, which is unbiased with fewer masks
    than pairs, too (Dicker 2014, "Variance estimation in high-dimensional linear models"); the noise is the rest
    of the variance. Both are bounded below by the standard error of τ² without signal. The cost is one adjoint.
    """
    n = features.basis.n
    per_mask = float(weights.square().sum())  # 1 / m for equal weights
    free = 1.0 - (n + 1) * per_mask
    variance = float(weights @ rest.square()) / free
    moments = features.adjoint(weights * rest)[1 + n :]  # (pairs,)
    same_mask = (weights * rest).square() @ features.squared_norms()[1]
    signal = float(moments @ moments - same_mask) / free**2
    floor = variance * math.sqrt(2 * len(moments)) * per_mask + sys.float_info.min
    return len(moments) * per_mask * max(variance - signal, floor) / max(signal, floor)


def _conjugate_gradients(multiply: Callable[[Tensor], Tensor], b: Tensor, diagonal: Tensor) -> tuple[Tensor, int]:
    """Solve multiply(x) = b, preconditioned by the diagonal: x and the number of steps, MAX_STEPS if not converged."""
    x, residual, tolerance = torch.zeros_like(b), b, TOLERANCE * b.norm()
    direction = preconditioned = b / diagonal
    energy = residual @ preconditioned
    for step in range(MAX_STEPS):
        if residual.norm() <= tolerance:
            return x, step
        image = multiply(direction)
        length = energy / (direction @ image)
        x = x + length * direction
        residual = residual - length * image
        preconditioned = residual / diagonal
        before, energy = energy, residual @ preconditioned
        direction = preconditioned + (energy / before) * direction
    return x, MAX_STEPS


def _errors(features: PairFeatures, spread: Tensor, free: Tensor, information: Tensor) -> PairErrors:
    """Sandwich errors with the inverse Gram matrix in closed form, from w²r² (m,), w(1 − h) (m,) and Σ w(1 − h)f².

    A feature f is nearly independent of all others, hence of their residuals r and leverages h. Regressing out all
    others leaves it the weight Σ w(1 − h)f², and its coefficient has the error √(Σ w²r²f²) / Σ w(1 − h)f²; for equal
    weights and ±1 features that is √(σ̂² / (m − size)), which holds even where size is of the order of m (Cattaneo,
    Jansson and Newey 2018, "Inference in linear regression models with many covariates and heteroscedasticity"). A
    penalised coefficient θ satisfies penalty·θ = Σ wfr, so θ·(1 + penalty / Σ w(1 − h)f²) is unbiased, with the same
    error (Bellec and Zhang 2023, "Debiasing convex regularized estimators"). A single value on 0/1 monomials is cᵀθ:
    its f is cᵀφ, and its error is in units of ‖c‖².
    """
    n, p, sigma = features.basis.n, features.basis.p, features.basis.sigma
    error = features.adjoint(spread, power=2).sqrt() / information  # (size,)
    above, below = torch.zeros(2, n, dtype=torch.float64, device=spread.device)  # (n,) each
    for rows, z in features.blocks():
        others = z[:, 1:].sum(dim=1, keepdim=True) - z[:, 1:]  # (b, n)
        square = (z[:, 1:] / sigma * (1.0 - p / sigma * others)).double().square()  # (b, n)
        above += spread[rows] @ square
        below += free[rows] @ square
    length = 1.0 / sigma**2 + (n - 1) * p**2 / sigma**4
    return PairErrors(above.sqrt() / below * length, error[1 + n :] / sigma**2, error[1 : 1 + n] / sigma)


def _leverages(features: PairFeatures, w: Tensor, ridge: float) -> Tensor:
    """(m,) leverages, with the inverse Gram matrix replaced by 1 / g and, for pairs, by 1 / (g + ridge).

    g solves Marchenko and Pastur's equation g = mean feature² · (1 − leverage) over the masks; with equal norms and
    no ridge that is g = 1 − size / m.
    """
    lower, pairs = features.squared_norms()  # (m,) each
    g = torch.ones((), dtype=torch.float64, device=w.device)
    for _ in range(200):  # a contraction by size / m at worst
        h = w * (lower / g + pairs / (g + ridge))  # (m,)
        h = h / (1.0 + h)
        g = w @ ((lower + pairs) * (1.0 - h)) / features.basis.size
    return h
