"""Small games and encoders whose every value is known."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders import ImageLike
from fixlip_widget.interactions.accumulator import MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.budget import image_degree
from fixlip_widget.interactions.fit import fit, text_degree
from fixlip_widget.interactions.masks import MaskSet, joint_bernoulli_masks, shapley_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Masks of one modality, drawn with p, and their unit embeddings (m, d)."""

    masks: MaskSet
    p: float
    embeddings: Tensor


@dataclass(frozen=True, kw_only=True)
class JointMasks(MaskSet):
    """Joint masks with the probability p (n,) of keeping each player."""

    p: Tensor


def draw_joint(p: Tensor, count: int, generator: torch.Generator) -> JointMasks:
    masks = joint_bernoulli_masks(p, count, generator)
    return JointMasks(masks.masks, masks.weights, masks.exact, p=p.double())


def draw_shapley(n: int, count: int, generator: torch.Generator) -> JointMasks:
    masks = shapley_masks(n, count, generator)
    return JointMasks(masks.masks, masks.weights, masks.exact, p=torch.full((n,), 0.5, dtype=torch.float64))


def accumulate(sample: Sample, degree: int, modality: str, *, keep_masks: bool = False) -> MomentAccumulator:
    """The moments of a whole sample."""
    masks = sample.masks
    basis = Basis(masks.n_players, degree, sample.p)
    accumulator = MomentAccumulator(basis, modality, exact=masks.exact, keep_masks=keep_masks)
    accumulator.add(masks, sample.embeddings)
    return accumulator


def fit_samples(
    image: Sample, text: Sample, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """`fit` on two whole samples."""
    degree = image_degree(image.masks.n_players, order, len(image.masks), image.p)
    moments = accumulate(image, degree, "image", keep_masks=degree < text_degree(order))
    return fit(moments, accumulate(text, text_degree(order), "text"), scale=scale, bias=bias, order=order)


def codes(masks: Tensor) -> Tensor:
    """Masks (m, n) → the number each spells in binary, (m,)."""
    return (masks.long() << torch.arange(masks.shape[1])).sum(dim=1)


def random_embeddings(n: int, d: int, seed: int) -> Tensor:
    """A unit embedding (d,) float64 for each of the 2ⁿ masks: a game without any structure."""
    table = torch.randn(2**n, d, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))  # (2ⁿ, d)
    return F.normalize(table, dim=1)


def look_up(masks: MaskSet, p: float, table: Tensor) -> Sample:
    """The masks with their embeddings from a table."""
    return Sample(masks, p, table[codes(masks.masks)])


class TableInput:
    """A MaskedInput that looks its embeddings up."""

    def __init__(self, table: Tensor, tokens: list[str], grid: tuple[int, int] | None) -> None:
        self.tokens, self.grid, self.n_players = tokens, grid, len(tokens)
        self._table = table.float()

    def embed(self, masks: Tensor) -> Tensor:
        return self._table[codes(masks)]


class TableEncoder:
    """A DualEncoder over random tables: 2×3 patches and one token per word, written by a user from the protocol."""

    name = "table"
    scale = 20.0
    bias = -2.5
    grid = (2, 3)

    def image(self, image: ImageLike) -> TableInput:
        names = [f"patch {r},{c}" for r in range(self.grid[0]) for c in range(self.grid[1])]
        return TableInput(random_embeddings(len(names), 7, seed=1), names, self.grid)

    def text(self, caption: str) -> TableInput:
        words = caption.split()
        return TableInput(random_embeddings(len(words), 7, seed=2), words, None)


def monomials(masks: FloatArray, order: int) -> FloatArray:
    """Features 1, xᵢ, xᵢxⱼ written out one by one, as an oracle for the library's own."""
    m, n = masks.shape
    columns = [np.ones(m)] + [masks[:, i] for i in range(n)]
    if order == 2:
        columns += [masks[:, i] * masks[:, j] for i in range(n) for j in range(i + 1, n)]
    return np.stack(columns, axis=1)


def dense_fit(masks: FloatArray, values: FloatArray, weights: FloatArray, order: int) -> FloatArray:
    """Weighted least squares on an explicit design matrix, coefficients in the order of `monomials`."""
    design = monomials(masks, order)
    root = np.sqrt(weights)
    return np.linalg.lstsq(design * root[:, None], values * root, rcond=None)[0].astype(np.float64)


def truncated_fit(
    image: Sample, text: Sample, terms: list[tuple[int, ...]], degree: int, *, scale: float, bias: float
) -> FloatArray:
    """The fit on the grid as an explicit regression: on all products of up to `degree` players of each modality, of
    which those of `terms` are kept while players are standardised. Coefficients on the 0/1 monomials of the terms.
    """
    n_v, n_t = image.masks.n_players, text.masks.n_players
    n = n_v + n_t
    own = [[s for size in range(degree + 1) for s in itertools.combinations(range(k), size)] for k in (n_v, n_t)]
    products = [(*a, *(n_v + j for j in b)) for a, b in itertools.product(*own)]
    p = np.array([image.p] * n_v + [text.p] * n_t)
    rows = np.array([[*x, *y] for x in image.masks.masks.tolist() for y in text.masks.masks.tolist()], dtype=float)
    values = (scale * image.embeddings @ text.embeddings.T + bias).flatten().numpy()
    root = np.sqrt((image.masks.weights[:, None] * text.masks.weights).flatten().numpy())

    def columns(masks: FloatArray, sets: list[tuple[int, ...]]) -> FloatArray:
        z = (masks - p) / np.sqrt(p * (1.0 - p))
        return np.stack([z[:, list(players)].prod(axis=1) for players in sets], axis=1)

    found = np.linalg.lstsq(columns(rows, products) * root[:, None], values * root, rcond=None)[0]
    kept = np.array([found[products.index(term)] for term in terms])
    every = np.array(list(itertools.product([0.0, 1.0], repeat=n)))  # where the truncated polynomial is known
    on_monomials = np.stack([every[:, list(term)].all(axis=1) for term in terms], axis=1).astype(float)
    solution: FloatArray = np.linalg.lstsq(on_monomials, columns(every, terms) @ kept, rcond=None)[0]
    return solution


def subsets_up_to(n: int, order: int) -> list[tuple[int, ...]]:
    """All sets of at most `order` of n players, in the order of `monomials`."""
    return [players for size in range(order + 1) for players in itertools.combinations(range(n), size)]


def flat(coefficients: Coefficients, order: int) -> FloatArray:
    """Coefficients in the order of `monomials`."""
    n = len(coefficients.first)
    parts = [[coefficients.baseline], coefficients.first.tolist()]
    if order == 2:
        parts.append([float(coefficients.second[i, j]) for i in range(n) for j in range(i + 1, n)])
    return np.concatenate(parts)
