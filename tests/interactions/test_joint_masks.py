"""Joint masks keep what they promise, and a plan buys enough of them."""

from __future__ import annotations

import re
from math import comb

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.budget import plan_joint_masks
from fixlip_widget.interactions.joint_regression import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.masks import joint_bernoulli_masks, shapley_masks


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(n=st.integers(1, 8), seed=st.integers(0, 1000))
def test_all_joint_masks_carry_their_probability(n: int, seed: int) -> None:
    p = 0.05 + 0.9 * torch.rand(n, dtype=torch.float64, generator=generator(seed))  # (n,)
    every = joint_bernoulli_masks(p, 2**n, generator())
    assert every.exact
    assert len(torch.unique(every.masks, dim=0)) == len(every) == 2**n
    assert float(every.weights.sum()) == pytest.approx(1.0)
    torch.testing.assert_close(every.weights @ every.masks.double(), p)
    together = every.masks.double().T @ (every.weights[:, None] * every.masks.double())  # (n, n)
    torch.testing.assert_close(together, torch.outer(p, p).fill_diagonal_(0.0) + p.diag())


def test_drawn_joint_masks_keep_each_player_as_likely_as_asked() -> None:
    p = torch.linspace(0.1, 0.9, 13, dtype=torch.float64)
    drawn = joint_bernoulli_masks(p, 20_000, generator())
    assert not drawn.exact
    assert ((drawn.masks.double().mean(dim=0) - p).abs() < 5 * (p * (1 - p) / 20_000).sqrt()).all()
    assert float(drawn.weights.sum()) == pytest.approx(1.0)


@pytest.mark.parametrize("n", [2, 3, 7])
def test_all_coalitions_carry_the_shapley_kernel(n: int) -> None:
    every = shapley_masks(n, 2**n - 2, generator())
    assert every.exact
    assert len(torch.unique(every.masks, dim=0)) == len(every) == 2**n - 2
    sizes = every.masks.sum(dim=1).tolist()
    assert set(sizes) == set(range(1, n))
    kernel = [(n - 1) / (comb(n, k) * k * (n - k)) for k in sizes]
    expected = torch.tensor(kernel, dtype=torch.float64) / sum(kernel)
    torch.testing.assert_close(every.weights, expected)
    assert torch.equal(every.masks[::2], ~every.masks[1::2])


def test_drawn_coalitions_follow_the_shapley_kernel() -> None:
    n, count = 7, 100
    masks = torch.cat([shapley_masks(n, count, generator(seed)).masks for seed in range(400)])  # (40_000, 7)
    draws = len(masks) / 2
    for k in range(1, n):
        share = 1 / (k * (n - k)) / sum(1 / (j * (n - j)) for j in range(1, n))
        of_size = masks[masks.sum(dim=1) == k]  # (·, n)
        assert len(of_size) / len(masks) == pytest.approx(share, abs=5 * (share / draws) ** 0.5)
        members = of_size.double().mean(dim=0)  # (n,)
        assert ((members - k / n).abs() < 5 * (0.25 / len(of_size)) ** 0.5).all()


@given(n=st.integers(8, 60), count=st.integers(2, 253), seed=st.integers(0, 1000))
def test_drawn_coalitions_come_with_their_complements(n: int, count: int, seed: int) -> None:
    drawn = shapley_masks(n, count, generator(seed))
    assert not drawn.exact
    assert count - 1 <= len(drawn) <= count
    assert torch.equal(drawn.masks[::2], ~drawn.masks[1::2])
    assert (drawn.masks.any(dim=1) & ~drawn.masks.all(dim=1)).all()
    assert float(drawn.weights.sum()) == pytest.approx(1.0)
    assert torch.equal(drawn.masks, shapley_masks(n, count, generator(seed)).masks)


def test_a_plan_takes_every_mask_where_that_is_cheap_and_the_budget_elsewhere() -> None:
    assert plan_joint_masks(9, 2) == 512
    assert plan_joint_masks(12, 1) == 1024
    assert plan_joint_masks(13, 1) == 1024
    assert plan_joint_masks(59, 2) == 2**14
    assert plan_joint_masks(59, 2, 9000, paired=True) == 9000
    assert plan_joint_masks(9, 2, 10**6) == 512
    assert plan_joint_masks(59, 2, 2**60) == 2**20


@given(
    n=st.integers(1, 70),
    order=st.sampled_from([1, 2]),
    budget=st.integers(1, 2**15) | st.none(),
    paired=st.booleans(),
)
def test_a_plan_never_spends_more_than_its_budget_nor_less_than_it_needs(
    n: int, order: int, budget: int | None, paired: bool
) -> None:
    terms = basis_size(n, order)
    try:
        count = plan_joint_masks(n, order, budget, paired=paired)
    except InputError:
        assert budget is not None
        assert budget < 4 * (terms + 16)
        return
    assert budget is None or count <= budget
    assert count >= min(terms, 2**n - 2 * paired)


@pytest.mark.parametrize("n", [6, 8, 13, 16])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("paired", [True, False])
def test_what_a_refusal_asks_for_is_enough(n: int, order: int, paired: bool) -> None:
    with pytest.raises(InputError, match=r"^budget=1 joint masks cannot determine") as refusal:
        plan_joint_masks(n, order, 1, paired=paired)
    asked = re.search(r"a budget of at least (\d+)( or max_order=1)?\.$", str(refusal.value))
    assert asked is not None
    assert (asked[2] is not None) == (order == 2)
    count = plan_joint_masks(n, order, int(asked[1]), paired=paired)
    half = torch.full((n,), 0.5, dtype=torch.float64)
    for seed in range(10):
        if paired:
            faithful = shapley_masks(n, count, generator(seed))
            faithful_shapley(faithful, torch.ones(len(faithful)), order, empty=0.0, full=1.0)
        else:
            drawn = joint_bernoulli_masks(half, count, generator(seed))
            weighted_banzhaf(drawn, torch.ones(len(drawn)), half, order)


@pytest.mark.parametrize("budget", [0, -3, 2.5, "many"])
def test_a_budget_is_a_positive_whole_number(budget: int) -> None:
    with pytest.raises(InputError, match="is not a positive whole number"):
        plan_joint_masks(9, 2, budget)


def test_more_pairs_than_can_be_solved_at_once_are_refused() -> None:
    with pytest.raises(InputError, match=r"200 players have 20101 terms of order 2, .*; use max_order=1"):
        plan_joint_masks(200, 2)
    assert plan_joint_masks(200, 1) == 2048
