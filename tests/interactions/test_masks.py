"""Mask sets keep what they promise."""

from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import Basis, basis_size
from fixlip_widget.interactions.budget import image_degree, mask_kind, plan_masks
from fixlip_widget.interactions.mask_sources import MaskKind
from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from tests.games import Sample, accumulate, fit_samples, monomials


@given(n=st.integers(1, 8), p=st.floats(0.05, 0.95))
def test_all_masks_are_distinct_and_carry_their_probability(n: int, p: float) -> None:
    every = all_masks(n, p)
    assert len(torch.unique(every.masks, dim=0)) == 2**n
    assert every.exact
    assert float(every.weights.sum()) == pytest.approx(1.0)
    marginals = every.weights @ every.masks.double()
    torch.testing.assert_close(marginals, torch.full((n,), p, dtype=torch.float64))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.7])
def test_drawn_masks_keep_with_probability_p(p: float) -> None:
    drawn = bernoulli_masks(11, p, 20_000, torch.Generator().manual_seed(0))
    sigma = (p * (1 - p) / 20_000) ** 0.5
    assert not drawn.exact
    assert ((drawn.masks.double().mean(dim=0) - p).abs() < 5 * sigma).all()
    assert (drawn.weights == 1.0).all()


@given(n=st.integers(1, 7), degree=st.sampled_from([1, 2]), p=st.floats(0.1, 0.9), seed=st.integers(0, 1000))
def test_values_on_centred_features_are_taken_back_to_plain_ones(n: int, degree: int, p: float, seed: int) -> None:
    basis = Basis(n, degree, p)
    generator = torch.Generator().manual_seed(seed)
    masks = bernoulli_masks(n, 0.5, 9, generator).masks
    z = ((masks.double() - p) / (p * (1 - p)) ** 0.5).numpy()  # (9, n)
    torch.testing.assert_close(basis.features(masks), torch.as_tensor(monomials(z, degree)))
    coefficients = torch.randn(basis.size, 2, dtype=torch.float64, generator=generator)  # (size, 2)
    plain = torch.as_tensor(monomials(masks.double().numpy(), degree))  # (9, size)
    torch.testing.assert_close(plain @ basis.to_monomials(coefficients), basis.features(masks) @ coefficients)


def test_a_budget_takes_all_captions_where_that_leaves_enough_images() -> None:
    assert plan_masks(49, 8, 2, budget=2**20) == (4096, 256)
    assert plan_masks(49, 8, 2) == (4096, 256)
    assert plan_masks(49, 13, 2) == (4096, 512)
    assert plan_masks(6, 3, 2, budget=10**6) == (64, 8)
    assert plan_masks(49, 8, 2, budget=2**20, n_text_masks=128) == (2**13, 128)
    assert plan_masks(49, 1, 2, budget=2**60) == (16 * 1226, 2)
    assert plan_masks(49, 8, 2, n_image_masks=2000, n_text_masks=999) == (2000, 256)


@given(
    n_image=st.integers(1, 60), n_text=st.integers(1, 20), order=st.sampled_from([1, 2]), budget=st.integers(1, 2**22)
)
def test_a_plan_never_spends_more_than_its_budget_nor_less_than_it_needs(
    n_image: int, n_text: int, order: int, budget: int
) -> None:
    least = min(2**n_image, basis_size(n_image, 1)), min(2**n_text, basis_size(n_text, order))
    try:
        m, k = plan_masks(n_image, n_text, order, budget=budget)
    except InputError:
        assert budget < 2 * (least[0] + 24) * (least[1] + 24)
        return
    assert m * k <= budget
    assert m >= least[0]
    assert k >= least[1]


@pytest.mark.parametrize(("n_image", "n_text"), [(9, 8), (13, 4), (6, 13)])
@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("budgeted", [True, False])
@pytest.mark.parametrize("p", [0.5, 0.85])
def test_what_a_refusal_asks_for_is_enough(n_image: int, n_text: int, order: int, budgeted: bool, p: float) -> None:
    few = {"budget": 1} if budgeted else {"n_image_masks": 1, "n_text_masks": 1}
    with pytest.raises(InputError) as refusal:
        plan_masks(n_image, n_text, order, **few, p=(p, p))
    numbers = [int(word) for word in re.findall(r"\d+", str(refusal.value).split("at least ")[1].split("or")[0])]
    if budgeted:
        m, k = plan_masks(n_image, n_text, order, budget=numbers[0], p=(p, p))
    else:
        m, k = plan_masks(n_image, n_text, order, n_image_masks=numbers[0], n_text_masks=numbers[1], p=(p, p))
    for seed in range(20):
        generator, samples = torch.Generator().manual_seed(seed), []
        for n, count in ((n_image, m), (n_text, k)):
            masks = all_masks(n, p) if count >= 2**n else bernoulli_masks(n, p, count, generator)
            samples.append(Sample(masks, p, torch.ones(len(masks), 1, dtype=torch.float64)))
        values, errors = fit_samples(samples[0], samples[1], scale=1.0, bias=0.0, order=order)
        assert torch.isfinite(values.second).all()
        assert torch.isfinite(errors.second).all()


