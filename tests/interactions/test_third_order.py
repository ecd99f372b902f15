"""The third order across modalities against regressions on a design matrix written out term by term."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from fixlip_widget.interactions.product_grid import Coefficients
from tests.games import FloatArray, fit_samples, look_up, random_embeddings, truncated_fit

N_IMAGE, N_TEXT = 5, 3


def terms() -> list[tuple[int, ...]]:
    n = N_IMAGE + N_TEXT
    sets = [s for size in range(4) for s in itertools.combinations(range(n), size)]
    return [s for s in sets if len(s) < 3 or 0 < sum(i < N_IMAGE for i in s) < 3]


def by_term(found: Coefficients) -> FloatArray:
    assert found.third_image is not None
    assert found.third_text is not None
    pairs = [list(itertools.combinations(range(n), 2)) for n in (N_IMAGE, N_TEXT)]
    values = []
    for term in terms():
        image, text = [i for i in term if i < N_IMAGE], [i - N_IMAGE for i in term if i >= N_IMAGE]
        if not term:
            values.append(found.baseline)
        elif len(term) == 1:
            values.append(float(found.first[term[0]]))
        elif len(term) == 2:
            values.append(float(found.second[term]))
        elif len(image) == 2:
            values.append(float(found.third_image[pairs[0].index((image[0], image[1])), text[0]]))
        else:
            values.append(float(found.third_text[image[0], pairs[1].index((text[0], text[1]))]))
    return np.array(values)


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.3, 0.7)])
@pytest.mark.parametrize("drawn", [False, True])
def test_equals_the_dense_regression_on_all_products(p: tuple[float, float], drawn: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    tables = random_embeddings(N_IMAGE, 6, seed=2), random_embeddings(N_TEXT, 6, seed=3)
    image = bernoulli_masks(N_IMAGE, p[0], 90, generator) if drawn else all_masks(N_IMAGE, p[0])
    text = all_masks(N_TEXT, p[1])
    samples = look_up(image, p[0], tables[0]), look_up(text, p[1], tables[1])
    found, _ = fit_samples(*samples, scale=30.0, bias=-3.0, order=3)
    np.testing.assert_allclose(by_term(found), truncated_fit(*samples, terms(), 2, scale=30.0, bias=-3.0), atol=1e-8)


def test_triples_are_expected_discrete_derivatives() -> None:
    """No kept term contains a triple, so it equals its weighted Banzhaf index."""
    tables = random_embeddings(3, 6, seed=2), random_embeddings(2, 6, seed=3)
    p = 0.3, 0.6
    samples = look_up(all_masks(3, p[0]), p[0], tables[0]), look_up(all_masks(2, p[1]), p[1], tables[1])
    values, _ = fit_samples(*samples, scale=30.0, bias=-3.0, order=3)
    assert values.third_image is not None
    assert values.third_text is not None
    keep = [p[0]] * 3 + [p[1]] * 2

    def value(kept: set[int]) -> float:
        x, y = sum(1 << i for i in kept if i < 3), sum(1 << (i - 3) for i in kept if i >= 3)
        return float(30.0 * tables[0][x] @ tables[1][y])

    def index(triple: tuple[int, ...]) -> float:
        others = [i for i in range(5) if i not in triple]
        total = 0.0
        for bits in itertools.product((0, 1), repeat=len(others)):
            kept = {i for i, bit in zip(others, bits, strict=True) if bit}
            mass = float(np.prod([keep[i] if i in kept else 1 - keep[i] for i in others]))
            for size in range(4):
                for part in itertools.combinations(triple, size):
                    total += mass * (-1.0) ** (3 - size) * value(kept | set(part))
        return total

    for place, (a, b) in enumerate(itertools.combinations(range(3), 2)):
        for word in range(2):
            assert float(values.third_image[place, word]) == pytest.approx(index((a, b, 3 + word)), abs=1e-8)
    for patch in range(3):
        assert float(values.third_text[patch, 0]) == pytest.approx(index((patch, 3, 4)), abs=1e-8)
