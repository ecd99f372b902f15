"""Fits on joint masks against brute force, dense regression and the definitions of the indices."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import factorial

import numpy as np
import numpy.typing as npt
import pytest
import shapiq
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.joint_regression import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.masks import MaskSet, all_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from tests.games import (
    FloatArray,
    JointMasks,
    codes,
    dense_fit,
    draw_joint,
    draw_shapley,
    fit_samples,
    flat,
    look_up,
    monomials,
    random_embeddings,
)

Result = tuple[Coefficients, StandardErrors]
UNEVEN = [0.3, 0.8, 0.5, 0.6, 0.2, 0.7]


def random_game(n: int, seed: int) -> torch.Tensor:
    """A value for each of the 2ⁿ masks, by code: no structure, no symmetry, ν(∅) ≠ 0."""
    return 3.0 + torch.randn(2**n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chance(*p: float) -> torch.Tensor:
    return torch.tensor(p, dtype=torch.float64)


def banzhaf(sample: JointMasks, game: torch.Tensor, order: int) -> Result:
    return weighted_banzhaf(sample, game[codes(sample.masks)], sample.p, order)


def shapley(sample: JointMasks, game: torch.Tensor, order: int) -> Result:
    return faithful_shapley(sample, game[codes(sample.masks)], order, empty=float(game[0]), full=float(game[-1]))


def dense_faithful_shapley(masks: FloatArray, game: torch.Tensor, weights: FloatArray, order: int) -> FloatArray:
    """The constrained least squares by Lagrange multiplier, coefficients in the order of `monomials`."""
    empty, gain = float(game[0]), float(game[-1] - game[0])
    design = monomials(masks, order)[:, 1:]
    values = game[codes(torch.as_tensor(masks))].numpy() - empty
    gram = design.T @ (weights[:, None] * design)
    ones = np.ones((len(gram), 1))
    system = np.block([[gram, ones], [ones.T, np.zeros((1, 1))]])
    solution = np.linalg.solve(system, np.append(design.T @ (weights * values), gain))
    return np.append(empty, solution[:-1])


def as_array(masks: torch.Tensor) -> FloatArray:
    array: FloatArray = masks.double().numpy()
    return array


def assert_same(got: Coefficients, expected: FloatArray, order: int) -> None:
    np.testing.assert_allclose(flat(got, order), expected, rtol=0, atol=1e-9)


MILD = torch.linspace(0.3, 0.7, 7, dtype=torch.float64)
DRAWN, DRAWN_PAIRS = draw_joint(MILD, 120, generator()), draw_shapley(7, 124, generator())


def numbers(result: Result) -> list[torch.Tensor]:
    """All values and errors but the baseline."""
    values, errors = result
    return [values.first, values.second, errors.first, errors.second, errors.first_order]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("p", [[0.3] * 6, [0.5] * 6, [0.7] * 6, UNEVEN], ids=str)
def test_banzhaf_equals_brute_force_over_all_masks(p: list[float], order: int) -> None:
    game = random_game(6, seed=1)
    rows = np.array(list(itertools.product([0.0, 1.0], repeat=6)))
    mass = np.prod(np.where(rows == 1.0, p, 1.0 - np.array(p)), axis=1)
    expected = dense_fit(rows, game[codes(torch.as_tensor(rows))].numpy(), mass, order)
    result = banzhaf(draw_joint(chance(*p), 64, generator()), game, order)
    assert_same(result[0], expected, order)
    assert not any(error.any() for error in numbers(result)[2:])


def test_banzhaf_pairs_are_expected_discrete_derivatives() -> None:
    game = random_game(6, seed=2)
    second = banzhaf(draw_joint(chance(*UNEVEN), 64, generator()), game, 2)[0].second
    for i, j in itertools.combinations(range(6), 2):
        expected = 0.0
        others = [k for k in range(6) if k not in (i, j)]
        for kept in itertools.product([False, True], repeat=4):
            code = sum(1 << k for k, keep in zip(others, kept, strict=True) if keep)
            mass = np.prod([UNEVEN[k] if keep else 1.0 - UNEVEN[k] for k, keep in zip(others, kept, strict=True)])
            both, one, other, neither = (game[code + add] for add in (2**i + 2**j, 2**i, 2**j, 0))
            expected += float(mass * (both - one - other + neither))
        assert float(second[i, j]) == pytest.approx(expected, abs=1e-9)
        assert float(second[j, i]) == float(second[i, j])


@pytest.mark.parametrize("n", [2, 3, 6])
def test_shapley_values_are_mean_marginal_contributions(n: int) -> None:
    game = random_game(n, seed=3)
    expected = torch.zeros(n, dtype=torch.float64)
    for arrival in itertools.permutations(range(n)):
        code = 0
        for player in arrival:
            expected[player] += (game[code + 2**player] - game[code]) / factorial(n)
            code += 2**player
    sample = draw_shapley(n, 2**n - 2, generator())
    values, pairs = shapley(sample, game, 1), shapley(sample, game, 2)
    torch.testing.assert_close(values[0].first, expected, rtol=0, atol=1e-12)
    assert not values[0].second.any()
    first_order = pairs[0].first + pairs[0].second.sum(dim=1) / 2.0
    torch.testing.assert_close(first_order, expected, rtol=0, atol=1e-12)
    assert not any(error.any() for error in numbers(values)[2:] + numbers(pairs)[2:])


@pytest.mark.parametrize("n", [2, 4, 7])
def test_faithful_pairs_are_weighted_discrete_derivatives(n: int) -> None:
    """Tsai et al. (2023) give the highest order in closed form: 3!·Σ_T (t + 1)!·(n − t − 1)!/(n + 1)!·Δᵢⱼν(T)."""
    game = random_game(n, seed=4)
    second = shapley(draw_shapley(n, 2**n - 2, generator()), game, 2)[0].second
    for i, j in itertools.combinations(range(n), 2):
        expected = 0.0
        for code in range(2**n):
            if not code & (2**i + 2**j):
                t = code.bit_count()
                weight = 6 * factorial(t + 1) * factorial(n - t - 1) / factorial(n + 1)
                both, one, other, neither = (game[code + add] for add in (2**i + 2**j, 2**i, 2**j, 0))
                expected += weight * float(both - one - other + neither)
        assert float(second[i, j]) == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_equals_exact_faithful_interactions_of_shapiq(n: int) -> None:
    table = random_game(n, seed=5)

    def game(masks: npt.NDArray[np.bool_]) -> FloatArray:
        values: FloatArray = (table[codes(torch.as_tensor(masks))] - table[0]).numpy()
        return values

    exact = shapiq.ExactComputer(n_players=n, game=game)("FSII", 2)
    got, _ = shapley(draw_shapley(n, 2**n - 2, generator()), table, 2)
    for i, j in itertools.combinations(range(n), 2):
        assert float(got.second[i, j]) == pytest.approx(exact[(i, j)], abs=1e-7)
    for i in range(n):
        assert float(got.first[i]) == pytest.approx(exact[(i,)], abs=1e-7)


@pytest.mark.parametrize("order", [1, 2])
def test_drawn_masks_give_the_dense_fits_on_the_same_masks(order: int) -> None:
    game = random_game(12, seed=6)
    p = torch.linspace(0.3, 0.7, 12, dtype=torch.float64)
    sample = draw_joint(p, 2100, generator())
    expected = dense_fit(
        as_array(sample.masks), game[codes(sample.masks)].numpy(), sample.weights.numpy(), order
    )  # more rows than one block holds
    assert_same(banzhaf(sample, game, order)[0], expected, order)
    sample = draw_shapley(12, 2100, generator())
    expected = dense_faithful_shapley(as_array(sample.masks), game, sample.weights.numpy(), order)
    assert_same(shapley(sample, game, order)[0], expected, order)


@given(
    n=st.integers(2, 9), seed=st.integers(0, 2**31), order=st.sampled_from([1, 2]), enough=st.sampled_from([300, 510])
)
def test_faithful_terms_share_out_the_whole_gain(n: int, seed: int, order: int, enough: int) -> None:
    game = random_game(n, seed)
    values, _ = shapley(draw_shapley(n, enough, generator(seed)), game, order)
    assert values.baseline == float(game[0])
    total = values.first.sum() + values.second.triu().sum()
    assert float(total) == pytest.approx(float(game[-1] - game[0]), abs=1e-10)


@pytest.mark.parametrize("order", [1, 2])
def test_equals_the_product_grid_on_the_whole_grid(order: int) -> None:
    """Of all masks; on drawn ones the product grid is fitted to more products."""
    image, text = all_masks(6, 0.4), all_masks(3, 0.7)
    tables = random_embeddings(6, 5, seed=1), random_embeddings(3, 5, seed=2)
    samples = look_up(image, 0.4, tables[0]), look_up(text, 0.7, tables[1])
    expected, _ = fit_samples(*samples, scale=30.0, bias=-3.0, order=order)
    masks = torch.cat([image.masks.repeat_interleave(8, dim=0), text.masks.repeat(64, 1)], dim=1)  # (512, 9)
    weights = torch.outer(image.weights, text.weights).flatten()  # (512,)
    values = (30.0 * samples[0].embeddings @ samples[1].embeddings.T - 3.0).flatten()  # (512,)
    got, _ = weighted_banzhaf(MaskSet(masks, weights, exact=False), values, chance(*[0.4] * 6, *[0.7] * 3), order)
    assert_same(got, flat(expected, order), order)


@pytest.mark.parametrize("paired", [False, True], ids=["banzhaf", "shapley"])
@pytest.mark.parametrize("order", [1, 2])
def test_errors_are_those_of_leaving_out_one_draw_after_another(paired: bool, order: int) -> None:
    """HC3 is the jackknife: a draw is a mask for Banzhaf values, a mask and its complement for Shapley values."""
    n, game, sample = 7, random_game(7, seed=7), DRAWN_PAIRS if paired else DRAWN
    _, errors = shapley(sample, game, order) if paired else banzhaf(sample, game, order)

    def refit(kept: torch.Tensor) -> tuple[FloatArray, FloatArray, FloatArray]:
        masks, weights = as_array(sample.masks[kept]), sample.weights[kept].numpy()
        if paired:
            theta = dense_faithful_shapley(masks, game, weights, order)
        else:
            theta = dense_fit(masks, game[codes(sample.masks[kept])].numpy(), weights, order)
        second = np.zeros((n, n))
        if order == 2:
            second[np.triu_indices(n, 1)] = theta[1 + n :]
            second += second.T
        return theta[1 : 1 + n], second, theta[1 : 1 + n] + second @ sample.p.numpy()

    whole = refit(torch.arange(len(sample)))
    squares = [np.zeros_like(part) for part in whole]
    draws = torch.arange(len(sample)).view(-1, 1 + paired)  # (draws, masks of each)
    for out in range(len(draws)):
        kept = torch.cat([draws[:out], draws[out + 1 :]]).flatten()
        for square, part, left in zip(squares, whole, refit(kept), strict=True):
            square += (part - left) ** 2
    for got, square in zip((errors.first, errors.second, errors.first_order), squares, strict=True):
        np.testing.assert_allclose(got.numpy(), np.sqrt(square), rtol=1e-6, atol=1e-9)


@given(seed=st.integers(0, 2**31), shift=st.floats(-50, 50), order=st.sampled_from([1, 2]))
def test_a_constant_moves_the_baseline_and_nothing_else(seed: int, shift: float, order: int) -> None:
    game = random_game(7, seed)
    for method, sample in ((banzhaf, DRAWN), (shapley, DRAWN_PAIRS)):
        plain, moved = method(sample, game, order), method(sample, game + shift, order)
        assert moved[0].baseline - plain[0].baseline == pytest.approx(shift, abs=1e-8)
        for one, other in zip(numbers(plain), numbers(moved), strict=True):
            torch.testing.assert_close(other, one, rtol=0, atol=1e-8)


@given(players=st.permutations(range(7)), seed=st.integers(0, 2**31), order=st.sampled_from([1, 2]))
def test_relabelling_players_relabels_the_values(players: list[int], seed: int, order: int) -> None:
    game = random_game(7, seed)
    for sample in (DRAWN, DRAWN_PAIRS):
        moved = replace(sample, masks=sample.masks[:, players], p=sample.p[players])
        values = game[codes(sample.masks)]  # (m,)
        if sample is DRAWN:
            results = (weighted_banzhaf(one, values, one.p, order) for one in (sample, moved))
        else:
            results = (faithful_shapley(one, values, order, empty=1.0, full=4.0) for one in (sample, moved))
        for one, other in zip(*map(numbers, results), strict=True):
            expected = one[players] if one.ndim == 1 else one[players][:, players]
            torch.testing.assert_close(other, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("order", [1, 2])
def test_masks_too_few_or_too_alike_are_refused(order: int) -> None:
    game = random_game(8, seed=8)
    lower = " or max_order=1" if order == 2 else ""
    terms = {1: 9, 2: 37}[order]
    sentence = f"8 joint masks are too few or too alike for the {terms} terms of 8 players; use a larger budget"
    for p, advice in ((0.5, ""), (0.4, " or p nearer 0.5")):
        with pytest.raises(InputError, match=f"^{sentence}{advice}{lower}\\.$"):
            banzhaf(draw_joint(chance(*[p] * 8), 8, generator()), game, order)
    with pytest.raises(InputError, match=f"^{sentence}{lower}\\.$"):
        shapley(draw_shapley(8, 8, generator()), game, order)


@pytest.mark.parametrize("seed", range(10))
def test_players_who_are_never_apart_are_refused(seed: int) -> None:
    masks = draw_joint(chance(*[0.4] * 8), 100, generator(seed)).masks
    masks[:, 3] = masks[:, 5]
    sample = JointMasks(masks, torch.full((100,), 0.01, dtype=torch.float64), exact=False, p=chance(*[0.4] * 8))
    with pytest.raises(InputError, match="100 joint masks are too few or too alike for the 9 terms"):
        banzhaf(sample, random_game(8, seed), 1)


def test_a_mask_that_decides_a_term_alone_is_refused() -> None:
    masks = all_masks(5, 0.5).masks
    saturated = masks[masks.sum(dim=1) <= 2]  # (16, 5)
    sample = JointMasks(saturated, torch.full((16,), 1 / 16, dtype=torch.float64), exact=False, p=chance(*[0.5] * 5))
    with pytest.raises(InputError, match="16 joint masks are too few"):
        banzhaf(sample, random_game(5, seed=9), 2)


def test_masks_without_their_complements_are_no_shapley_sample() -> None:
    drawn = draw_joint(chance(*[0.5] * 8), 100, generator())
    with pytest.raises(ValueError, match="followed by its complement"):
        shapley(drawn, random_game(8, seed=10), 1)
