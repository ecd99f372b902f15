import numpy as np
import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.pointing_game import pointing_scores, quadrants
from tests.evaluation.samples import explanation


def test_quadrants_leave_the_middle_out() -> None:
    assert np.argwhere(quadrants((3, 4))).tolist() == [
        *([0, k] for k in (0, 1)),
        *([1, k] for k in (2, 3)),
        *([2, k] for k in (8, 9)),
        *([3, k] for k in (10, 11)),
    ]
    assert quadrants((7, 7)).sum(axis=1).tolist() == [9, 9, 9, 9]


@pytest.mark.parametrize("order", [1, 2])
def test_scores_are_summed_patch_by_patch(order: int) -> None:
    shown = explanation(order)
    right = wrong = 0.0
    for token, target in ((12, 1), (13, 2)):
        for row in (0, 2):
            for column in range(4):
                patch = 4 * row + column
                value = shown.second[patch, token] if order == 2 else shown.first[patch]
                inside = 2 * (row == 2) + (column >= 2) == target
                if inside == (value > 0):
                    right += abs(value)
                else:
                    wrong += abs(value)
    assert pointing_scores(shown, {12: 1, 13: 2}) == pytest.approx((right, wrong))


@pytest.mark.parametrize("targets", [{3: 0}, {14: 0}, {12: 4}])
def test_only_words_point_and_only_to_quadrants(targets: dict[int, int]) -> None:
    with pytest.raises(InputError, match="do not play"):
        pointing_scores(explanation(), targets)
