"""p-faithfulness: does the explanation predict the game on masks it has not seen?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fixlip_widget.explanation import Explanation
from fixlip_widget.game import SimilarityGame

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
    """Share of the variance of values (m,) that the explanation predicts from their masks (m, n)."""
    missed = values - explanation.predict(masks)  # (m,)
    return float(1.0 - (missed**2).sum() / ((values - values.mean()) ** 2).sum())
