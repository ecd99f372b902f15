"""The solve against brute force, dense regression and the definition of the index."""

from __future__ import annotations

import itertools
from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt
import pytest
import shapiq
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.statistics import Statistics
from tests.games import (
    FloatArray,
    codes,
    dense_fit,
    fit_samples,
    flat,
    look_up,
    random_embeddings,
    subsets_up_to,
    truncated_fit,
)

SIZES = [(3, 2), (7, 5), (2, 9)]
P = [0.3, 0.5, 0.7]


def solve(
    image: MaskSet,
    e_image: torch.Tensor,
    text: MaskSet,
    e_text: torch.Tensor,
    order: int,
    p: tuple[float, float] = (0.5, 0.5),
) -> Coefficients:
    """The product-grid solve of 30·cos − 3, from masks drawn with p and tables of embeddings."""
    samples = look_up(image, p[0], e_image), look_up(text, p[1], e_text)
    return fit_samples(*samples, scale=30.0, bias=-3.0, order=order)[0]


def grid_rows(
    image: MaskSet, e_image: torch.Tensor, text: MaskSet, e_text: torch.Tensor
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """All m·k rows: masks, values of 30·cos − 3, weights."""
    rows = [torch.cat([x, y]).double() for x, y in itertools.product(image.masks, text.masks)]  # m·k of (n,)
    values = 30.0 * e_image[codes(image.masks)] @ e_text[codes(text.masks)].T - 3.0  # (m, k)
    weights = image.weights[:, None] * text.weights  # (m, k)
    return torch.stack(rows).numpy(), values.flatten().numpy(), weights.flatten().numpy()


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("p", P)
@pytest.mark.parametrize(("n_image", "n_text"), SIZES)
def test_equals_brute_force_over_all_masks(n_image: int, n_text: int, p: float, order: int) -> None:
    image, text = all_masks(n_image, p), all_masks(n_text, p)
    tables = random_embeddings(n_image, 5, seed=1), random_embeddings(n_text, 5, seed=2)
    rows, values, _ = grid_rows(image, tables[0], text, tables[1])
    mass = np.prod(np.where(rows == 1.0, p, 1.0 - p), axis=1)
    expected = dense_fit(rows, values, mass, order)
    got = flat(solve(image, tables[0], text, tables[1], order, (p, p)), order)
    np.testing.assert_allclose(got, expected, atol=1e-8)


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.3, 0.7)])
@pytest.mark.parametrize("order", [1, 2])
def test_equals_the_dense_regression_on_all_products_of_which_the_lower_ones_are_kept(
    p: tuple[float, float], order: int
) -> None:
    generator = torch.Generator().manual_seed(3)
    n_image, n_text = 6, 4
    image = bernoulli_masks(n_image, p[0], 80, generator)
    tables = random_embeddings(n_image, 5, seed=4), random_embeddings(n_text, 5, seed=5)
    for text in (bernoulli_masks(n_text, p[1], 50, generator), all_masks(n_text, p[1])):
        samples = look_up(image, p[0], tables[0]), look_up(text, p[1], tables[1])
        expected = truncated_fit(*samples, subsets_up_to(10, order), order, scale=30.0, bias=-3.0)
        got = flat(solve(image, tables[0], text, tables[1], order, p), order)
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=1e-8 * float(np.abs(expected).max()))


