"""Explanations and games whose every number is known."""

from __future__ import annotations

import numpy as np

from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.games import TableEncoder

GRID, WORDS = (3, 4), ("red", "cat")


def explanation(order: int = 2, grid: tuple[int, int] = GRID, words: tuple[str, ...] = WORDS) -> Explanation:
    rng = np.random.default_rng(8)
    patches = grid[0] * grid[1]
    n = patches + len(words)
    second = rng.normal(size=(n, n)) if order > 1 else np.zeros((n, n))
    second = np.triu(second, 1) + np.triu(second, 1).T
    return Explanation(
        first=rng.normal(size=n),
        second=second,
        tokens=(*(f"patch {k}" for k in range(patches)), *words),
        grid=grid,
        caption=" ".join(words),
        image=None,
        baseline_value=0.0,
        empty_value=0.0,
        full_value=1.0,
        p=0.5,
        max_order=order,
        index="FWBII",
        method="fixlip",
        model="none",
        estimated=False,
    )


def table_explainer() -> Explainer:
    """2×3 patches and one token per word, with random values."""
    return Explainer(TableEncoder())
