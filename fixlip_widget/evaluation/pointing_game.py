"""The pointing game: whether the words of a caption point at the quadrants that show what they name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import BoolArray, FloatArray


def quadrants(grid: tuple[int, int]) -> BoolArray:
    """(4, patches): the patches of each quadrant, row by row; the middle row and column of odd grids are in none."""
    rows, columns = (np.arange(side) for side in grid)
    masks = []
    for upper, left in ((True, True), (True, False), (False, True), (False, False)):
        row = rows < grid[0] // 2 if upper else rows >= grid[0] - grid[0] // 2  # (rows,)
        column = columns < grid[1] // 2 if left else columns >= grid[1] - grid[1] // 2  # (columns,)
        masks.append((row[:, None] & column[None, :]).ravel())
    return np.stack(masks)


def token_values(explanation: Explanation) -> FloatArray:
    """(tokens, patches): interaction of each caption token with each patch; at order 1 the patch's own attribution."""
    n = explanation.n_players_image
    if explanation.max_order == 1:
        return np.tile(explanation.first_order()[:n], (explanation.n_players_text, 1))
    return np.stack([explanation.conditional(token)[:n] for token in range(n, explanation.n_players)])


def pointing_scores(explanation: Explanation, targets: Mapping[int, int]) -> tuple[float, float]:
    """The correct and the wrong part of the interactions between words and quadrants.

    PGR, the pointing game recognition of FIxLIP (arXiv 2508.05430), is correct / (correct + wrong), both summed over
    words and images. At order 1 a patch counts by its own attribution.

    Args:
        explanation: of a 2 × 2 grid of objects.
        targets: by player of a caption token, the quadrant (0 to 3, row by row) that shows what it names.

    Returns:
        Positive interactions with a word's own quadrant plus negative ones with the others, and the opposite.

    Raises:
        InputError: for other players and quadrants.
    """
    regions = quadrants(explanation.grid)  # (4, patches)
    values = token_values(explanation)  # (tokens, patches)
    correct = wrong = 0.0
    for token, quadrant in targets.items():
        if not explanation.n_players_image <= token < explanation.n_players or quadrant not in range(4):
            raise InputError(f"Token {token} and quadrant {quadrant} do not exist; give words and quadrants 0 to 3.")
        patches = values[token - explanation.n_players_image]  # (patches,)
        inside = patches[regions[quadrant]]
        outside = patches[regions.any(axis=0) & ~regions[quadrant]]
        correct += inside[inside > 0].sum() - outside[outside < 0].sum()
        wrong += outside[outside > 0].sum() - inside[inside < 0].sum()
    return float(correct), float(wrong)
