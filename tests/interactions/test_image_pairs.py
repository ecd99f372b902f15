"""Image pairs by a regression of their own: equal to the product grid where masks suffice, honest where they do not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from fixlip_widget.interactions.fit import fit
from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from tests.games import Sample, accumulate, fit_samples, look_up, random_embeddings

N_V, N_T = 9, 4


def both_samples(p: float, m: int, k: int, seed: int) -> tuple[Sample, Sample]:
    """m of 2⁹ image masks, and k of 2⁴ text masks or all."""
    generator = torch.Generator().manual_seed(seed)
    text = all_masks(N_T, p) if k == 2**N_T else bernoulli_masks(N_T, p, k, generator)
    e_image, e_text = random_embeddings(N_V, 6, seed), random_embeddings(N_T, 6, seed + 1)
    return look_up(bernoulli_masks(N_V, p, m, generator), p, e_image), look_up(text, p, e_text)


def apart(image: Sample, text: Sample) -> tuple[Coefficients, StandardErrors]:
    """The fit with image pairs by themselves, however many masks there are."""
    moments = accumulate(image, 1, "image", keep_masks=True), accumulate(text, 2, "text")
    return fit(*moments, scale=30.0, bias=-3.0, order=2)


@pytest.mark.parametrize("p", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("k", [16, 40])
def test_with_enough_masks_it_is_the_product_grid_fit(p: float, k: int) -> None:
    samples = both_samples(p, 300, k, seed=5)
    whole, errors = fit_samples(*samples, scale=30.0, bias=-3.0, order=2)
    values, near = apart(*samples)
    assert values.shrinkage == 1.0
    # The other features of the text, in pairs or single, are fitted beside single patches only.
    lower = fit(*(accumulate(one, 1, "") for one in samples), scale=30.0, bias=-3.0, order=1)[0]
    assert values.second[:N_V, N_V:].shape == (N_V, N_T)
    np.testing.assert_allclose(values.second[:N_V, :N_V], whole.second[:N_V, :N_V], atol=1e-5)
    mean = values.first[:N_V] + p * values.second[:N_V].sum(dim=1)  # what the constant function of the text determines
    expected = whole.first[:N_V] + p * whole.second[:N_V].sum(dim=1)
    np.testing.assert_allclose(mean, expected, atol=1e-5)
    assert float((mean - lower.first[:N_V]).abs().max()) > 1e-3
    one, other = near.second[:N_V, :N_V], errors.second[:N_V, :N_V]
    ratio = (one[other > 0] / other[other > 0]).log().mean().exp()
    assert 0.8 < float(ratio) < 1.25


@pytest.mark.parametrize(("p", "m", "k"), [(0.5, 60, 16), (0.3, 60, 16), (0.7, 300, 16), (0.5, 60, 80), (0.4, 200, 80)])
def test_intervals_cover_the_exact_values(p: float, m: int, k: int) -> None:
    inside: dict[str, list[Tensor]] = {"first": [], "second": [], "first_order": []}
    triangle = torch.triu_indices(N_V + N_T, N_V + N_T, offset=1).unbind()
    for seed in range(200):
        image, text = both_samples(p, m, k, seed)
        every = (
            look_up(all_masks(N_V, p), p, random_embeddings(N_V, 6, seed)),
            look_up(all_masks(N_T, p), p, random_embeddings(N_T, 6, seed + 1)),
        )
        exact, _ = fit_samples(*every, scale=30.0, bias=-3.0, order=2)
        values, errors = apart(image, text)
        miss_second = values.second - exact.second
        inside["first"].append((values.first - exact.first).abs() <= 1.96 * errors.first)
        inside["second"].append((miss_second.abs() <= 1.96 * errors.second)[triangle])
        mean = values.first - exact.first + p * miss_second.sum(dim=1)
        inside["first_order"].append(mean.abs() <= 1.96 * errors.first_order)
    for name, covered in inside.items():
        assert 0.90 <= torch.cat(covered).double().mean().item() <= 0.98, name


def test_few_masks_are_marked_and_still_predict() -> None:
    p, n = 0.5, 25
    generator = torch.Generator().manual_seed(1)
    pull = torch.randn(n, 8, dtype=torch.float64, generator=generator)  # (n, d)
    both = torch.randn(n, n, 8, dtype=torch.float64, generator=generator) / 4  # (n, n, d)

    def embed(masks: Tensor) -> Tensor:
        kept = masks.double()
        raw = 9.0 + kept @ pull + torch.einsum("mi,ijd,mj->md", kept, both, kept) / 2
        return torch.nn.functional.normalize(raw, dim=1)

    def sample(masks: MaskSet) -> Sample:
        return Sample(masks, p, embed(masks.masks))

    text = look_up(all_masks(2, p), p, random_embeddings(1, 8, seed=3)[:1].expand(4, 8))
    values, _ = fit_samples(sample(bernoulli_masks(n, p, 200, generator)), text, scale=30.0, bias=0.0, order=2)
    assert 0.0 < values.shrinkage < 1.0
    fresh = bernoulli_masks(n, p, 2000, generator).masks
    truth = 30.0 * embed(fresh) @ text.embeddings[-1]
    kept = torch.cat([fresh, torch.ones(len(fresh), 2, dtype=torch.bool)], dim=1).double()
    unshrunk = values.baseline + kept @ values.first + torch.einsum("mi,ij,mj->m", kept, values.second, kept) / 2
    z = fresh.double() - p
    excess = torch.einsum("mi,ij,mj->m", z, values.second[:n, :n], z) / 2
    shrunk = unshrunk - (1 - values.shrinkage) * excess

    def missed(predicted: Tensor) -> float:
        return float((predicted - truth).var() / truth.var())

    assert missed(shrunk) < 0.9 * missed(unshrunk)
    assert missed(shrunk) < missed(unshrunk - excess)
