"""The pointing game: do the words point at their own objects?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation


def quadrants(grid: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(4, patches): the patches of every quadrant, row by row; the middle row and column of odd grids are nobody's."""
    rows, columns = (np.arange(side) for side in grid)
    marks = []
    for low_row, low_column in ((True, True), (True, False), (False, True), (False, False)):
        row = rows < grid[0] // 2 if low_row else rows >= grid[0] - grid[0] // 2  # (rows,)
        column = columns < grid[1] // 2 if low_column else columns >= grid[1] - grid[1] // 2  # (columns,)
        marks.append((row[:, None] & column[None, :]).ravel())
    return np.stack(marks)


def word_values(explanation: Explanation) -> npt.NDArray[np.float64]:
    """(words, patches): interactions of each word with each patch; with order 1, what the patch is worth by itself."""
    n = explanation.n_players_image
    if explanation.max_order == 1:
        return np.tile(explanation.first_order()[:n], (explanation.n_players_text, 1))
    return np.stack([explanation.conditional(word)[:n] for word in range(n, explanation.n_players)])


def pointing_scores(explanation: Explanation, targets: Mapping[int, int]) -> tuple[float, float]:
    """How much of the interaction between words and quadrants is right, and how much wrong.

    `targets` says for each word (its token) which quadrant (0 to 3) shows what it names. Right are positive
    interactions with the word's own quadrant and negative ones with the others, wrong the opposite; with order 1 a
    patch counts by its own value. PGR, the pointing game recognition of FIxLIP (arXiv 2508.05430), is right /
    (right + wrong), both summed over words and images.
    """
    regions = quadrants(explanation.grid)  # (4, patches)
    seen = word_values(explanation)  # (words, patches)
    right = wrong = 0.0
    for token, quadrant in targets.items():
        if not explanation.n_players_image <= token < explanation.n_players or quadrant not in range(4):
            raise InputError(f"Token {token} and quadrant {quadrant} do not play; give words and quadrants 0 to 3.")
        patches = seen[token - explanation.n_players_image]  # (patches,)
        inside = patches[regions[quadrant]]
        outside = patches[regions.any(axis=0) & ~regions[quadrant]]
        right += inside[inside > 0].sum() - outside[outside < 0].sum()
        wrong += outside[outside > 0].sum() - inside[inside < 0].sum()
    return float(right), float(wrong)