def test_what_is_dropped_is_noise_to_a_regression_without_it() -> None:
    """Cross-modal errors are smaller beside image pairs than with a fit of total degree 2 on the same masks."""
    n_image, n_text, p, errors = 8, 3, 0.3, []
    text = all_masks(n_text, p)
    for seed in range(20):
        image = bernoulli_masks(n_image, p, 150, torch.Generator().manual_seed(seed))
        masks = torch.cat([torch.arange(2**n_image)[:, None] >> torch.arange(n_image) & 1], dim=1).double()
        pull = torch.randn(n_image, n_image, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        raw = torch.einsum("mi,ijd,mj->md", masks, pull, masks) + 6.0  # (2ⁿ, d), mostly of degree 2
        tables = raw / raw.norm(dim=1, keepdim=True), random_embeddings(n_text, 5, seed)
        exact = solve(all_masks(n_image, p), tables[0], text, tables[1], 2, (p, p)).second[:n_image, n_image:]
        joint = dense_fit(*grid_rows(image, tables[0], text, tables[1]), 2)
        second = np.zeros((n_image + n_text,) * 2)
        second[np.triu_indices(n_image + n_text, 1)] = joint[1 + n_image + n_text :]
        ours = solve(image, tables[0], text, tables[1], 2, (p, p)).second[:n_image, n_image:]
        errors.append(
            [float((ours - exact).square().mean()), ((second[:n_image, n_image:] - exact.numpy()) ** 2).mean()]
        )
    ours_mean, joint_mean = np.mean(errors, axis=0)
    assert ours_mean < 0.5 * joint_mean


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.3, 0.3), (0.3, 0.7)])
def test_pairs_are_expected_discrete_derivatives(p: tuple[float, float]) -> None:
    n_image, n_text = 4, 3
    tables = random_embeddings(n_image, 5, seed=6), random_embeddings(n_text, 5, seed=7)
    keep = [p[0]] * n_image + [p[1]] * n_text
    second = solve(all_masks(n_image, p[0]), tables[0], all_masks(n_text, p[1]), tables[1], 2, p).second

    def value(kept: set[int]) -> float:
        x = sum(1 << i for i in kept if i < n_image)
        y = sum(1 << (i - n_image) for i in kept if i >= n_image)
        return float(30.0 * tables[0][x] @ tables[1][y])

    n = n_image + n_text
    for i, j in itertools.combinations(range(n), 2):
        others = [k for k in range(n) if k not in (i, j)]
        expected = 0.0
        for bits in itertools.product([False, True], repeat=len(others)):
            kept = {k for k, bit in zip(others, bits, strict=True) if bit}
            chance = prod(keep[k] if k in kept else 1.0 - keep[k] for k in others)
            derivative = value(kept | {i, j}) - value(kept | {i}) - value(kept | {j}) + value(kept)
            expected += chance * derivative
        assert float(second[i, j]) == pytest.approx(expected, abs=1e-8)


def test_equals_exact_banzhaf_interactions_of_shapiq() -> None:
    n_image, n_text = 4, 3
    tables = random_embeddings(n_image, 5, seed=8), random_embeddings(n_text, 5, seed=9)

    def game(masks: npt.NDArray[np.bool_]) -> FloatArray:
        kept = torch.as_tensor(masks)
        x, y = tables[0][codes(kept[:, :n_image])], tables[1][codes(kept[:, n_image:])]
        values: FloatArray = (30.0 * (x * y).sum(dim=1) - 3.0).numpy()
        return values

    exact = shapiq.ExactComputer(n_players=n_image + n_text, game=game)("FBII", 2)
    got = solve(all_masks(n_image, 0.5), tables[0], all_masks(n_text, 0.5), tables[1], 2)
    for i, j in itertools.combinations(range(n_image + n_text), 2):
        assert float(got.second[i, j]) == pytest.approx(exact[(i, j)], abs=1e-8)
    for i in range(n_image + n_text):
        assert float(got.first[i]) == pytest.approx(exact[(i,)], abs=1e-8)


