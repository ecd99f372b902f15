"""Scores of the pointing game."""

from __future__ import annotations

import numpy as np
import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.pointing_game import pointing_scores, quadrants
from tests.evaluation.samples import random_explanation


def test_quadrants_exclude_the_middle_row_and_column() -> None:
    assert np.argwhere(quadrants((3, 4))).tolist() == [
        *([0, k] for k in (0, 1)),
        *([1, k] for k in (2, 3)),
        *([2, k] for k in (8, 9)),
        *([3, k] for k in (10, 11)),
    ]
    assert quadrants((7, 7)).sum(axis=1).tolist() == [9, 9, 9, 9]


@pytest.mark.parametrize("order", [1, 2])
def test_scores_are_sums_over_patches(order: int) -> None:
    explanation = random_explanation(order)
    correct = wrong = 0.0
    for token, target in ((12, 1), (13, 2)):
        for row in (0, 2):
            for column in range(4):
                patch = 4 * row + column
                value = explanation.second[patch, token] if order == 2 else explanation.first[patch]
                inside = 2 * (row == 2) + (column >= 2) == target
                if inside == (value > 0):
                    correct += abs(value)
                else:
                    wrong += abs(value)
    assert pointing_scores(explanation, {12: 1, 13: 2}) == pytest.approx((correct, wrong))


@pytest.mark.parametrize("targets", [{3: 0}, {14: 0}, {12: 4}])
def test_targets_are_caption_tokens_and_quadrants(targets: dict[int, int]) -> None:
    ((token, quadrant),) = targets.items()
    with pytest.raises(InputError, match=f"Token {token} and quadrant {quadrant} do not exist"):
        pointing_scores(random_explanation(), targets)
