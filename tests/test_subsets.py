from __future__ import annotations

import itertools

import numpy as np
import pytest

from fixlip_widget.explanation import Explanation
from fixlip_widget.subsets import best_subset, shrunk_coefficients, start_players
from tests.widget.golden import samples, subsets
from tests.widget.samples import oblong


def predicted(explanation: Explanation, players: tuple[int, ...]) -> float:
    return float(explanation.predict([player in players for player in range(explanation.n_players)])[0])


@pytest.mark.parametrize("explanation", samples().values(), ids=samples())
def test_the_best_sets_are_those_that_predict_finds(explanation: Explanation) -> None:
    """`subsets` asks `predict` for every next token; of all orders, with shrunk pairs."""
    for size, value in enumerate(subsets(explanation, 1), start=1):
        members = best_subset(explanation, size)
        assert len(set(members)) == size
        assert predicted(explanation, members) == pytest.approx(value)


@pytest.mark.parametrize("explanation", samples().values(), ids=samples())
def test_required_tokens_come_first_and_the_best_follow(explanation: Explanation) -> None:
    members = best_subset(explanation, 4, (17, 2))
    assert members[:2] == (17, 2)
    for size in (2, 3):
        others = set(range(explanation.n_players)) - set(members[:size])
        gains = {other: predicted(explanation, (*members[:size], other)) for other in others}
        assert gains[members[size]] == pytest.approx(max(gains.values()))
    assert best_subset(explanation, 1, (17, 2)) == (17, 2)


def test_shrunk_coefficients_predict_alike() -> None:
    explanation = samples()["shrunk"]
    first, second = shrunk_coefficients(explanation)
    plain = explanation.replace(first=first, second=second, shrinkage=1.0)
    masks = np.array(list(itertools.islice(itertools.product((0, 1), repeat=explanation.n_players), 0, None, 999)))
    offset = explanation.predict(masks) - plain.predict(masks)
    np.testing.assert_allclose(offset, offset[0], atol=1e-9)  # only the baseline differs


def test_of_many_tokens_the_extremes_are_starts() -> None:
    n = 200
    rng = np.random.default_rng(0)
    many = oblong().replace(
        tokens=tuple(map(str, range(n))), first=rng.normal(size=n), second=np.zeros((n, n)), caption="many"
    )
    starts = start_players(many, many.first)
    assert len(starts) == 3 * 19  # without interactions both scores rank alike
    assert starts[0] == many.first.argmax()
    assert {many.first.argmin(), np.abs(many.first).argmin()} <= set(starts.tolist())
    assert best_subset(many, 2) == tuple(np.argsort(-many.first)[:2])
