"""Deletion curves, and the sets of tokens that they keep."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.deletion import best_and_worst, deletion_curves, extreme_players, greedy_sets
from fixlip_widget.typing import BoolArray, FloatArray
from tests.evaluation.samples import random_explanation, table_explainer

IMAGE, CAPTION = Image.new("RGB", (6, 4)), "one two three"


@pytest.mark.parametrize("order", [1, 2])
def test_curves_interpolate_the_game_on_the_kept_sets(order: int) -> None:
    explainer = table_explainer()
    explanation = explainer.explain(IMAGE, CAPTION, max_order=order, random_state=1)
    game = explainer.game(IMAGE, CAPTION)
    curves = deletion_curves(explanation, game)
    assert len(curves.kept) == 51
    areas = []
    for curve, masks in zip(curves[1:], best_and_worst(explanation), strict=True):
        assert (curve[0], curve[-1]) == pytest.approx((0.0, 1.0))
        shares = game(masks) / (game.full_value - game.empty_value)
        for point, value in zip(curves.kept, curve, strict=True):
            size = point * explanation.n_players
            low = min(int(size), explanation.n_players - 1)
            assert value == pytest.approx(shares[low] + (size - low) * (shares[low + 1] - shares[low]))
        areas.append(sum((a + b) / 2 * 0.02 for a, b in itertools.pairwise(curve)))
    assert curves.area == pytest.approx(areas[0] - areas[1])


def test_area_is_positive_and_changes_sign_with_the_explanation() -> None:
    explainer = table_explainer()
    explanation = explainer.explain(IMAGE, CAPTION, random_state=1)
    game = explainer.game(IMAGE, CAPTION)
    negated = explanation.replace(first=-explanation.first, second=-explanation.second)
    assert deletion_curves(explanation, game).area * np.sign(game.full_value - game.empty_value) > 0.3
    assert deletion_curves(negated, game).area == pytest.approx(-deletion_curves(explanation, game).area)


def set_value(first: FloatArray, second: FloatArray, members: list[int]) -> float:
    pairs = itertools.combinations(members, 2)
    return float(sum(first[i] for i in members) + sum(second[i, j] for i, j in pairs))


def greedy_reference(first: FloatArray, second: FloatArray, starts: list[int]) -> list[set[int]]:
    """Greedy sets of sizes 1 to n, one start, one token and one sum at a time."""
    n = len(first)
    kept: list[tuple[float, set[int]] | None] = [None] * n
    for start in starts:
        members, value = [start], float(first[start])
        for size in range(n):
            best = kept[size]
            if best is None or value > best[0]:
                kept[size] = value, set(members)
            if size + 1 < n:
                gains = {}
                for token in sorted(set(range(n)) - set(members)):
                    gain = first[token]
                    for member in members:
                        gain = gain + second[member, token]
                    gains[token] = gain
                token = max(gains, key=lambda token: gains[token])
                value = value + gains[token]
                members.append(token)
    return [best[1] for best in kept if best is not None]


def members_by_size(masks: BoolArray) -> list[set[int]]:
    """The members of the sets of sizes 1 to n."""
    assert not masks[0].any()
    return [set(np.flatnonzero(mask).tolist()) for mask in masks[1:]]


@given(seed=st.integers(0, 10**6), n=st.integers(1, 9), ties=st.booleans())
def test_greedy_sets_equal_the_reference(seed: int, n: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=n), rng.normal(size=(n, n))
    if ties:
        first, second = first.round(), second.round()
    second = np.triu(second, 1) + np.triu(second, 1).T
    starts = rng.permutation(n)[: max(1, n - 2)]
    assert members_by_size(greedy_sets(first, second, starts)) == greedy_reference(first, second, starts.tolist())


def all_values(first: FloatArray, second: FloatArray) -> tuple[npt.NDArray[np.int_], FloatArray]:
    """The size and the value of each of the 2ⁿ sets."""
    n = len(first)
    kept = (np.arange(2**n)[:, None] >> np.arange(n)) % 2  # (2ⁿ, n)
    return kept.sum(axis=1), kept @ first + 0.5 * np.einsum("mi,mi->m", kept @ second, kept)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("grid", [(2, 3), (2, 5)])
def test_sets_are_at_least_greedy_from_any_token_and_at_most_optimal(sign: int, grid: tuple[int, int]) -> None:
    """Optimal where greedy is exact: at sizes 1, 2 and n, and at every size without interactions."""
    explanation = random_explanation(grid=grid)
    n = explanation.n_players
    for second in (explanation.second, np.zeros((n, n))):
        first, second = sign * explanation.first, sign * second
        masks = best_and_worst(explanation.replace(second=sign * second))[0 if sign > 0 else 1]
        sizes, values = all_values(first, second)
        single = [greedy_reference(first, second, [start]) for start in range(n)]
        for size in range(1, n + 1):
            best = values[sizes == size].max()
            value = set_value(first, second, np.flatnonzero(masks[size]).tolist())
            greedy = max(set_value(first, second, sorted(sets[size - 1])) for sets in single)
            assert greedy - 1e-9 <= value <= best + 1e-9
            if size in (1, 2, n) or not second.any():
                assert value == pytest.approx(best)


def test_first_order_follows_the_ranking() -> None:
    explanation = random_explanation(order=1)
    best, worst = best_and_worst(explanation)
    ranked = np.argsort(-explanation.first)
    for size in range(explanation.n_players + 1):
        assert set(np.flatnonzero(best[size])) == set(ranked[:size])
        assert set(np.flatnonzero(worst[size])) == set(ranked[explanation.n_players - size :])


def test_more_than_100_tokens_start_from_extreme_players() -> None:
    a, b = np.arange(120.0) - 60.2, np.roll(np.arange(120.0), 40)
    expected = {*range(19), *range(101, 120), *range(51, 70)}  # lowest, highest and nearest to zero of a
    expected |= {*range(40, 59), *range(21, 40)}  # lowest, which are nearest to zero, and highest of b
    assert set(extreme_players(a, b).tolist()) == expected
    explanation = random_explanation(grid=(10, 10))
    assert explanation.n_players > 100
    starts = extreme_players(explanation.first_order(), explanation.first).tolist()
    assert len(starts) < explanation.n_players
    assert members_by_size(best_and_worst(explanation)[0]) == greedy_reference(
        explanation.first, explanation.second, starts
    )


def test_third_order_is_refused() -> None:
    explanation = random_explanation()
    with pytest.raises(InputError, match="order 1 or 2, not 3"):
        best_and_worst(explanation.replace(max_order=3))
