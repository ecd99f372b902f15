"""The matrix-free regression on pairs against explicit features, dense solves and exact values."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.errors import InputError
from fixlip_widget.interactions import pair_regression
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from fixlip_widget.interactions.pair_regression import PairFeatures, PairFit, solve_pairs
from tests.games import codes, dense_fit

P = [0.3, 0.5, 0.7]


def draw(n: int, p: float, m: int, seed: int) -> tuple[Tensor, Tensor, torch.Generator]:
    """Masks (m, n), weights (m,) that differ, and the generator to go on with."""
    generator = torch.Generator().manual_seed(seed)
    masks = bernoulli_masks(n, p, m, generator).masks
    return masks, torch.rand(m, dtype=torch.float64, generator=generator) + 0.5, generator


def normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def dense_ridge(basis: Basis, masks: Tensor, weights: Tensor, response: Tensor, ridge: float) -> Tensor:
    """Minimiser (size, …) of the weighted mean of squared residuals + ridge · Σ pair², on an explicit design."""
    design, share = basis.features(masks), weights / weights.sum()  # (m, size), (m,)
    gram = design.T @ (share[:, None] * design) + ridge * torch.diag((basis.degrees == 2).double())  # (size, size)
    solution: Tensor = torch.linalg.solve(gram, (share[:, None] * design).T @ response)
    return solution


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_regression, "BLOCK_ROWS", 64)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("p", P)
@pytest.mark.parametrize(("n", "m"), [(7, 150), (11, 400)])
def test_equals_dense_weighted_least_squares(n: int, m: int, p: float) -> None:
    masks, weights, generator = draw(n, p, m, seed=n)
    response = 20.0 + 3.0 * normal(generator, m)
    fit = solve_pairs(masks, weights, response, p)
    assert not fit.undersampled
    assert fit.ridge == 0.0
    assert torch.equal(fit.debiased, fit.coefficients)
    expected = dense_fit(masks.double().numpy(), response.numpy(), weights.numpy(), order=2)
    got = fit.basis.to_monomials(fit.coefficients).numpy()
    np.testing.assert_allclose(got, expected, atol=1e-5 * np.abs(expected).max(), rtol=1e-5)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("p", P)
def test_products_equal_those_of_explicit_features(p: float) -> None:
    masks, values, generator = draw(7, p, 150, seed=1)
    features, explicit = PairFeatures(masks, p), Basis(7, 2, p).features(masks)
    coefficients = normal(generator, features.basis.size)
    torch.testing.assert_close(features.predict(coefficients), explicit @ coefficients, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(features.adjoint(values), values @ explicit, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(features.adjoint(values, power=2), values @ explicit.square(), atol=1e-4, rtol=1e-5)
    lower, pairs = features.squared_norms()
    torch.testing.assert_close(lower, explicit[:, :8].square().sum(dim=1))
    torch.testing.assert_close(pairs, explicit[:, 8:].square().sum(dim=1))


@given(n=st.integers(1, 9), p=st.floats(0.1, 0.9), seed=st.integers(0, 1000))
def test_the_adjoint_is_one(n: int, p: float, seed: int) -> None:
    masks, _, generator = draw(n, p, 33, seed)
    features = PairFeatures(masks, p)
    coefficients, values = normal(generator, features.basis.size), normal(generator, 33)
    predicted, summed = features.predict(coefficients), features.adjoint(values)
    size = float(predicted.norm() * values.norm() + summed.norm() * coefficients.norm())
    assert float(predicted @ values) == pytest.approx(float(coefficients @ summed), abs=1e-6 * size)


@pytest.mark.parametrize("p", P)
def test_few_masks_get_a_dense_ridge_on_the_pairs_alone(p: float) -> None:
    masks, weights, generator = draw(13, p, 70, seed=2)
    response = 20.0 + masks.double() @ (5.0 * normal(generator, 13)) + normal(generator, 70)
    fit = solve_pairs(masks, weights, response, p)
    assert fit.undersampled
    expected = dense_ridge(fit.basis, masks, weights, response, fit.ridge)
    torch.testing.assert_close(fit.coefficients, expected, rtol=1e-5, atol=1e-5 * float(expected.abs().max()))
    torch.testing.assert_close(fit.debiased[:14], fit.coefficients[:14])
    assert bool((fit.debiased[14:].abs() > fit.coefficients[14:].abs()).all())


@pytest.mark.parametrize("p", [0.3, 0.5])
@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_the_chosen_ridge_predicts_fresh_masks_nearly_best(p: float, noise: float) -> None:
    basis, m, risks = Basis(24, 2, p), 200, []
    for seed in range(4):
        masks, _, generator = draw(basis.n, p, m, seed)
        weights = torch.ones(m, dtype=torch.float64)
        theta = normal(generator, basis.size) / (1.0 + 15.6 * (basis.degrees == 2))  # the pairs have variance 1
        response = basis.features(masks) @ theta + noise * normal(generator, m)
        fresh = basis.features(bernoulli_masks(basis.n, p, 1000, generator).masks)
        chosen = solve_pairs(masks, weights, response, p)
        strengths = [chosen.ridge * 4.0**k for k in range(-3, 4)]
        dense = [dense_ridge(basis, masks, weights, response, ridge) for ridge in (1e-4, 1e8, *strengths)]
        risks.append([(fresh @ (theta - got)).square().mean().item() for got in (chosen.coefficients, *dense)])
    risk, tiny, no_pairs, *others = np.mean(risks, axis=0)
    assert risk < 1.06 * min(others)
    assert risk < tiny
    if noise <= 1.0:
        assert risk < no_pairs


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_few_masks_find_no_pairs_where_there_are_none(strength: float) -> None:
    masks, weights, generator = draw(13, 0.3, 70, seed=3)
    response = strength * masks.double() @ normal(generator, 13)
    fit = solve_pairs(masks, weights, response, 0.3)
    assert fit.undersampled
    lower = fit.basis.up_to(1).features(masks) @ fit.coefficients[:14]
    torch.testing.assert_close(lower, response, atol=1e-5, rtol=0)
    assert float(fit.coefficients[14:].abs().max()) < 1e-5


@given(order=st.permutations(range(6)), seed=st.integers(0, 1000))
def test_relabelling_patches_relabels_the_values(order: list[int], seed: int) -> None:
    masks, weights, generator = draw(6, 0.4, 60, seed)
    response = normal(generator, 60)
    one, other = solve_pairs(masks, weights, response, 0.4), solve_pairs(masks[:, order], weights, response, 0.4)
    for values, moved in (
        (by_player(one.coefficients), by_player(other.coefficients)),
        (by_player(errors_of(one)), by_player(errors_of(other))),
    ):
        for value, expected in zip(moved, (values[0], values[1][order], values[2][order][:, order]), strict=True):
            torch.testing.assert_close(value, expected, atol=2e-5, rtol=2e-5)


def by_player(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Values (size,) in basis order → the constant, singles (n,), symmetric pairs (n, n)."""
    n = int((2 * len(values)) ** 0.5 - 0.5)
    second = torch.zeros(n, n, dtype=torch.float64)  # (n, n)
    second[Basis(n, 2, 0.5).pairs] = values[1 + n :]
    return values[0], values[1 : 1 + n], second + second.T


