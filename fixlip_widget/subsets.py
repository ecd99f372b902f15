"""The set of tokens of one size with the highest predicted value, by greedy search; its twin is `js/src/subsets.ts`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fixlip_widget.polynomial import Polynomial
from fixlip_widget.typing import FloatArray

MAX_STARTS = 100
"""Up to this many tokens, the search starts from each of them."""
STARTS_PER_RANKING = 19
"""Beyond that, from so many tokens of each of six rankings."""


def best_subset(polynomial: Polynomial, size: int, required: Sequence[int] = ()) -> tuple[int, ...]:
    """The tokens of the best set found, in the order in which they were added.

    Sets are grown by the token of largest gain, as in FIxLIP (arXiv 2508.05430): from the `required` tokens, or from
    every token; above 100 tokens from the 19 highest, lowest and nearest to zero of `first` and of `first_order()`.

    Example:
        >>> import fixlip_widget as fw
        >>> from fixlip_widget.demo.showcase import showcase
        >>> from fixlip_widget.subsets import best_subset
        >>> explanation = fw.Explainer.demo(image_grid=(1, 7)).explain(*showcase("above"), random_state=0)
        >>> [explanation.tokens[player] for player in best_subset(explanation, 2)]
        ['patch 0,3', 'star']
    """
    size = max(size, len(required))
    single, pairs = shrunk_coefficients(polynomial)
    starts = [list(required)] if required else [[int(player)] for player in start_players(polynomial, single)]
    sets = [_grow(polynomial, single, pairs, start, size) for start in starts]
    return max(sets, key=lambda grown: grown[1])[0]  # the first of equals


def _grow(
    polynomial: Polynomial, single: FloatArray, pairs: FloatArray, start: Sequence[int], size: int
) -> tuple[tuple[int, ...], float]:
    """A set grown from `start`, and its predicted value without the baseline."""
    members: list[int] = []
    value, gains = 0.0, single.copy()  # (n,) what each token would add
    while len(members) < size:
        player = start[len(members)] if len(members) < len(start) else int(gains.argmax())
        value += float(gains[player])
        gains += pairs[player]
        if polynomial.third is not None:
            for member in members:
                gains += np.nan_to_num(polynomial.third.with_pair(member, player))
        members.append(player)
        gains[player] = -np.inf
    return tuple(members), value


def shrunk_coefficients(polynomial: Polynomial) -> tuple[FloatArray, FloatArray]:
    """Coefficients of single tokens (n,) and of pairs (n, n) that predict as `predict` does.

    Where the masks were too few to determine pairs of patches, the part of a pair that is centred at p is shrunk,
    eᵢⱼ·(zᵢ − pᵢ)·(zⱼ − pⱼ) of the masks z.
    """
    if polynomial.shrinkage == 1.0:
        return polynomial.first, polynomial.second
    n_v = polynomial.n_players_image
    removed = np.zeros_like(polynomial.second)  # (n, n)
    removed[:n_v, :n_v] = (1.0 - polynomial.shrinkage) * polynomial.second[:n_v, :n_v]
    return polynomial.first + removed @ polynomial.p_players, polynomial.second - removed


def start_players(polynomial: Polynomial, single: FloatArray) -> npt.NDArray[np.intp]:
    """The tokens from which sets are grown."""
    if polynomial.n_players <= MAX_STARTS:
        return np.arange(polynomial.n_players)
    scores = (single, polynomial.first_order())
    ranked = [
        np.argsort(key, kind="stable")[:STARTS_PER_RANKING]
        for score in scores
        for key in (-score, score, np.abs(score))
    ]
    # In the order of the rankings, each once.
    return np.array(list(dict.fromkeys(np.concatenate(ranked).tolist())))
