"""Standard errors are calibrated: 95 % intervals cover the exact values as often as they say."""

from __future__ import annotations

import itertools

import pytest
import torch

from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from tests.games import fit_samples, look_up, random_embeddings

GAMES = 200


def run(masks: tuple[MaskSet, MaskSet], p: float, seed: int, order: int) -> tuple[Coefficients, StandardErrors]:
    image, text = (look_up(one, p, random_embeddings(one.n_players, 6, seed + i)) for i, one in enumerate(masks))
    return fit_samples(image, text, scale=30.0, bias=-3.0, order=order)


def averaged(values: Coefficients, p: float, n_image: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a player (n,) and a pair (n, n) add on average over the others, triples written out as a cube."""
    n = len(values.first)
    third = torch.zeros(n, n, n, dtype=torch.float64)
    if values.third_image is not None and values.third_text is not None:
        players = torch.arange(n)
        a, b = torch.triu_indices(n_image, n_image, offset=1)
        third[a[:, None], b[:, None], players[n_image:]] = values.third_image
        c, d = torch.triu_indices(n - n_image, n - n_image, offset=1) + n_image
        third[players[:n_image, None], c, d] = values.third_text
        third = torch.stack([third.permute(*axes) for axes in itertools.permutations(range(3))]).sum(dim=0)
    second = values.second + p * third.sum(dim=2)  # (n, n)
    first = values.first + p * values.second.sum(dim=1) + p**2 / 2 * third.sum(dim=(1, 2))  # (n,)
    return first, second


def triples(of: Coefficients | StandardErrors) -> torch.Tensor:
    assert of.third_image is not None
    assert of.third_text is not None
    return torch.cat([of.third_image.flatten(), of.third_text.flatten()])


@pytest.mark.parametrize(
    ("n_image", "n_text", "m", "k"),
    [(8, 4, 150, None), (4, 7, None, 150), (7, 5, 200, 150)],
    ids=["image drawn", "text drawn", "both drawn"],
)
@pytest.mark.parametrize("p", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_intervals_cover_the_exact_values(
    n_image: int, n_text: int, m: int | None, k: int | None, p: float, order: int
) -> None:
    generator = torch.Generator().manual_seed(0)
    names = "first", "first order", "second", "second order", "third"
    inside: dict[str, list[torch.Tensor]] = {name: [] for name in names}
    # As many masks for each term as at lower orders: HC3 errs on the wide side where they are few.
    m, k = (count and count * (2 if order == 3 else 1) for count in (m, k))
    pairs = torch.triu_indices(n_image + n_text, n_image + n_text, offset=1).unbind()
    for game in range(GAMES):
        everything = all_masks(n_image, p), all_masks(n_text, p)
        drawn = (
            everything[0] if m is None else bernoulli_masks(n_image, p, m, generator),
            everything[1] if k is None else bernoulli_masks(n_text, p, k, generator),
        )
        exact, none = run(everything, p, 10 * game, order)
        values, errors = run(drawn, p, 10 * game, order)
        assert not none.first.any()
        assert not none.second.any()
        misses = {
            "first": (values.first - exact.first, errors.first),
        }
        (single, double), (exact_single, exact_double) = (averaged(fit, p, n_image) for fit in (values, exact))
        misses["first order"] = single - exact_single, errors.first_order
        if order > 1:
            misses["second"] = (values.second - exact.second)[pairs], errors.second[pairs]
        if order == 3:
            assert errors.second_order is not None
            misses["second order"] = (double - exact_double)[pairs], errors.second_order[pairs]
            misses["third"] = triples(values) - triples(exact), triples(errors)
        for name, (miss, error) in misses.items():
            inside[name].append(miss.abs() <= 1.96 * error)
    for name, covered in inside.items():
        if covered:
            assert 0.90 <= torch.cat(covered).double().mean().item() <= 0.98, name


def test_errors_shrink_with_the_root_of_the_masks() -> None:
    generator = torch.Generator().manual_seed(0)
    few, many = (
        run((bernoulli_masks(8, 0.5, m, generator), all_masks(3, 0.5)), 0.5, 1, 2)[1].second for m in (2000, 8000)
    )
    ratio = (few.sum() / many.sum()).item()
    assert ratio == pytest.approx(2.0, rel=0.1)


def test_as_many_masks_as_terms_leave_no_residual_and_do_not_divide_by_zero() -> None:
    everything = all_masks(5, 0.5)
    few = everything.masks[everything.masks.sum(dim=1) <= 2]  # (16, 5)
    weights = torch.full((16,), 1 / 16, dtype=torch.float64)
    image = look_up(MaskSet(few, weights, exact=False), 0.5, random_embeddings(5, 6, 0))
    text = look_up(all_masks(2, 0.5), 0.5, random_embeddings(2, 6, 1))
    _, errors = fit_samples(image, text, scale=1.0, bias=0.0, order=2)
    assert torch.isfinite(errors.second).all()
