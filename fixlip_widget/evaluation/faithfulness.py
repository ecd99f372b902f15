"""p-faithfulness: does the explanation predict the game on masks it has not seen?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explanation import Explanation

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]


def fresh_r2(explanation: Explanation, game: SimilarityGame, *, n_masks: int = 1000, random_state: int = 0) -> float:
    """Share of the game's variance that the explanation predicts on `n_masks` new masks drawn with its own p.

    1 is perfect, 0 no better than the mean; below 0 it is worse than the mean.
    """
    return r2(explanation, *fresh_values(game, explanation.p_players, n_masks=n_masks, random_state=random_state))


def fresh_values(
    game: SimilarityGame, p: FloatArray, *, n_masks: int = 1000, random_state: int = 0
) -> tuple[BoolArray, FloatArray]:
    """New masks (m, n), each player kept with probability p (n,), and the game's values of them (m,)."""
    masks = np.random.default_rng(random_state).random((n_masks, len(p))) < p  # (m, n)
    return masks, game(masks)


def r2(explanation: Explanation, masks: BoolArray, values: FloatArray) -> float:
    """Share of the variance of values (m,) that the explanation predicts from their masks (m, n).

    An explanation that is not in logits is first brought to them by the straight line that fits best.
    """
    missed = values - in_logits(explanation, masks, values)  # (m,)
    return float(1.0 - (missed**2).sum() / ((values - values.mean()) ** 2).sum())


def in_logits(explanation: Explanation, masks: BoolArray, values: FloatArray) -> FloatArray:
    """(m,): what an explanation predicts from masks (m, n); in other units, on the line that fits values (m,) best."""
    predicted = explanation.predict(masks)  # (m,)
    if explanation.units == "logits":
        return predicted
    spread = predicted.std()
    slope = correlation(predicted, values) * values.std() / spread if spread else 0.0
    line: FloatArray = values.mean() + slope * (predicted - predicted.mean())  # (m,)
    return line


def spearman(explanation: Explanation, masks: BoolArray, values: FloatArray) -> float:
    """Rank correlation of values (m,) and what the explanation predicts from their masks (m, n)."""
    return correlation(ranks(explanation.predict(masks)), ranks(values))


def ranks(values: FloatArray) -> FloatArray:
    """(m,) from 0; equals share the mean of their ranks."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle: FloatArray = np.cumsum(counts) - (counts + 1) / 2  # (distinct,)
    return middle[which]


def correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson's, of (m,) and (m,); 0 where one of them is constant and nothing can be told."""
    a, b = a - a.mean(), b - b.mean()  # (m,)
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 0.0
