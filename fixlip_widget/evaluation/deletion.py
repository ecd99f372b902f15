"""Insertion and deletion: the similarity as tokens are removed in the order of an explanation, and the area AID."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import BoolArray, FloatArray

POINTS = 51
"""Points of a deletion curve."""
MAX_START_PLAYERS = 100
"""Up to this many tokens, sets are grown from each of them."""
STARTS_PER_CRITERION = 19
"""Beyond that, from this many tokens for each of six rankings."""


class DeletionCurves(NamedTuple):
    """Similarity over the share of tokens kept, from 0 for the empty input to 1 for the full one, (51,) each."""

    kept: FloatArray
    least_first: FloatArray
    """The least important tokens are deleted first, so the best set of each size is kept."""
    most_first: FloatArray
    """The most important tokens are deleted first, so the worst set of each size is kept."""

    @property
    def area(self) -> float:
        """AID, the area between the curves: 0 for a random order, negative for a wrong one."""
        height = self.least_first - self.most_first  # (51,)
        return float(np.diff(self.kept) @ (height[1:] + height[:-1]) / 2)


def deletion_curves(explanation: Explanation, game: SimilarityGame) -> DeletionCurves:
    """Both curves of FIxLIP (arXiv 2508.05430), ŷ = (y − y∅) / (y_full − y∅); NaN where the two values are equal."""
    kept = np.linspace(0.0, 1.0, POINTS)  # (51,)
    best, worst = best_and_worst(explanation)  # (n + 1, n) each
    values = game(np.concatenate([best, worst])).reshape(2, -1)  # (2, n + 1)
    span = game.full_value - game.empty_value
    shares = np.full_like(values, np.nan) if span == 0 else values / span  # (2, n + 1)
    sizes = np.linspace(0.0, 1.0, shares.shape[1])  # (n + 1,)
    return DeletionCurves(kept, *(np.interp(kept, sizes, share) for share in shares))


def best_and_worst(explanation: Explanation) -> tuple[BoolArray, BoolArray]:
    """The sets of 0 to n tokens with the highest and the lowest predicted value, (n + 1, n) each, True = kept.

    At order 1 they follow the ranking. At order 2 they are grown greedily, as in FIxLIP (arXiv 2508.05430): from every
    token, or above 100 tokens from the 19 highest, lowest and nearest to zero of `first_order()` and of `first`.

    Raises:
        InputError: for order 3.
    """
    if explanation.max_order > 2:
        raise InputError("Sets are grown by an explanation of order 1 or 2, not 3; explain with max_order=2.")
    first, second = explanation.first, explanation.second
    if explanation.max_order == 1:
        starts = np.array([[int(first.argmax())], [int(first.argmin())]])
    elif explanation.n_players > MAX_START_PLAYERS:
        starts = np.tile(extreme_players(explanation.first_order(), first), (2, 1))
    else:
        starts = np.tile(np.arange(explanation.n_players), (2, 1))
    return greedy_sets(first, second, starts[0]), greedy_sets(-first, -second, starts[1])


def greedy_sets(first: FloatArray, second: FloatArray, starts: npt.NDArray[np.intp]) -> BoolArray:
    """(n + 1, n): for each size the best of the sets grown from the starts (s,), by first (n,) and second (n, n).

    Each set grows by the token of largest gain; ties go to the lowest index and to the earliest start.
    """
    n, rows = len(first), np.arange(len(starts))
    gains = first + second[starts]  # (s, n) gain of each token for each set
    values = first[starts]  # (s,)
    joined = np.full((len(starts), n), n)  # (s, n) size of the set once each token was added
    best = np.zeros((n + 1, n), dtype=bool)
    chosen = starts
    for size in range(1, n + 1):
        joined[rows, chosen] = size
        best[size] = joined[values.argmax()] <= size
        if size == n:
            break
        gains[rows, chosen] = -np.inf
        chosen = gains.argmax(axis=1)  # (s,)
        values = values + gains[rows, chosen]
        gains += second[chosen]
    return best


def extreme_players(*scores: FloatArray, count: int = STARTS_PER_CRITERION) -> npt.NDArray[np.intp]:
    """The tokens with the `count` highest, lowest and smallest absolute values of each score (n,)."""
    ranked = [np.argsort(key, kind="stable")[:count] for score in scores for key in (-score, score, np.abs(score))]
    return np.unique(np.concatenate(ranked))
