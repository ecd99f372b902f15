"""Pairs of one large modality, where their Gram matrix no longer fits: one weighted regression, matrix-free.

Only one column of the product-grid fit, that of the constant function on the other side, has room for the pairs of
the large side; this is its regression. With z̃ = (1, z) every feature is a product z̃ₐz̃_b of two different columns
(the constant: of the first with itself), so a triangular table Θ (n + 1, n + 1) holds all coefficients and

    fitted values = ((Z̃Θ) ⊙ Z̃)·1,      adjoint of values r = the same triangle of Z̃ᵀ diag(r) Z̃.

Conjugate gradients need no more. Under Bernoulli(p) masks the features are nearly orthonormal, and their Gram matrix
has the spectrum of Marchenko and Pastur (for products of signs: Misiakiewicz 2022, arXiv 2204.10425), which gives
the strength of the ridge and the standard errors closed forms.
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
from fixlip_widget.interactions.product_grid import orthonormalise
from fixlip_widget.interactions.statistics import Statistics

ROWS = 4096
# With fewer masks per term, the noise of plain least squares, ∝ 1 / (1 − terms / masks), is better shrunk.
ENOUGH_PER_TERM = 2
# Share of the normal equations' right side, after the lower orders are taken out, that may stay unexplained.
TOLERANCE = 5e-7
MOST_STEPS = 1000


@dataclass(frozen=True)
class PairErrors:
    """Standard errors of single values (n,) and pairs (n(n − 1)/2,) on 0/1 monomials, and of eᵢ + p·Σⱼ eᵢⱼ (n,)."""

    first: Tensor
    second: Tensor
    first_order: Tensor


@dataclass(frozen=True)
class PairFit:
    """What `solve_pairs` found, (size,) on centred features in the order of `basis`.

    `coefficients` predict best; `unbiased` are the same, but for pairs that a ridge has shrunk: there the shrinkage
    is divided out. `errors` are those of `unbiased`. `ridge` is the penalty on the sum of squared pair coefficients,
    beside the mean squared residual, and 0 unless `undersampled`; `information` is what a unit of each feature
    weighs in the fit once all others are taken out; `steps` are those of conjugate gradients.
    """

    basis: Basis
    coefficients: Tensor
    unbiased: Tensor
    errors: PairErrors
    information: Tensor
    ridge: float
    undersampled: bool
    steps: int


@dataclass(frozen=True)
class PairFeatures:
    """The features of Basis(n, 2, p) at masks (m, n) bool, as a linear map that is never written out."""

    masks: Tensor
    p: float

    @cached_property
    def basis(self) -> Basis:
        """What coefficients (size,) stand for, and their order."""
        return Basis(self.masks.shape[1], 2, self.p)

    @cached_property
    def place(self) -> tuple[Tensor, Tensor]:
        """Row and column of each coefficient in the table Θ, (size,) each."""
        n = self.basis.n
        row, column = torch.triu_indices(n + 1, n + 1, offset=1, device=self.masks.device)
        return F.pad(row, (1, 0)), F.pad(column, (1, 0))

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """Some masks at a time, with their z̃ (b, n + 1)."""
        # Float32 within a block, float64 across: half the time, and rounding stalls the iteration only at 3e-7.
        for start in range(0, len(self.masks), ROWS):
            rows = slice(start, start + ROWS)
            z = (self.masks[rows].float() - self.p) / self.basis.sigma  # (b, n)
            yield rows, F.pad(z, (1, 0), value=1.0)

    def predict(self, coefficients: Tensor) -> Tensor:
        """Coefficients (size,) → fitted values (m,) float64."""
        n = self.basis.n
        theta = torch.zeros(n + 1, n + 1, device=self.masks.device)  # (n + 1, n + 1)
        theta[self.place] = coefficients.float()
        return torch.cat([torch.linalg.vecdot(z @ theta, z) for _, z in self.blocks()]).double()

    def adjoint(self, values: Tensor, power: int = 1) -> Tensor:
        """Values (m,) → their sums with each feature, to the power, (size,) float64."""
        n = self.basis.n
        total = torch.zeros(n + 1, n + 1, dtype=torch.float64, device=self.masks.device)  # (n + 1, n + 1)
        for rows, z in self.blocks():
            factor = z**power  # (b, n + 1)
            total += (factor * values[rows, None].float()).T @ factor
        return total[self.place]

    def squared_norms(self) -> tuple[Tensor, Tensor]:
        """Of each mask's features of degree 0 and 1 together, and of degree 2, (m,) each."""
        kept = self.masks.sum(dim=1).double()  # (m,)
        odds = self.p / (1.0 - self.p)  # a hidden player's z²; a kept one's is the inverse
        square, fourth = (kept / odds**k + (self.basis.n - kept) * odds**k for k in (1, 2))  # (m,) each
        return 1.0 + square, (square**2 - fourth) / 2.0