@pytest.mark.parametrize("p", [0.1, 0.8, 0.9])
@pytest.mark.parametrize("n_text", [6, 8, 14])
@pytest.mark.parametrize("budget", [2**17, None])
def test_far_from_the_middle_there_are_captions_enough(p: float, n_text: int, budget: int | None) -> None:
    _, k = plan_masks(49, n_text, 2, budget=budget, p=(0.5, p))
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        masks = all_masks(n_text, p) if k >= 2**n_text else bernoulli_masks(n_text, p, k, generator)
        text = accumulate(Sample(masks, p, torch.ones(len(masks), 1, dtype=torch.float64)), 2, "text")
        assert torch.isfinite(text.normal_equations.effects).all()


@pytest.mark.parametrize(
    ("n_text", "p", "message"),
    [
        (3, (1e-6, 0.5), "p=1e-06 patches are kept too seldom"),
        (13, (0.5, 0.999), "p=0.999 words are hidden too seldom"),
    ],
)
def test_so_far_from_the_middle_no_plan_is_made(n_text: int, p: tuple[float, float], message: str) -> None:
    with pytest.raises(InputError, match=f"{message}: .* use p nearer 0.5"):
        plan_masks(49, n_text, 2, p=p)


def test_large_grids_get_as_many_masks_as_they_usually_need_and_can_keep() -> None:
    assert plan_masks(196, 8, 1) == (1024, 256)
    assert plan_masks(196, 8, 2) == (2**15, 256)
    assert plan_masks(196, 8, 2, budget=2**60) == (3 * 19307, 256)
    degrees = [image_degree(n, 2, count, 0.5) for n, count in ((196, 2**15), (49, 4096), (49, 1000))]
    assert degrees == [1, 2, 1]
    assert [image_degree(49, 2, 4096, p) for p in (0.05, 0.9, 0.98)] == [1, 2, 1]


@pytest.mark.parametrize(("n_image", "n_text", "order", "lower"), [(196, 8, 3, 2), (49, 130, 2, 1)])
def test_terms_too_many_to_solve_at_once_are_refused(n_image: int, n_text: int, order: int, lower: int) -> None:
    with pytest.raises(InputError, match=rf"have \d+ terms, more than the 8192 .*; use max_order={lower}"):
        plan_masks(n_image, n_text, order)
    plan_masks(n_image, n_text, lower)


@pytest.mark.parametrize(
    ("n", "order", "count", "p", "kind"),
    [
        (49, 2, 4096, 0.5, "designed"),
        (49, 2, 128, 0.5, "designed"),
        (49, 2, 127, 0.5, "independent"),  # less than a block
        (49, 2, 4096, 0.4, "independent"),
        (72, 2, 8192, 0.5, "independent"),  # a quarter of the array, and many masks for each term
        (72, 1, 1024, 0.5, "designed"),
        (196, 2, 2**15, 0.5, "independent"),
        (12, 2, 4096, 0.5, "all"),
        (12, 2, 4095, 0.5, "distinct"),
        (14, 2, 512, 0.5, "designed"),
        (14, 2, 512, 0.7, "distinct"),
        (1025, 1, 4096, 0.5, "independent"),
    ],
)
def test_masks_are_designed_where_that_is_better(n: int, order: int, count: int, p: float, kind: MaskKind) -> None:
    assert mask_kind(n, order, count, p, designed=True) == kind
    assert mask_kind(n, order, count, p, designed=False) != "designed"


def test_a_budget_takes_all_masks_of_a_caption_where_it_leaves_images_enough() -> None:
    assert plan_masks(49, 10, 2, budget=2**20) == (1024, 1024)
    assert plan_masks(49, 10, 2, budget=2**18) == (256, 1024)
    assert plan_masks(49, 10, 2, budget=2**17)[1] < 1024
