"""Every method by masking, end to end, against values enumerated one coalition at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.shapley_quadrature import N_NODES, Quadrature
from fixlip_widget.options import ExplainKwargs
from tests.games import FloatArray, TableEncoder, TableInput

CAPTION = "black dog next to"
N = 10
JOINT = ("banzhaf", "shapley", "fixlip-shapley")
"""The methods that mask image and caption together, the last two where that is asked for."""


class Wide(TableEncoder):
    grid = (2, 5)


class SmoothInput(TableInput):
    """Embeddings are sums over the kept players, normalised: most of a value is of low order."""

    def __init__(self, tokens: list[str], grid: tuple[int, int] | None, seed: int) -> None:
        super().__init__(torch.zeros(1, 1), tokens, grid)
        generator = torch.Generator().manual_seed(seed)
        self.vectors = torch.randn(1 + len(tokens), 7, generator=generator)  # (1 + n, 7)

    def embed(self, masks: Tensor) -> Tensor:
        kept = torch.cat([torch.ones(len(masks), 1), masks.float()], dim=1)  # (m, 1 + n)
        return torch.nn.functional.normalize(kept @ self.vectors, dim=1)


class SmoothEncoder(TableEncoder):
    grid = (1, 11)

    def image(self, image: ImageLike) -> TableInput:
        return SmoothInput([f"patch 0,{c}" for c in range(11)], self.grid, 1)

    def text(self, caption: str) -> TableInput:
        return SmoothInput(caption.split(), None, 2)


@pytest.fixture
def picture() -> Image.Image:
    return Image.effect_noise((45, 30), 60)


def shapley_by_definition(values: FloatArray) -> FloatArray:
    """Values (2ⁿ,) by the binary number of the coalition → (n,)."""
    n = int(math.log2(len(values)))
    shapley = np.zeros(n)
    for coalition in range(2**n):
        size = coalition.bit_count()
        for player in range(n):
            if not coalition >> player & 1:
                weight = 1.0 / (n * math.comb(n - 1, size))
                shapley[player] += weight * (values[coalition | 1 << player] - values[coalition])
    return shapley


def every_value(explainer: Explainer, picture: Image.Image) -> FloatArray:
    masks = np.array([[code >> i & 1 for i in range(N)] for code in range(2**N)])
    return explainer.game(picture, CAPTION)(masks)


@pytest.mark.parametrize("estimator", ["grid", "joint"])
def test_shapley_values_are_those_of_the_definition(picture: Image.Image, estimator: str) -> None:
    explainer = Explainer(TableEncoder())
    expected = shapley_by_definition(every_value(explainer, picture))
    first = explainer.explain(picture, CAPTION, method="shapley", estimator=estimator, progress=False)
    second = explainer.explain(picture, CAPTION, method="fixlip-shapley", estimator=estimator, progress=False)
    np.testing.assert_allclose(first.first, expected, atol=1e-6)
    np.testing.assert_allclose(second.first_order(), expected, atol=1e-6)
    for explanation, index, order in ((first, "SV", 1), (second, "FSII", 2)):
        assert (explanation.index, explanation.max_order, explanation.estimated) == (index, order, False)
        assert explanation.budget == (2**N if estimator == "grid" else 2**N - 2)
        assert explanation.baseline_value == pytest.approx(0.0, abs=1e-9)
        gain = explanation.full_value - explanation.empty_value
        np.testing.assert_allclose(explanation.predict(np.ones(N)), gain, atol=1e-6)


@pytest.mark.parametrize("p", [0.5, (0.3, 0.6)])
def test_a_black_box_has_the_same_banzhaf_indices(picture: Image.Image, p: float | tuple[float, float]) -> None:
    explainer = Explainer(TableEncoder())
    assert explainer.explain(picture, CAPTION, method="banzhaf", p=p, progress=False).max_order == 1
    for order in (1, 2):
        joint = explainer.explain(picture, CAPTION, method="banzhaf", p=p, max_order=order, progress=False)
        apart = explainer.explain(picture, CAPTION, method="fixlip", p=p, max_order=order, progress=False)
        assert not joint.estimated
        assert joint.index == apart.index
        np.testing.assert_allclose(joint.first, apart.first, atol=1e-6)
        np.testing.assert_allclose(joint.second, apart.second, atol=1e-6)
        assert joint.baseline_value == pytest.approx(apart.baseline_value, abs=1e-6)


@pytest.mark.parametrize("method", JOINT)
def test_drawn_joint_masks_come_near_and_say_how_near(picture: Image.Image, method: str) -> None:
    explainer = Explainer(TableEncoder())

    def explain(budget: int | None) -> Explanation:
        return explainer.explain(
            picture, CAPTION, method=method, estimator="joint", budget=budget, random_state=2, progress=False
        )

    exact, drawn = explain(None), explain(901)
    assert drawn.estimated
    assert drawn.n_image_masks in (900, 901)
    assert drawn.stderr_first_order is not None
    miss = np.abs(drawn.first_order() - exact.first_order())
    assert (miss <= 3.5 * drawn.stderr_first_order).all()
    np.testing.assert_array_equal(explain(901).first, drawn.first)


@pytest.mark.parametrize("method", JOINT)
def test_joint_masks_stream_and_stop(picture: Image.Image, method: str) -> None:
    explainer = Explainer(Wide())
    options: ExplainKwargs = {"method": method, "estimator": "joint", "budget": 2000, "random_state": 0}
    options["progress"] = False
    streamed = list(explainer.stream(picture, CAPTION, **options))
    counts = [explanation.n_image_masks or 0 for explanation in streamed]
    assert counts[-1] == 2000
    assert all(2 * one == two for one, two in itertools.pairwise(counts[:-1]))
    at_once = explainer.explain(picture, CAPTION, **options)
    np.testing.assert_allclose(streamed[-1].first, at_once.first, atol=1e-9)
    shares: list[float] = []
    hurried = explainer.explain(
        picture, CAPTION, method=method, estimator="joint", seconds=1e-6, progress=shares.append
    )
    assert (hurried.n_image_masks or 0) < counts[-1]
    assert shares == sorted(shares)


def test_shapley_on_the_grid_comes_near_and_says_how_near(picture: Image.Image) -> None:
    """Errors are those of sampling, around what the nodes of the quadrature give with all masks."""
    explainer, n = Explainer(SmoothEncoder()), 11 + 4
    exact = explainer.explain(picture, CAPTION, method="fixlip-shapley", n_image_masks=2**11, progress=False)
    assert not exact.estimated
    rule = Quadrature.of(N_NODES)
    nodes = [explainer.explain(picture, CAPTION, p=p, n_image_masks=2**11, progress=False) for p in rule.p]
    pairs = np.tensordot(rule.pair_weights, [node.second for node in nodes], 1)  # (n, n)
    game, singles = explainer.game(picture, CAPTION), np.eye(n, dtype=bool)
    values = rule.end_weight * (game(singles) + game(np.ones((n, n), dtype=bool)) - game(~singles))  # (n,)
    values += np.tensordot(rule.weights, [node.first_order() for node in nodes], 1)
    values += (exact.full_value - exact.empty_value - values.sum()) / n
    # What the quadrature leaves out is small.
    assert np.abs(pairs - exact.second).max() < 0.01 * np.abs(exact.second).max()
    assert np.abs(values - exact.first_order()).max() < 0.01 * np.abs(exact.first_order()).max()

    scores: dict[str, list[FloatArray]] = {"first_order": [], "first": [], "second": []}
    upper = np.triu_indices(n, 1)
    for seed in range(10):
        drawn = explainer.explain(
            picture, CAPTION, method="fixlip-shapley", n_image_masks=1800, random_state=seed, progress=False
        )
        assert (drawn.estimated, drawn.n_image_masks, drawn.n_text_masks) == (True, 1800, 2**4)
        assert drawn.predict(np.ones(n))[0] == pytest.approx(drawn.full_value - drawn.empty_value)
        for name, miss, errors in (
            ("first_order", drawn.first_order() - values, drawn.stderr_first_order),
            ("first", drawn.first - values + pairs.sum(axis=1) / 2, drawn.stderr_first),
            ("second", (drawn.second - pairs)[upper], drawn.stderr_second),
        ):
            assert errors is not None
            known = errors[upper] if errors.ndim == 2 else errors
            scores[name].append(miss[known > 0] / known[known > 0])
    for name, each in scores.items():
        assert 0.75 < np.sqrt((np.concatenate(each) ** 2).mean()) < 1.3, name


@pytest.mark.parametrize(
    ("n_image_masks", "budget", "message"),
    [
        (150, None, r"150 image × 16 text masks cannot determine .*; use at least 201 × 16"),
        (None, 2000, r"budget=2000 \(\d+ image × \d+ text masks\) .*; use a budget of at least 3216"),
    ],
)
def test_too_few_masks_for_all_nodes_are_refused_by_what_was_given(
    picture: Image.Image, n_image_masks: int | None, budget: int | None, message: str
) -> None:
    explainer = Explainer(Wide())
    with pytest.raises(InputError, match=message):
        explainer.explain(
            picture, CAPTION, method="fixlip-shapley", n_image_masks=n_image_masks, budget=budget, progress=False
        )
    enough = explainer.explain(
        picture, CAPTION, method="fixlip-shapley", n_image_masks=201, random_state=0, progress=False
    )
    assert enough.n_image_masks == 201


def test_shapley_on_the_grid_streams_to_the_same_values(picture: Image.Image) -> None:
    options: ExplainKwargs = {"method": "fixlip-shapley", "n_image_masks": 900, "random_state": 1, "progress": False}
    *earlier, streamed = Explainer(SmoothEncoder()).stream(picture, CAPTION, **options)
    assert earlier
    whole = Explainer(SmoothEncoder()).explain(picture, CAPTION, **options)
    np.testing.assert_allclose(streamed.second, whole.second, atol=1e-9)


def test_shapley_on_the_grid_encodes_each_text_mask_once(picture: Image.Image) -> None:
    explainer = Explainer(Wide())
    explanation = explainer.explain(
        picture, CAPTION, method="shapley", n_image_masks=900, random_state=1, progress=False
    )
    assert explanation.n_image_masks == 900
    image, text = explainer.game(picture, CAPTION).image, explainer.game(picture, CAPTION).text
    n_examples = 0 if explanation.example_masks is None else len(explanation.example_masks)
    # The empty and the full input; one player kept or hidden; the masks; the examples, of which some recur.
    assert image.forwards <= 2 + 2 * 10 + 900 + n_examples
    assert text.forwards <= 2 + 2 * 4 + 2**4 + n_examples
    before = image.forwards
    explainer.explain(picture, "four five six", method="shapley", n_image_masks=900, random_state=1, progress=False)
    assert image.forwards == before


def test_few_image_masks_mark_the_explanation(picture: Image.Image) -> None:
    explainer = Explainer(Wide())
    few = explainer.explain(picture, CAPTION, n_image_masks=64, random_state=1, progress=False)
    assert 0.0 < few.shrinkage < 1.0
    n_v = few.n_players_image
    masks = np.random.default_rng(0).random((300, few.n_players)) < 0.5
    centred = masks[:, :n_v] - 0.5
    plain = few.replace(shrinkage=1.0).predict(masks)
    excess = 0.5 * np.einsum("mi,ij,mj->m", centred, few.second[:n_v, :n_v], centred)
    np.testing.assert_allclose(few.predict(masks), plain - (1 - few.shrinkage) * excess, atol=1e-9)
    enough = explainer.explain(picture, CAPTION, n_image_masks=600, random_state=1, progress=False)
    assert enough.shrinkage == 1.0


class Fine(TableEncoder):
    """A 14 × 14 grid whose embedding is a normalised sum with a few pairs in it: a table would be too large."""

    grid = (14, 14)

    def image(self, image: ImageLike) -> TableInput:
        generator = torch.Generator().manual_seed(7)
        towards = torch.randn(196, 7, generator=generator) / 7  # (n, d)
        pairs = torch.randint(196, (2, 300), generator=generator)  # (2, pairs)
        both = torch.randn(300, 7, generator=generator) / 4  # (pairs, d)

        class Sum(TableInput):
            def embed(self, masks: Tensor) -> Tensor:
                kept = masks.float()
                raw = 1.0 + kept @ towards + (kept[:, pairs[0]] * kept[:, pairs[1]]) @ both
                return torch.nn.functional.normalize(raw, dim=1)

        return Sum(torch.zeros(0), [f"patch {k}" for k in range(196)], self.grid)


def test_a_fine_grid_gets_all_its_pairs(picture: Image.Image) -> None:
    explainer = Explainer(Fine())
    options: ExplainKwargs = {"random_state": 0, "progress": False, "n_image_masks": 6000}
    found = explainer.explain(picture, CAPTION, **options)
    assert found.second.shape == (200, 200)
    assert 0.0 < found.shrinkage < 1.0
    assert found.stderr_second is not None
    assert np.isfinite(found.stderr_second).all()
    plain = explainer.explain(picture, CAPTION, **(options | {"max_order": 1}))
    with_pairs, without = explainer.r2(found), explainer.r2(plain)
    assert with_pairs is not None
    assert without is not None
    assert with_pairs > without + 0.05
    with pytest.raises(InputError, match="use max_order=2"):
        explainer.explain(picture, CAPTION, max_order=3)
