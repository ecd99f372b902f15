"""Standard errors of fits on joint masks are calibrated, and estimates lie as near the truth as they say."""

from __future__ import annotations

import pytest
import torch

from fixlip_widget.interactions.joint_regression import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.masks import all_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from tests.games import JointMasks, codes, draw_joint, draw_shapley

GAMES = 200
SHAPLEY = "shapley"
DRAWS = [(0.3, 0.3), (0.5, 0.5), (0.7, 0.7), (0.6, 0.3), SHAPLEY]
Draw = tuple[float, float] | str


def draw(how: Draw, n: int, count: int, generator: torch.Generator) -> JointMasks:
    """Masks under the Shapley kernel, or with one chance for the first half of the players and one for the others."""
    if isinstance(how, str):
        return draw_shapley(n, count, generator)
    p = torch.tensor(how, dtype=torch.float64).repeat_interleave(n)[n - n // 2 :][:n]  # (n,)
    return draw_joint(p, count, generator)


def run(sample: JointMasks, game: torch.Tensor, order: int, how: Draw) -> tuple[Coefficients, StandardErrors]:
    values = game[codes(sample.masks)]
    if how == SHAPLEY:
        return faithful_shapley(sample, values, order, empty=float(game[0]), full=float(game[-1]))
    return weighted_banzhaf(sample, values, sample.p, order)


def misses(sample: JointMasks, every: JointMasks, game: torch.Tensor, order: int, how: Draw) -> dict[str, torch.Tensor]:
    """How many standard errors lie between the estimates from a sample and the exact values, by kind of value."""
    exact, _ = run(every, game, order, how)
    values, errors = run(sample, game, order, how)
    first, second = values.first - exact.first, values.second - exact.second
    off = {"first": first / errors.first, "first order": (first + second @ sample.p) / errors.first_order}
    if order == 2:
        pairs = torch.triu_indices(sample.n_players, sample.n_players, offset=1).unbind()
        off["second"] = second[pairs] / errors.second[pairs]
    return {name: z.abs() for name, z in off.items()}


@pytest.mark.parametrize("how", DRAWS, ids=str)
@pytest.mark.parametrize("order", [1, 2])
def test_intervals_cover_the_exact_values(how: Draw, order: int) -> None:
    n, generator = 8, torch.Generator().manual_seed(0)
    every = draw(how, n, 2**n, generator)
    inside: dict[str, list[torch.Tensor]] = {}
    for _ in range(GAMES):
        game = 3.0 + torch.randn(2**n, dtype=torch.float64, generator=generator)  # (2ⁿ,)
        sample = draw(how, n, 250, generator)
        assert not sample.exact
        for name, z in misses(sample, every, game, order, how).items():
            inside.setdefault(name, []).append(z <= 1.96)
    coverage = {name: torch.cat(covered).double().mean().item() for name, covered in inside.items()}
    assert len(coverage) == order + 1
    for name, share in coverage.items():
        assert 0.90 <= share <= 0.98, name


@pytest.mark.parametrize("how", DRAWS[2:], ids=str)
@pytest.mark.parametrize("order", [1, 2])
def test_estimates_lie_within_a_few_errors_of_the_exact_values(how: Draw, order: int) -> None:
    n, generator = 13, torch.Generator().manual_seed(1)
    game = 3.0 + torch.randn(2**n, dtype=torch.float64, generator=generator)  # (2ⁿ,)
    kinds = misses(draw(how, n, 3000, generator), everything(how, n), game, order, how)
    for name, z in kinds.items():
        assert (z <= 4.0).double().mean() >= 0.95, name


def everything(how: Draw, n: int) -> JointMasks:
    """All masks and their weights, for more players than the samplers enumerate."""
    p = draw(how, n, 2, torch.Generator()).p  # (n,)
    masks = all_masks(n, 0.5).masks  # (2ⁿ, n)
    if how != SHAPLEY:
        return JointMasks(masks, torch.where(masks, p, 1.0 - p).prod(dim=1), exact=True, p=p)
    half = masks[1 : 2 ** (n - 1)]  # (2ⁿ⁻¹ − 1, n)
    k = torch.arange(n + 1, dtype=torch.float64)  # (n + 1,)
    kernel = torch.exp(torch.lgamma(k) + torch.lgamma(n - k))  # (n + 1,): (k − 1)!·(n − k − 1)!
    masks = torch.stack([half, ~half], dim=1).flatten(0, 1)  # (2ⁿ − 2, n)
    weights = kernel[masks.sum(dim=1)]  # (2ⁿ − 2,)
    return JointMasks(masks, weights / weights.sum(), exact=True, p=p)


@pytest.mark.parametrize("how", [(0.5, 0.5), SHAPLEY], ids=str)
def test_errors_shrink_with_the_root_of_the_masks(how: Draw) -> None:
    n, generator = 13, torch.Generator().manual_seed(2)
    game = torch.randn(2**n, dtype=torch.float64, generator=generator)  # (2ⁿ,)
    few, many = (run(draw(how, n, m, generator), game, 2, how)[1] for m in (3000, 12_000))
    assert float(few.first.sum() / many.first.sum()) == pytest.approx(2.0, rel=0.15)
    assert float(few.second.sum() / many.second.sum()) == pytest.approx(2.0, rel=0.15)
    assert float(few.first_order.sum() / many.first_order.sum()) == pytest.approx(2.0, rel=0.15)
