"""The best and worst sets of tokens."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.deletion import best_and_worst, extreme_players, greedy_sets
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import explanation

FloatArray = npt.NDArray[np.float64]


def worth(first: FloatArray, second: FloatArray, members: list[int]) -> float:
    pairs = itertools.combinations(members, 2)
    return float(sum(first[i] for i in members) + sum(second[i, j] for i, j in pairs))


def grown(first: FloatArray, second: FloatArray, starts: list[int]) -> list[set[int]]:
    """Greedy sets of sizes 1 to n, one token and one sum at a time."""
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


def sets(marks: npt.NDArray[np.bool_]) -> list[set[int]]:
    assert not marks[0].any()
    return [set(np.flatnonzero(row).tolist()) for row in marks[1:]]


@given(seed=st.integers(0, 10**6), n=st.integers(1, 9), ties=st.booleans())
def test_all_at_once_is_one_at_a_time(seed: int, n: int, ties: bool) -> None:
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=n), rng.normal(size=(n, n))
    if ties:
        first, second = first.round(), second.round()
    second = np.triu(second, 1) + np.triu(second, 1).T
    starts = rng.permutation(n)[: max(1, n - 2)]
    assert sets(greedy_sets(first, second, starts)) == grown(first, second, starts.tolist())


def all_values(first: FloatArray, second: FloatArray) -> tuple[npt.NDArray[np.int_], FloatArray]:
    """The size and the value of each of the 2ⁿ sets."""
    n = len(first)
    kept = (np.arange(2**n)[:, None] >> np.arange(n)) % 2  # (2ⁿ, n)
    return kept.sum(axis=1), kept @ first + 0.5 * np.einsum("mi,mi->m", kept @ second, kept)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("grid", [(2, 3), (2, 5)])
def test_sets_are_between_greedy_from_each_token_and_the_best_of_all(sign: int, grid: tuple[int, int]) -> None:
    """The best where greedy cannot err: sizes 1, 2 and n, and every size of tokens that do not interact."""
    shown = explanation(grid=grid)
    n = shown.n_players
    for second in (shown.second, np.zeros((n, n))):
        first, second = sign * shown.first, sign * second
        marks = best_and_worst(shown.replace(second=sign * second))[0 if sign > 0 else 1]
        sizes, values = all_values(first, second)
        single = [grown(first, second, [start]) for start in range(n)]
        for size in range(1, n + 1):
            best = values[sizes == size].max()
            got = worth(first, second, np.flatnonzero(marks[size]).tolist())
            assert max(worth(first, second, sorted(sets[size - 1])) for sets in single) - 1e-9 <= got <= best + 1e-9
            if size in (1, 2, n) or not second.any():
                assert got == pytest.approx(best)


def test_first_order_follows_the_ranking() -> None:
    shown = explanation(order=1)
    best, worst = best_and_worst(shown)
    ranked = np.argsort(-shown.first)
    for size in range(shown.n_players + 1):
        assert set(np.flatnonzero(best[size])) == set(ranked[:size])
        assert set(np.flatnonzero(worst[size])) == set(ranked[shown.n_players - size :])


def test_many_tokens_start_from_the_telling_ones() -> None:
    a, b = np.arange(120.0) - 60.2, np.roll(np.arange(120.0), 40)
    expected = {*range(19), *range(101, 120), *range(51, 70)}  # low, high and near zero by the one key
    expected |= {*range(40, 59), *range(21, 40)}  # and low (which is near zero) and high by the other
    assert set(extreme_players(a, b).tolist()) == expected
    shown = explanation(grid=(10, 10))
    assert shown.n_players > 100
    starts = extreme_players(shown.first_order(), shown.first).tolist()
    assert len(starts) < shown.n_players
    assert sets(best_and_worst(shown)[0]) == grown(shown.first, shown.second, starts)


def test_third_order_is_refused() -> None:
    shown: Explanation = explanation()
    with pytest.raises(InputError, match="order 1 or 2, not 3"):
        best_and_worst(shown.replace(max_order=3))
