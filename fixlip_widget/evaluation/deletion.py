"""The sets of tokens that an explanation finds best and worst, size by size."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explanation import Explanation

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
MANY_PLAYERS = 100
STARTS_OF_A_KIND = 19


def best_and_worst(explanation: Explanation) -> tuple[BoolArray, BoolArray]:
    """The best and the worst sets of 0 to n tokens in an explanation's eyes, (n + 1, n) each, true = kept.

    Of first order they follow the ranking; of second order they are grown greedily, as in FIxLIP (arXiv 2508.05430):
    from every token, or above 100 tokens from the 19 highest, lowest and nearest to zero of `first_order()` and of
    `first`. InputError for third order.
    """
    if explanation.max_order > 2:
        raise InputError("Sets are grown by an explanation of order 1 or 2, not 3; explain with max_order=2.")
    first, second = explanation.first, explanation.second
    if explanation.max_order == 1:
        starts = np.array([[int(first.argmax())], [int(first.argmin())]])
    elif explanation.n_players > MANY_PLAYERS:
        starts = np.tile(telling_players(explanation.first_order(), first), (2, 1))
    else:
        starts = np.tile(np.arange(explanation.n_players), (2, 1))
    return greedy_sets(first, second, starts[0]), greedy_sets(-first, -second, starts[1])


def greedy_sets(first: FloatArray, second: FloatArray, starts: npt.NDArray[np.intp]) -> BoolArray:
    """(n + 1, n): for each size the best of the sets grown from the starts (s,), by first (n,) and second (n, n).

    Each grows by the token that adds most; of equals the one of lowest index, and the set of the earliest start.
    """
    n, rows = len(first), np.arange(len(starts))
    gains = first + second[starts]  # (s, n) what each token would add to each set
    values = first[starts]  # (s,)
    joined = np.full((len(starts), n), n)  # (s, n) the size of the set when each token came in
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


def telling_players(*scores: FloatArray, count: int = STARTS_OF_A_KIND) -> npt.NDArray[np.intp]:
    """The tokens that have one of the highest, lowest or smallest scores (n,) in one of the ways to score."""
    ranked = [np.argsort(key, kind="stable")[:count] for score in scores for key in (-score, score, np.abs(score))]
    return np.unique(np.concatenate(ranked))


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