def errors_of(fit: PairFit) -> Tensor:
    """Errors laid out as coefficients are, with none for the constant."""
    return torch.cat([torch.zeros(1, dtype=torch.float64), fit.errors.first, fit.errors.second])


def first_order(values: Tensor, p: float) -> Tensor:
    """eᵢ + p·Σⱼ eᵢⱼ (n,) from values (size,) on 0/1 monomials."""
    _, first, second = by_player(values)
    return first + p * second.sum(dim=1)


def random_games(n: int, count: int, generator: torch.Generator) -> Tensor:
    """Games without structure, (2ⁿ, count)."""
    return normal(generator, 2**n, count)


def cosine_games(n: int, count: int, generator: torch.Generator) -> Tensor:
    """A coordinate of the normalised sum of what the kept players add to an embedding, (2ⁿ, count)."""
    embeddings = normal(generator, 1, count, 6)  # (1, count, 6), then one row per mask
    for player in normal(generator, n, count, 6):
        embeddings = torch.cat([embeddings, embeddings + player])
    return 30.0 * F.normalize(embeddings, dim=-1)[..., 0]


@pytest.mark.parametrize("m", [500, 95], ids=["enough masks", "few masks"])
@pytest.mark.parametrize("p", P)
def test_intervals_cover_the_exact_values(p: float, m: int) -> None:
    n, generator, basis, every = 12, torch.Generator().manual_seed(0), Basis(12, 2, p), all_masks(12, p)
    games = torch.cat([random_games(n, 100, generator), cosine_games(n, 100, generator)], dim=1)  # (2ⁿ, 200)
    known = games[codes(every.masks)]  # (2ⁿ, 200)
    exact = basis.to_monomials(dense_ridge(basis, every.masks, every.weights, known, ridge=0.0))  # (size, 200)
    inside: dict[str, list[Tensor]] = {"first": [], "second": [], "first order": []}
    for game, truth in zip(games.T, exact.T, strict=True):
        drawn = bernoulli_masks(n, p, m, generator)
        fit = solve_pairs(drawn.masks, drawn.weights, game[codes(drawn.masks)], p)
        miss = basis.to_monomials(fit.debiased) - truth
        inside["first"].append(miss[1 : 1 + n].abs() <= 1.96 * fit.errors.first)
        inside["second"].append(miss[1 + n :].abs() <= 1.96 * fit.errors.second)
        inside["first order"].append(first_order(miss, p).abs() <= 1.96 * fit.errors.first_order)
    for name, covered in inside.items():
        assert 0.90 <= torch.cat(covered).double().mean().item() <= 0.98, name


def test_masks_that_cannot_tell_terms_apart_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    masks, weights, generator = draw(7, 0.5, 60, seed=4)
    response = normal(generator, 60)
    twins = torch.cat([masks[:, :6], masks[:, :1]], dim=1)
    with pytest.raises(InputError, match=r"60 image masks at p=0\.5 do not determine the 8 terms"):
        solve_pairs(twins, weights, response, 0.5)
    monkeypatch.setattr(pair_regression, "MAX_STEPS", 3)
    with pytest.raises(InputError, match=r"60 image masks at p=0\.5 hardly determine the 29 terms .*; use more"):
        solve_pairs(masks, weights, response, 0.5)
