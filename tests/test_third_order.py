"""Third order: every reading of it against the polynomial written out term by term."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.games import FloatArray, TableEncoder

CAPTION = "black dog next to"
N_IMAGE, N = 6, 10


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    """Of a game without structure, with all masks taken and different p."""
    picture = Image.new("RGB", (30, 20), "white")
    return Explainer(TableEncoder()).explain(picture, CAPTION, p=(0.3, 0.6), max_order=3, progress=False)


def every_mask() -> FloatArray:
    return np.array(list(itertools.product([0.0, 1.0], repeat=N)))


def expected_derivative(explanation: Explanation, players: tuple[int, ...]) -> float:
    """The weighted Banzhaf interaction of the fitted polynomial, by all masks of the others."""
    masks = every_mask()
    masks = masks[~masks[:, list(players)].any(axis=1)]
    p = np.delete(explanation.p_players, list(players))
    others = np.delete(masks, list(players), axis=1)
    mass = np.prod(np.where(others == 1.0, p, 1.0 - p), axis=1)
    total = np.zeros(len(masks))
    for size in range(len(players) + 1):
        for part in itertools.combinations(players, size):
            with_part = masks.copy()
            with_part[:, list(part)] = 1.0
            total += (-1.0) ** (len(players) - size) * explanation.predict(with_part)
    return float(mass @ total)


def test_the_prediction_is_the_sum_of_the_kept_coefficients(explanation: Explanation) -> None:
    coefficients = explanation.coefficients()
    assert {len(players) for players in coefficients} == {1, 2, 3}
    assert len(coefficients) == 10 + 45 + 15 * 4 + 6 * 6
    for mask in every_mask()[::37]:
        kept = {i for i in range(N) if mask[i]}
        total = explanation.baseline_value + sum(v for players, v in coefficients.items() if set(players) <= kept)
        assert explanation.predict(mask)[0] == pytest.approx(total, abs=1e-10)


def test_lower_orders_are_averages_over_the_others(explanation: Explanation) -> None:
    first, second = explanation.first_order(), explanation.second_order()
    np.testing.assert_allclose(second, second.T, atol=1e-12)
    for i in range(N):
        assert first[i] == pytest.approx(expected_derivative(explanation, (i,)), abs=1e-9)
    for i, j in itertools.combinations(range(N), 2):
        assert second[i, j] == pytest.approx(expected_derivative(explanation, (i, j)), abs=1e-9)
    np.testing.assert_allclose(explanation.conditional([2, 7]), second[2] + second[7])


def test_joint_effects_are_the_triples(explanation: Explanation) -> None:
    coefficients = explanation.coefficients()
    for i, j in itertools.permutations(range(N), 2):
        together = explanation.conditional([i, j], joint=True)
        for k in range(N):
            triple = tuple(sorted({i, j, k}))
            if triple in coefficients and len(triple) == 3:
                assert together[k] == coefficients[triple]
            else:
                assert np.isnan(together[k])


def test_joint_effects_need_two_tokens_and_the_third_order(explanation: Explanation) -> None:
    with pytest.raises(InputError, match="of 3; give two"):
        explanation.conditional([1, 2, 8], joint=True)
    with pytest.raises(InputError, match="not of 1; give two"):
        explanation.conditional([2, 2], joint=True)
    lower = explanation.replace(third_image=None, third_text=None, max_order=2)
    with pytest.raises(InputError, match="no third order"):
        lower.conditional([1, 8], joint=True)


def test_third_order_fits_better_and_agrees_on_the_averages(explanation: Explanation) -> None:
    explainer, picture = Explainer(TableEncoder()), Image.new("RGB", (30, 20), "white")
    lower = explainer.explain(picture, CAPTION, p=(0.3, 0.6), progress=False)
    masks = every_mask()
    mass = np.prod(np.where(masks == 1.0, explanation.p_players, 1.0 - explanation.p_players), axis=1)
    true = explainer.game(picture, CAPTION)(masks)
    missed = [float(mass @ (true - one.predict(masks)) ** 2) for one in (explanation, lower)]
    assert missed[0] < 0.9 * missed[1]
    np.testing.assert_allclose(explanation.second_order(), lower.second, atol=1e-8)
    np.testing.assert_allclose(explanation.first_order(), lower.first_order(), atol=1e-8)


def test_it_survives_files_frames_and_shapiq(explanation: Explanation, tmp_path: Path) -> None:
    explanation.save(tmp_path / "x.npz")
    loaded = Explanation.load(tmp_path / "x.npz")
    assert loaded.coefficients() == explanation.coefficients()
    frame = explanation.to_frame()
    assert len(frame) == len(explanation.coefficients())
    triple = frame[(frame.i == 1) & (frame.j == 4) & (frame.k == 8)].iloc[0]
    assert triple.token_k == "next"
    assert triple.kind == "image-image-text"
    assert triple.value == explanation.coefficients()[1, 4, 8]
    assert triple.stderr == 0.0
    values = explanation.to_shapiq()
    assert values.index == "Moebius"
    assert values[(1, 4, 8)] == pytest.approx(triple.value)
    n_v = explanation.n_players_image
    back = Explanation.from_shapiq(values, image=None, tokens=explanation.tokens[n_v:], grid=explanation.grid)
    assert back.coefficients() == explanation.coefficients()
    assert back.full_value == pytest.approx(back.predict([True] * back.n_players)[0])