@settings(max_examples=25)
@given(seed=st.integers(0, 2**31), p=st.floats(0.2, 0.8), shift=st.floats(-50, 50))
def test_a_constant_moves_the_baseline_and_nothing_else(seed: int, p: float, shift: float) -> None:
    image = look_up(all_masks(4, p), p, random_embeddings(4, 5, seed))
    text = look_up(all_masks(3, p), p, random_embeddings(3, 5, seed + 1))
    plain, moved = (fit_samples(image, text, scale=30.0, bias=bias, order=2)[0] for bias in (0.0, shift))
    assert moved.baseline - plain.baseline == pytest.approx(shift, abs=1e-8)
    torch.testing.assert_close(moved.first, plain.first, atol=1e-8, rtol=0)
    torch.testing.assert_close(moved.second, plain.second, atol=1e-8, rtol=0)


@settings(max_examples=25)
@given(order=st.permutations(range(5)), seed=st.integers(0, 2**31))
def test_relabelling_patches_relabels_the_values(order: list[int], seed: int) -> None:
    image = look_up(
        bernoulli_masks(5, 0.4, 80, torch.Generator().manual_seed(seed)), 0.4, random_embeddings(5, 6, seed)
    )
    text = look_up(all_masks(3, 0.4), 0.4, random_embeddings(3, 6, seed + 1))

    def run(masks: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        moved = replace(image, masks=replace(image.masks, masks=masks))
        values, _ = fit_samples(moved, text, scale=30.0, bias=0.0, order=2)
        return values.first, values.second

    first, second = run(image.masks.masks)
    first_moved, second_moved = run(image.masks.masks[:, order])
    players = [*order, 5, 6, 7]
    torch.testing.assert_close(first_moved, first[players], atol=1e-7, rtol=1e-7)
    torch.testing.assert_close(second_moved, second[players][:, players], atol=1e-7, rtol=1e-7)


def test_sums_over_halves_add_up_to_the_whole() -> None:
    masks = bernoulli_masks(6, 0.3, 70, torch.Generator().manual_seed(0))
    embeddings = random_embeddings(6, 5, seed=1)[codes(masks.masks)]
    whole, left, right = (Statistics.empty(Basis(6, 2, 0.3), 5) for _ in range(3))
    whole.update(masks.masks, embeddings, masks.weights)
    left.update(masks.masks[:33], embeddings[:33], masks.weights[:33])
    right.update(masks.masks[33:], embeddings[33:], masks.weights[33:])
    assert left.gram is not None
    assert right.gram is not None
    torch.testing.assert_close(left.gram + right.gram, whole.gram)
    torch.testing.assert_close(left.moment + right.moment, whole.moment)
    assert left.count + right.count == whole.count == 70
    assert left.weight + right.weight == whole.weight == pytest.approx(70.0)


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_equal_masks_are_summed_as_precisely_as_weighted_ones(p: float) -> None:
    masks = bernoulli_masks(30, p, 900, torch.Generator().manual_seed(0)).masks  # more terms than a panel has rows
    embeddings = torch.randn(900, 5, generator=torch.Generator().manual_seed(1))  # (900, 5)
    sums = Statistics.empty(Basis(30, 2, p), 5)
    sums.update(masks, embeddings, torch.full((900,), 0.25, dtype=torch.float64))
    features = Basis(30, 2, p).features(masks)  # (900, 466)
    exact = 0.0 if p == 0.5 else 1e-9  # sums of signs have no rounding
    assert sums.gram is not None
    torch.testing.assert_close(sums.gram.tril(), (0.25 * features.T @ features).tril(), atol=exact, rtol=0)
    torch.testing.assert_close(sums.moment, 0.25 * features.T @ embeddings.double(), atol=1e-10, rtol=0)


def test_masks_that_cannot_tell_terms_apart_are_refused() -> None:
    image = look_up(bernoulli_masks(6, 0.5, 5, torch.Generator().manual_seed(0)), 0.5, random_embeddings(6, 5, seed=1))
    text = look_up(all_masks(3, 0.5), 0.5, random_embeddings(3, 5, seed=2))
    with pytest.raises(InputError, match=r"5 image masks at p=.* do not determine the 7 terms"):
        fit_samples(image, text, scale=30.0, bias=0.0, order=2)
