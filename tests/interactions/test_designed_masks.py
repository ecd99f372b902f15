"""Fits to designed masks: what they are exact for, and errors that say how exact they are otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.interactions.accumulator import MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.fit import fit
from fixlip_widget.interactions.mask_sources import DesignedMasks
from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from tests.games import Sample, accumulate, codes, look_up, random_embeddings

N_T = 3
Embed = Callable[[Tensor], Tensor]


def smooth(n: int, seed: int) -> Embed:
    """Embeddings that depend on masks as those of encoders do: less and less on ever larger sets of players."""
    generator = torch.Generator().manual_seed(seed)
    linear, bend, square = (torch.randn(n, 6, dtype=torch.float64, generator=generator) for _ in range(3))

    def embed(masks: Tensor) -> Tensor:
        kept = masks.double() - 0.3
        return F.normalize(2.0 + kept @ linear + 2.0 * torch.tanh(kept @ bend) + (kept @ square) ** 2 / 3.0, dim=1)

    return embed


def rough(n: int, seed: int) -> Embed:
    """A game without any structure."""
    table = random_embeddings(n, 6, seed)
    return lambda masks: table[codes(masks)]


def moments(n: int, m: int, embed: Embed, seed: int, *, degree: int = 2) -> MomentAccumulator:
    masks = DesignedMasks(n, seed).rows(0, m)
    image = MomentAccumulator(Basis(n, degree, 0.5), "image", designed=True, keep_masks=degree == 1)
    image.add(masks, embed(masks.masks))
    return image


def text(seed: int) -> MomentAccumulator:
    return accumulate(look_up(all_masks(N_T, 0.5), 0.5, random_embeddings(N_T, 6, seed)), 2, "text")


def solve(image: MomentAccumulator, words: MomentAccumulator, order: int) -> tuple[Coefficients, StandardErrors]:
    return fit(image, words, scale=30.0, bias=-3.0, order=order)


@pytest.mark.parametrize("degree", [1, 2])
def test_a_game_of_degree_two_is_found_without_error(degree: int) -> None:
    n, generator = 20, torch.Generator().manual_seed(0)
    effects = torch.randn(Basis(n, 2, 0.5).size, 6, dtype=torch.float64, generator=generator)

    def embed(masks: Tensor) -> Tensor:
        return Basis(n, 2, 0.5).features(masks) @ effects  # (m, 6)

    words, m = text(1), DesignedMasks(n, 0).n_rows
    values, errors = solve(moments(n, m, embed, 0, degree=degree), words, 2)
    drawn = bernoulli_masks(n, 0.5, 600, generator)
    expected, _ = solve(accumulate(Sample(drawn, 0.5, embed(drawn.masks)), 2, "image"), words, 2)
    np.testing.assert_allclose(values.second, expected.second, atol=1e-4)
    np.testing.assert_allclose(values.first, expected.first, atol=1e-4)
    assert values.shrinkage == 1.0
    assert float(errors.second.max()) < 1e-3


@pytest.mark.parametrize("game", [smooth, rough])
@pytest.mark.parametrize(("n", "m"), [(17, 2048), (17, 512), (14, 512), (14, 128)])
def test_intervals_cover_the_exact_values(game: Callable[[int, int], Embed], n: int, m: int) -> None:
    embed, words = game(n, 0), text(9)
    every = all_masks(n, 0.5)
    exact, _ = solve(accumulate(Sample(every, 0.5, embed(every.masks)), 2, "image"), words, 2)
    pairs = torch.triu_indices(n + N_T, n + N_T, offset=1).unbind()
    inside: dict[str, list[Tensor]] = {"first": [], "first order": [], "second": []}
    for seed in range(60):
        values, errors = solve(moments(n, m, embed, seed), words, 2)
        miss = values.second - exact.second
        inside["second"].append((miss.abs() <= 1.96 * errors.second)[pairs])
        inside["first"].append((values.first - exact.first).abs() <= 1.96 * errors.first)
        mean = values.first - exact.first + 0.5 * miss.sum(dim=1)
        inside["first order"].append(mean.abs() <= 1.96 * errors.first_order)
    for name, covered in inside.items():
        assert 0.90 <= torch.cat(covered).double().mean().item() <= 0.98, name


def test_pairs_that_are_averaged_by_themselves_are_those_of_the_whole_fit() -> None:
    n, m, embed, words = 20, 256, smooth(20, 2), text(3)
    whole, errors = solve(moments(n, m, embed, 0), words, 2)
    apart, near = solve(moments(n, m, embed, 0, degree=1), words, 2)
    for name in ("first", "second"):
        expected = getattr(whole, name)
        np.testing.assert_allclose(getattr(apart, name), expected, atol=2e-5 * float(expected.abs().max()))
    assert 0.0 < whole.shrinkage < 1.0
    assert apart.shrinkage == pytest.approx(whole.shrinkage, abs=0.02)
    np.testing.assert_allclose(near.second[:n, :n], errors.second[:n, :n], rtol=1e-3)


def test_designed_masks_leave_a_fraction_of_the_error() -> None:
    n, words, m = 20, text(5), DesignedMasks(20, 0).n_rows
    embed, errors = smooth(n, 7), []
    reference = MomentAccumulator(Basis(n, 2, 0.5), "image", designed=True)
    for seed in range(100, 132):
        masks = DesignedMasks(n, seed).rows(0, m)
        reference.add(masks, embed(masks.masks))
    exact = solve(reference, words, 2)[0].second
    for seed in range(4):
        drawn = bernoulli_masks(n, 0.5, m, torch.Generator().manual_seed(seed))
        independent = accumulate(Sample(drawn, 0.5, embed(drawn.masks)), 2, "image")
        found = [solve(one, words, 2)[0].second - exact for one in (moments(n, m, embed, seed), independent)]
        errors.append(
            [[float(miss[:n, part].square().mean()) for part in (slice(n), slice(n, None))] for miss in found]
        )
    designed, independent_errors = np.sqrt(np.mean(errors, axis=0))
    assert (designed < np.array([0.85, 0.6]) * independent_errors).all()  # pairs of patches, cross-modal pairs
