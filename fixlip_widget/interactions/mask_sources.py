"""Sequences of masks of one modality, each the beginning of itself however many masks are taken.

Designed masks are rows of an orthogonal array whose columns are permuted and whose bits are flipped at random. Over the
flips each mask is uniformly distributed, and the product of any set of players is uncorrelated with that of any other,
so that inner products estimate coefficients without bias. Over a whole array, products of up to two players are
orthonormal beside each other and beside those of three: where independent masks take these for noise, nothing but
products of at least four remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, Protocol, TypeAlias

import numpy as np
import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.interactions.orthogonal_arrays import LENGTHS, BoolArray, IntArray, OrthogonalArray

MIN_SPARE, MAX_SPARE = 8, 16
"""Columns of an array that no player has, from which the errors are estimated."""
MAX_TABLE_PLAYERS = 16
"""Up to this many players, masks are drawn from a table of all."""


MaskKind: TypeAlias = Literal["all", "designed", "distinct", "independent"]
"""Every mask once, rows of orthogonal arrays, or drawn from a table or one by one."""


class MaskSource(Protocol):
    """A sequence of masks of one input."""

    @property
    def exact(self) -> bool:
        """Whether these are all masks, each with its exact weight."""

    @property
    def unit(self) -> int:
        """Masks come in wholes of so many."""

    def rows(self, start: int, count: int) -> MaskSet:
        """`count` masks from the one of index `start` on."""

    def variance_factors(self, count: int) -> Tensor | None:
        """(n + 1,) for masks that keep 0 … n players, the variance of how often such a mask is among the first `count`,
        relative to that among independent ones; None where these are independent, or nothing is known.
        """


class Enumeration:
    """All 2ⁿ masks, with their probability as weight."""

    exact, unit = True, 1

    def __init__(self, n: int, p: float) -> None:
        self._all = all_masks(n, p)

    def rows(self, start: int, count: int) -> MaskSet:
        """The masks in binary order."""
        rows = slice(start, start + count)
        return MaskSet(self._all.masks[rows], self._all.weights[rows], exact=True)

    def variance_factors(self, count: int) -> None:
        """Nothing is sampled."""


class IndependentMasks:
    """Independent masks, drawn one after the other; they may repeat."""

    exact, unit = False, 1

    def __init__(self, n: int, p: float, seed: int) -> None:
        self._n, self._p = n, p
        self._states = {0: torch.Generator().manual_seed(seed).get_state()}

    def rows(self, start: int, count: int) -> MaskSet:
        """The next masks, or those of the last call again."""
        generator = torch.Generator()
        generator.set_state(self._states[start])
        masks = bernoulli_masks(self._n, self._p, count, generator)
        self._states = {start: self._states[start], start + count: generator.get_state()}
        return masks

    def variance_factors(self, count: int) -> None:
        """The masks are independent."""


class DistinctMasks:
    """Masks of few players, spread over all 2ⁿ: at p = ½ each occurs once before any occurs again.

    The unit interval is cut into the masks, in random order, each as long as it is probable. The points of van der
    Corput's sequence, shifted at random, hit them in turn: whatever the number of points, each mask is hit nearly as
    often as it should be, and exactly so once at p = ½ after 2ⁿ points.

    Example:
        >>> from fixlip_widget.interactions.mask_sources import DistinctMasks
        >>> len(DistinctMasks(5, 0.5, seed=0).rows(0, 32).masks.unique(dim=0))
        32
    """

    exact, unit = False, 1

    def __init__(self, n: int, p: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        every = all_masks(n, p)
        order = torch.as_tensor(rng.permutation(2**n))  # (2ⁿ,)
        self._n, self._p = n, p
        self._masks = every.masks[order]  # (2ⁿ, n)
        self._ends = every.weights[order].cumsum(dim=0)  # (2ⁿ,)
        self._shift = float(rng.random())

    def rows(self, start: int, count: int) -> MaskSet:
        """The masks that the points hit."""
        points = (_radical_inverse(torch.arange(start, start + count)) + self._shift) % 1.0  # (count,)
        hit = torch.searchsorted(self._ends, points, right=True).clamp(max=len(self._ends) - 1)  # (count,)
        return MaskSet(self._masks[hit], torch.ones(count, dtype=torch.float64), exact=False)

    def variance_factors(self, count: int) -> Tensor:
        """How many points fall on an arc as long as a mask is probable, at a random place."""
        points = _radical_inverse(torch.arange(count)).sort().values  # (count,)
        lengths = [self._p**kept * (1.0 - self._p) ** (self._n - kept) for kept in range(self._n + 1)]
        factors = [_variance_of_hits(points, length) / (count * length * (1.0 - length)) for length in lengths]
        return torch.tensor(factors, dtype=torch.float64)


@dataclass(frozen=True)
class DesignedMasks:
    """Rows of orthogonal arrays of strength 5, for p = ½.

    Errors cannot be told from the spread of rows that are chosen to cancel. They are told from functions of the rows
    which are to the array as players are, but on which the game does not depend: what is fitted to them is error and
    nothing else (Plackett and Burman, 1946, "The design of optimum multifactorial experiments"). These are columns that
    no player has, or, where there are too few of them, the difference between two arrays that take turns.

    Args:
        n: players.
        seed: of the columns, the flips and the order of the blocks.

    Example:
        >>> from fixlip_widget.interactions.mask_sources import DesignedMasks
        >>> source = DesignedMasks(49, seed=0)
        >>> source.unit, source.n_rows, source.rows(0, 128).spare.shape
        (128, 4096, torch.Size([128, 15]))
        >>> source.rows(0, 128).masks.sum(dim=0).unique().tolist()  # each player is kept by half of them
        [64]
    """

    n: int
    seed: int
    exact: bool = False

    @cached_property
    def array(self) -> OrthogonalArray:
        """The smallest array that has a column for each player."""
        return OrthogonalArray(next(length for length in LENGTHS if length >= self.n))

    @property
    def takes_turns(self) -> bool:
        """Whether two arrays take turns, as one has too few spare columns."""
        return self.array.length - self.n < MIN_SPARE

    @property
    def unit(self) -> int:
        """Rows of a block, or of one of either array."""
        return self.array.block_size * (2 if self.takes_turns else 1)

    @property
    def n_rows(self) -> int:
        """Rows after which all of the array was taken, or both; then others follow."""
        return self.unit * self.array.n_blocks

    def rows(self, start: int, count: int) -> MaskSet:
        """The rows; `MaskSet.spare` holds the spare columns, or which of the two arrays a row is of."""
        first, last = start // self.unit, -(-(start + count) // self.unit)
        blocks = np.concatenate([self._unit(index) for index in range(first, last)])  # (rows, n + spare)
        rows = torch.as_tensor(blocks[start - first * self.unit :][:count])  # (count, n + spare)
        masks, spare = rows[:, : self.n], rows[:, self.n :]  # (count, n), (count, spare)
        return MaskSet(masks, torch.ones(count, dtype=torch.float64), exact=False, spare=spare)

    def variance_factors(self, count: int) -> None:
        """Errors are told from spare columns."""

    def _unit(self, index: int) -> BoolArray:
        """(unit, n + spare) the rows of one block, or of one of either array."""
        array, (cycle, place) = self.array, divmod(index, self.array.n_blocks)
        if not self.takes_turns:
            return self._block(array, cycle, place, min(array.length, self.n + MAX_SPARE))
        pair = [self._block(array, 2 * cycle + turn, place, self.n) for turn in (0, 1)]
        return np.concatenate(
            [np.pad(block, ((0, 0), (0, 1)), constant_values=turn) for turn, block in enumerate(pair)]
        )

    def _block(self, array: OrthogonalArray, replicate: int, place: int, n_columns: int) -> BoolArray:
        columns, flips, order = _randomisation(array.length, array.n_blocks, self.seed, replicate)
        block: BoolArray = array.block(int(order[place]))[:, columns[:n_columns]] ^ flips[:n_columns]
        return block


def mask_source(kind: MaskKind, n: int, p: float, seed: int) -> MaskSource:
    """The masks of one kind of n players, each kept with probability p."""
    if kind == "all":
        return Enumeration(n, p)
    if kind == "designed":
        return DesignedMasks(n, seed)
    return DistinctMasks(n, p, seed) if kind == "distinct" else IndependentMasks(n, p, seed)


@lru_cache(maxsize=16)
def _randomisation(length: int, n_blocks: int, seed: int, replicate: int) -> tuple[IntArray, BoolArray, IntArray]:
    """Columns (N,), flips (N,) and the order of the blocks (n_blocks,) of one array."""
    rng = np.random.default_rng((seed, replicate))
    return rng.permutation(length), rng.random(length) < 0.5, rng.permutation(n_blocks)


def error_features(masks: Tensor, spare: Tensor, degree: int) -> list[Tensor]:
    """Functions of designed masks on which the game does not depend, (m, functions) for degree 1 … `degree` each.

    They are products of spare columns, or of players times the sign that tells two arrays apart.
    """
    if spare.shape[1] > 1:
        basis, sign = Basis(spare.shape[1], degree, 0.5), None
        features = basis.features(spare)  # (m, size)
    else:
        basis, sign = Basis(masks.shape[1], degree, 0.5), 2.0 * spare.double() - 1.0  # (m, 1)
        features = basis.features(masks) * sign  # (m, size)
    return [features[:, basis.degrees == own] for own in range(1, degree + 1)]


def _variance_of_hits(points: Tensor, length: float) -> float:
    """Of the number of sorted points (k,) on the circle of length 1 that an arc at a random place holds."""
    breaks = torch.cat([points, (points - length) % 1.0, points.new_tensor([0.0, 1.0])]).sort().values  # (2k + 2,)
    widths, starts = breaks.diff(), (breaks[1:] + breaks[:-1]) / 2.0  # (2k + 1,) each
    around = torch.cat([points, points + 1.0])  # (2k,)
    hits = torch.searchsorted(around, starts + length) - torch.searchsorted(around, starts)  # (2k + 1,)
    return float(widths @ (hits.double() - length * len(points)).square())


def _radical_inverse(index: Tensor) -> Tensor:
    """Van der Corput's sequence at indices (k,) below 2³²: their bits in reverse, after the point."""
    total, place = torch.zeros(len(index), dtype=torch.float64), 0.5
    while bool(index.any()):
        total += place * (index & 1)
        index, place = index >> 1, place / 2.0
    return total
