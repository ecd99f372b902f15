"""Insertion and deletion: how the similarity goes when tokens are taken away in the order that an explanation says."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fixlip_widget.evaluation.subsets import best_and_worst
from fixlip_widget.explanation import Explanation
from fixlip_widget.game import SimilarityGame

FloatArray = npt.NDArray[np.float64]
POINTS = 51


class Curves(NamedTuple):
    """Similarity over the share of tokens kept, from 0 for the empty input to 1 for the whole, (51,) each."""

    kept: FloatArray
    least_first: FloatArray
    """The least important tokens are deleted first: the best set of each size is kept."""
    most_first: FloatArray
    """The most important tokens are deleted first: the worst set of each size is kept."""

    @property
    def area(self) -> float:
        """AID, the area between them: 0 for an explanation that says nothing, negative for one that is wrong."""
        height = self.least_first - self.most_first  # (51,)
        return float(np.diff(self.kept) @ (height[1:] + height[:-1]) / 2)


def deletion_curves(explanation: Explanation, game: SimilarityGame) -> Curves:
    """Both curves of FIxLIP (arXiv 2508.05430), with ŷ = (y − y∅) / (y_full − y∅); NaN where these two are equal."""
    kept = np.linspace(0.0, 1.0, POINTS)  # (51,)
    best, worst = best_and_worst(explanation)  # (n + 1, n) each
    values = game(np.concatenate([best, worst])).reshape(2, -1)  # (2, n + 1)
    span = game.full_value - game.empty_value
    shares = np.full_like(values, np.nan) if span == 0 else values / span  # (2, n + 1)
    sizes = np.linspace(0.0, 1.0, shares.shape[1])  # (n + 1,)
    return Curves(kept, *(np.interp(kept, sizes, share) for share in shares))
