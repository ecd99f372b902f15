"""Insertion and deletion curves."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.evaluation.deletion import best_and_worst, deletion_curves
from tests.evaluation.samples import table_explainer

PICTURE, CAPTION = Image.new("RGB", (6, 4)), "one two three"


@pytest.mark.parametrize("order", [1, 2])
def test_curves_are_the_game_at_the_sets(order: int) -> None:
    explainer = table_explainer()
    explanation = explainer.explain(PICTURE, CAPTION, max_order=order, random_state=1)
    game = explainer.game(PICTURE, CAPTION)
    curves = deletion_curves(explanation, game)
    assert len(curves.kept) == 51
    areas = []
    for curve, marks in zip(curves[1:], best_and_worst(explanation), strict=True):
        assert (curve[0], curve[-1]) == pytest.approx((0.0, 1.0))
        shares = game(marks) / (game.full_value - game.empty_value)
        for point, value in zip(curves.kept, curve, strict=True):
            place = point * explanation.n_players
            low = min(int(place), explanation.n_players - 1)
            assert value == pytest.approx(shares[low] + (place - low) * (shares[low + 1] - shares[low]))
        areas.append(sum((a + b) / 2 * 0.02 for a, b in itertools.pairwise(curve)))
    assert curves.area == pytest.approx(areas[0] - areas[1])


def test_a_good_explanation_opens_an_area_and_its_opposite_closes_it() -> None:
    explainer = table_explainer()
    explanation = explainer.explain(PICTURE, CAPTION, random_state=1)
    game = explainer.game(PICTURE, CAPTION)
    upside_down = explanation.replace(first=-explanation.first, second=-explanation.second)
    assert deletion_curves(explanation, game).area * np.sign(game.full_value - game.empty_value) > 0.3
    assert deletion_curves(upside_down, game).area == pytest.approx(-deletion_curves(explanation, game).area)