def solve_pairs(masks: Tensor, weights: Tensor, response: Tensor, p: float) -> PairFit:
    """Regress a response (m,) on all features of degree up to 2 of masks (m, n) bool with weights (m,).

    With at least two masks per term this is weighted least squares. With fewer, a ridge shrinks the pairs (the
    constant and the singles stay free), its strength that of `best_ridge`, and the fit is marked as undersampled.
    Works where the masks are, in the memory of one block of rows and a few vectors. Raises InputError where the
    masks do not determine the constant and singles, or tell pairs apart so poorly that the iteration stalls.
    """
    features = PairFeatures(masks, p)
    basis, w = features.basis, weights.double() / weights.sum()  # (m,)
    lower, rest = _lower_orders(masks, w, response.double(), p)  # (size,), (m,)
    undersampled = len(masks) < ENOUGH_PER_TERM * basis.size
    ridge = best_ridge(features, w, rest) if undersampled else 0.0
    penalty = ridge * (basis.degrees == 2).to(w)  # (size,)
    update, steps = _conjugate_gradients(
        lambda theta: features.adjoint(w * features.predict(theta)) + penalty * theta,
        features.adjoint(w * rest),
        features.adjoint(w, power=2) + penalty,
    )
    if steps == MOST_STEPS:
        raise InputError(
            f"{len(masks)} image masks at p={p:g} hardly tell the {basis.size} terms of {basis.n} image tokens apart; "
            "use more n_image_masks, p nearer 0.5 or max_order=1."
        )
    found, residuals = lower + update, rest - features.predict(update)  # (size,), (m,)
    free = w * (1.0 - _leverages(features, w, ridge))  # (m,)
    information = features.adjoint(free, power=2)  # (size,)
    errors = _errors(features, (w * residuals).square(), free, information)
    return PairFit(basis, found, found * (1.0 + penalty / information), errors, information, ridge, undersampled, steps)


def rough_pairs(fit: PairFit, masks: Tensor, weights: Tensor, response: Tensor) -> Tensor:
    """Pair coefficients (size,) of another response (m,) on the masks of a fit, in one step: noisy but unbiased."""
    w = weights.double() / weights.sum()  # (m,)
    _, rest = _lower_orders(masks, w, response.double(), fit.basis.p)  # (m,)
    every = PairFeatures(masks, fit.basis.p).adjoint(w * rest) / fit.information  # (size,)
    return every * (fit.basis.degrees == 2).to(every)


