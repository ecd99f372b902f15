"""Shapley indices as integrals of weighted Banzhaf indices over p, against shapiq's exact ones."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
import shapiq
import torch

from fixlip_widget.interactions.joint_regression import weighted_banzhaf
from fixlip_widget.interactions.masks import joint_bernoulli_masks
from fixlip_widget.interactions.shapley_quadrature import Quadrature, integrate, quadrature_for
from tests.games import FloatArray

N = 7


@pytest.fixture(scope="module")
def values() -> FloatArray:
    """A random game: the value of each of the 2⁷ coalitions in binary order, zero for the empty one."""
    table: FloatArray = np.random.default_rng(4).normal(size=2**N)
    table[0] = 0.0
    return table


def exact(values: FloatArray, index: Literal["SV", "FSII"], order: int) -> shapiq.InteractionValues:
    def game(coalitions: npt.NDArray[np.bool_]) -> FloatArray:
        codes: npt.NDArray[np.intp] = (coalitions.astype(int) << np.arange(N)[::-1]).sum(axis=1)
        found: FloatArray = values[codes]
        return found

    return shapiq.ExactComputer(n_players=N, game=game)(index, order)


def integrated(values: FloatArray, order: int, n_nodes: int) -> tuple[FloatArray, FloatArray]:
    rule = Quadrature.of(n_nodes)
    fits = []
    for p in rule.p:
        keep = torch.full((N,), p, dtype=torch.float64)  # (n,)
        masks = joint_bernoulli_masks(keep, 2**N, torch.Generator())  # all of them, in binary order
        fits.append(weighted_banzhaf(masks, torch.as_tensor(values), keep, order))
    singles = 1 << np.arange(N)[::-1]
    ends = values[singles] - values[0], values[-1] - values[2**N - 1 - singles]
    found, errors = integrate(rule, fits, (torch.as_tensor(ends[0]), torch.as_tensor(ends[1])), values[-1], order)
    assert not errors.first_order.any()
    return found.first.numpy(), found.second.numpy()


def test_values_are_shapley_values(values: FloatArray) -> None:
    first, _ = integrated(values, 1, 3)
    expected = exact(values, "SV", 1)
    np.testing.assert_allclose(first, [expected[(player,)] for player in range(N)], atol=1e-8)


def test_interactions_are_faithful_shapley_interactions(values: FloatArray) -> None:
    first, second = integrated(values, 2, 3)
    expected = exact(values, "FSII", 2)
    np.testing.assert_allclose(first, [expected[(player,)] for player in range(N)], atol=1e-8)
    for i in range(N):
        for j in range(i + 1, N):
            assert second[i, j] == pytest.approx(expected[(i, j)], abs=1e-8)
    assert first.sum() + np.triu(second).sum() == pytest.approx(values[-1])
    too_few, _ = integrated(values, 2, 2)
    assert np.abs(too_few - first).max() > 1e-3


@pytest.mark.parametrize("n_nodes", [1, 2, 3, 6])
def test_the_rule_is_exact_for_polynomials(n_nodes: int) -> None:
    rule = Quadrature.of(n_nodes)
    for degree in range(2 * n_nodes + 2):
        total = sum(weight * p**degree for weight, p in zip(rule.weights, rule.p, strict=True)) + rule.end_weight
        total += rule.end_weight * (degree == 0)
        assert total == pytest.approx(1 / (degree + 1), abs=1e-12)
    assert sum(rule.pair_weights) == pytest.approx(1.0)


def test_enumerated_games_have_exact_rules() -> None:
    # WBV is of degree n − 1 in p, and FWBII times p(1 − p) of degree n.
    for n in range(2, 25):
        assert 2 * len(quadrature_for(n, enumerated=True).p) + 1 >= n
    assert len(quadrature_for(24, enumerated=False).p) == 3
