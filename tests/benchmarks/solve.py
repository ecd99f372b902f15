"""The product-grid solve against dense weighted least squares on the same pairs, 57 players.

The dense fit is that of the authors' code, on terms of total degree 2; ours is on all products of both modalities,
which its own tests compare with an explicit regression.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn import functional as F

from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import regress, to_coefficients
from fixlip_widget.typing import FloatArray
from tests.benchmarks.measure import Line, apart
from tests.games import Sample, accumulate, fit_samples

N_IMAGE, N_TEXT, WIDTH, P, SCALE = 49, 8, 512, 0.5, 100.0


def samples(m: int, k: int | None = None) -> tuple[Sample, Sample]:
    """m image masks and all, or k drawn, text masks with random unit embeddings."""
    generator = torch.Generator().manual_seed(0)
    image = bernoulli_masks(N_IMAGE, P, m, generator)
    text = all_masks(N_TEXT, P) if k is None else bernoulli_masks(N_TEXT, P, k, generator)
    return _answered(image, generator), _answered(text, generator)


def _answered(masks: MaskSet, generator: torch.Generator) -> Sample:
    towards = torch.randn(masks.n_players, WIDTH, generator=generator)  # (n, WIDTH)
    noise = torch.randn(len(masks), WIDTH, generator=generator)  # (m, WIDTH)
    return Sample(masks, P, F.normalize(masks.masks.float() @ towards + noise, dim=1))


def product_grid(m: int, k: int | None = None) -> Callable[[], FloatArray]:
    """The package's own solve, from masks and embeddings to values, as the dense one does; errors are another line."""

    def solve(image: Sample, text: Sample) -> FloatArray:
        moments = accumulate(image, 2, "image"), accumulate(text, 2, "text")
        equations = moments[0].normal_equations, moments[1].normal_equations
        theta = regress(*equations, scale=SCALE, bias=0.0)  # (F_v, F_t)
        return to_coefficients(theta, moments[0].basis, moments[1].basis, order=2).second.numpy()

    return _warm(solve, m, k)


def _warm(solve: Callable[[Sample, Sample], FloatArray], m: int, k: int | None) -> Callable[[], FloatArray]:
    """The solve of m × k masks by libraries that have been called before."""
    solve(*samples(2048, 48))
    sides = samples(m, k)
    return lambda: solve(*sides)


def with_errors(m: int) -> Callable[[], FloatArray]:
    """The same, standard errors included, as every explanation has them."""
    image, text = samples(m)
    return lambda: fit_samples(image, text, scale=SCALE, bias=0.0, order=2)[1].second.numpy()


def dense(m: int, k: int | None = None) -> Callable[[], FloatArray]:
    """The whole design matrix of m·k rows, as the authors' code forms it, and its normal equations."""

    def solve(image: Sample, text: Sample) -> FloatArray:
        x = image.masks.masks.double().repeat_interleave(len(text.masks), dim=0)  # (m·k, n_v)
        y = text.masks.masks.double().repeat(len(image.masks), 1)  # (m·k, n_t)
        values = SCALE * (image.embeddings.double() @ text.embeddings.double().T).flatten()  # (m·k,)
        weights = (image.masks.weights[:, None] * text.masks.weights).flatten()  # (m·k,)
        masks = torch.cat([x, y], dim=1)  # (m·k, n)
        a, b = torch.triu_indices(N_IMAGE + N_TEXT, N_IMAGE + N_TEXT, offset=1)
        design = torch.cat([torch.ones_like(masks[:, :1]), masks, masks[:, a] * masks[:, b]], dim=1)  # (m·k, terms)
        weighted = design * weights[:, None]  # (m·k, terms)
        theta = torch.linalg.solve(weighted.T @ design, weighted.T @ values)  # (terms,)
        second = torch.zeros(N_IMAGE + N_TEXT, N_IMAGE + N_TEXT, dtype=torch.float64)
        second[a, b] = theta[1 + N_IMAGE + N_TEXT :]
        return (second + second.T).numpy()

    return _warm(solve, m, k)


def run() -> Iterator[Line]:
    """Dense and product grid on 2048 × 64 masks, and the product grid on 2^20 pairs."""
    m = 2**17 // 64
    quick, lean, _ = apart(product_grid, m, 64)
    slow, heavy, _ = apart(dense, m, 64)
    yield Line(
        "solve: dense / product grid, 2^17 pairs",
        slow / quick,
        "×",
        at_least=100,
        detail=f"{slow:.1f} s / {quick:.3f} s",
    )
    yield Line(
        "memory: dense / product grid, 2^17 pairs",
        heavy / lean,
        "×",
        at_least=50,
        detail=f"{heavy / 1e9:.2f} GB / {lean / 1e6:.0f} MB",
    )
    taken, _, _ = apart(product_grid, 4096)
    yield Line("solve, 2^20 pairs", taken, "s", at_most=5)
    taken, _, _ = apart(with_errors, 4096)
    yield Line("solve with standard errors, 2^20 pairs", taken, "s", at_most=5)