def _lower_orders(masks: Tensor, weights: Tensor, response: Tensor, p: float) -> tuple[Tensor, Tensor]:
    """The dense fit without pairs (size,) and what it leaves (m,): with that start the tolerance is one of pairs."""
    basis = Basis(masks.shape[1], 1, p)
    sums = Statistics.empty(basis, 1, masks.device)
    blocks = [slice(start, start + ROWS) for start in range(0, len(masks), ROWS)]
    for rows in blocks:
        sums.update(masks[rows], response[rows, None], weights[rows])
    side = orthonormalise(sums, "image")
    lower = torch.linalg.solve_triangular(side.L.T, side.P, upper=True)[:, 0]  # (n + 1,)
    fitted = torch.cat([basis.features(masks[rows]) @ lower for rows in blocks])  # (m,)
    return F.pad(lower, (0, basis_size(basis.n, 2) - basis.size)), response - fitted


def best_ridge(features: PairFeatures, weights: Tensor, rest: Tensor) -> float:
    """The strength that predicts best, given what the fit of the lower orders left of the response, `rest` (m,).

    For many nearly orthonormal features the risk of a ridge depends on the coefficients only through their signal
    τ² = Σθ², and is least at (pairs / masks)·noise / τ² (Dobriban and Wager 2018, "High-dimensional asymptotics of
    prediction"). τ² = ‖E[y φ]‖² is estimated by products of different masks, which is unbiased with fewer masks
    than pairs, too (Dicker 2014, "Variance estimation in high-dimensional linear models"); the noise is the rest
    of the variance. Neither is taken for less than the standard error of τ² without signal. Costs one adjoint.
    """
    n = features.basis.n
    per_mask = float(weights.square().sum())  # 1 / m for equal weights
    free = 1.0 - (n + 1) * per_mask
    variance = float(weights @ rest.square()) / free
    moments = features.adjoint(weights * rest)[1 + n :]  # (pairs,)
    same_mask = (weights * rest).square() @ features.squared_norms()[1]
    signal = float(moments @ moments - same_mask) / free**2
    least = variance * math.sqrt(2 * len(moments)) * per_mask + sys.float_info.min
    return len(moments) * per_mask * max(variance - signal, least) / max(signal, least)


def _conjugate_gradients(multiply: Callable[[Tensor], Tensor], b: Tensor, diagonal: Tensor) -> tuple[Tensor, int]:
    """Solve multiply(x) = b, preconditioned by the diagonal: x and the steps taken, MOST_STEPS if to no end."""
    x, residual, enough = torch.zeros_like(b), b, TOLERANCE * b.norm()
    direction = scaled = b / diagonal
    energy = residual @ scaled
    for step in range(MOST_STEPS):
        if residual.norm() <= enough:
            return x, step
        image = multiply(direction)
        length = energy / (direction @ image)
        x = x + length * direction
        residual = residual - length * image
        scaled = residual / diagonal
        before, energy = energy, residual @ scaled
        direction = scaled + (energy / before) * direction
    return x, MOST_STEPS


def _errors(features: PairFeatures, spread: Tensor, free: Tensor, information: Tensor) -> PairErrors:
    """Sandwich errors with the inverse Gram matrix in closed form, from w²r² (m,), w(1 − h) (m,) and Σ w(1 − h)f².

    A feature f is nearly independent of all others, hence of the residuals r that they leave and of their leverages
    h. With everything else taken out, what is left of it is worth Σ w(1 − h)f², and its coefficient has the error
    √(Σ w²r²f²) / Σ w(1 − h)f²; for equal weights and ±1 features that is √(σ̂² / (m − size)), right even where size is
    of the order of m (Cattaneo, Jansson and Newey 2018, "Inference in linear regression models with many covariates
    and heteroscedasticity"). A penalised coefficient θ obeys penalty·θ = Σ wfr, the share of itself left in r, so
    θ·(1 + penalty / Σ w(1 − h)f²) is unbiased, with the same error (Bellec and Zhang 2023, "Debiasing convex
    regularized estimators"). A single value on 0/1 monomials is cᵀθ: its f is cᵀφ, its error in units of ‖c‖².
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
    """(m,) of each mask, with the Gram matrix's inverse replaced by 1 / g and, for pairs, 1 / (g + ridge).

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
