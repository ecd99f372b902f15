"""Sequences of masks: what they begin with, how often each mask comes, and what designed ones are orthogonal to."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.mask_sources import (
    DesignedMasks,
    DistinctMasks,
    MaskKind,
    MaskSource,
    error_features,
    mask_source,
)
from fixlip_widget.interactions.masks import all_masks
from tests.games import codes


@pytest.mark.parametrize("kind", ["all", "designed", "distinct", "independent"])
@pytest.mark.parametrize("p", [0.3, 0.5])
def test_a_sequence_is_its_own_beginning(kind: MaskKind, p: float) -> None:
    n = 11

    def joined(source: MaskSource, sizes: list[int]) -> torch.Tensor:
        starts = np.cumsum([0, *sizes[:-1]]).tolist()
        return torch.cat([source.rows(start, size).masks for start, size in zip(starts, sizes, strict=True)])

    whole = mask_source(kind, n, p, seed=3).rows(0, 600).masks
    assert torch.equal(whole, joined(mask_source(kind, n, p, seed=3), [1, 63, 64, 172, 300]))
    source = mask_source(kind, n, p, seed=3)
    source.rows(0, 100)
    assert torch.equal(source.rows(100, 50).masks, whole[100:150])
    assert torch.equal(source.rows(100, 50).masks, whole[100:150])  # after an interrupt they are taken again
    if kind != "all":
        assert not torch.equal(whole, mask_source(kind, n, p, seed=4).rows(0, 600).masks)


@pytest.mark.parametrize(("n", "p"), [(5, 0.5), (6, 0.5), (6, 0.3), (6, 0.8)])
def test_distinct_masks_come_as_often_as_they_should(n: int, p: float) -> None:
    every = all_masks(n, p)
    order = codes(every.masks)
    for count in (7, 2**n // 2, 2**n, 300):
        counts = torch.stack(
            [
                torch.bincount(codes(DistinctMasks(n, p, seed).rows(0, count).masks), minlength=2**n)[order]
                for seed in range(100)
            ]
        ).double()  # (seeds, 2ⁿ)
        expected = count * every.weights
        if p == 0.5 and count <= 2**n:
            assert counts.max() <= 1
        assert float((counts - expected).abs().max()) < 2.5
        spread = (counts.mean(dim=0) - expected) / (expected.clamp(min=0.05) / 100).sqrt()
        assert float(spread.abs().max()) < 5


@pytest.mark.parametrize(("n", "p", "count"), [(6, 0.5, 40), (6, 0.3, 40), (7, 0.7, 200), (7, 0.5, 100)])
def test_the_variance_of_distinct_masks_is_what_they_say(n: int, p: float, count: int) -> None:
    every = all_masks(n, p)
    order, kept = codes(every.masks), every.masks.sum(dim=1)
    hits = torch.stack(
        [torch.bincount(codes(DistinctMasks(n, p, s).rows(0, count).masks), minlength=2**n)[order] for s in range(600)]
    ).double()  # (600, 2ⁿ)
    independent = count * every.weights * (1.0 - every.weights)  # (2ⁿ,)
    variances = (hits - count * every.weights).square().mean(dim=0)  # (2ⁿ,)
    factors = DistinctMasks(n, p, 0).variance_factors(count)
    for size in range(n + 1):
        found = float(variances[kept == size].sum() / independent[kept == size].sum())
        assert found == pytest.approx(float(factors[size]), rel=0.3, abs=0.02), size


@pytest.mark.parametrize(("n", "unit", "n_rows", "spare"), [(49, 128, 4096, 15), (20, 64, 2048, 12), (15, 64, 512, 1)])
def test_features_are_orthonormal_beside_the_functions_that_tell_errors(
    n: int, unit: int, n_rows: int, spare: int
) -> None:
    source = DesignedMasks(n, seed=5)
    assert (source.unit, source.n_rows) == (unit, n_rows)
    rows = source.rows(0, n_rows)
    assert rows.spare is not None
    assert rows.spare.shape == (n_rows, spare)
    features = Basis(n, 2, 0.5).features(rows.masks)
    functions = torch.cat(error_features(rows.masks, rows.spare, 2), dim=1)
    both = torch.cat([features, functions], dim=1).float()
    assert torch.equal(both.T @ both, n_rows * torch.eye(both.shape[1]))
    first = Basis(n, 1, 0.5).features(rows.masks[:unit])
    assert torch.equal(first.T @ first, unit * torch.eye(n + 1, dtype=torch.float64))
    assert not torch.equal(source.rows(n_rows, n_rows).masks, rows.masks)  # what follows is another array


def test_over_seeds_any_two_sets_of_players_are_uncorrelated() -> None:
    """So that inner products are unbiased for all games: the first rows of a block are a uniform mask each."""
    rows = torch.stack([DesignedMasks(17, seed).rows(0, 2).masks for seed in range(1000)])  # (seeds, 2, 17)
    z = 2.0 * rows.double() - 1.0
    for players in ([0], [3, 9], [1, 2, 3, 4], list(range(17))):
        assert abs(float(z[:, 0, players].prod(dim=1).mean())) < 5 / 1000**0.5
