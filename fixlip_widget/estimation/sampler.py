"""Sampling masks of one modality, encoding them, and accumulating their moments.

The distributions that masks are drawn from are in `fixlip_widget/interactions/masks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from fixlip_widget.estimation.game import BatchedEncoder, RowBuffer
from fixlip_widget.interactions.accumulator import BLOCK_ROWS, MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MaskSet, all_masks, bernoulli_masks
from fixlip_widget.typing import OnBatch, StopCondition

Embed: TypeAlias = Callable[[Tensor, OnBatch], Tensor]
"""Masks (m, n) → embeddings (m, d)."""


class MaskSampler:
    """Masks of one input, enumerated or drawn from a seed, and the moments of their embeddings.

    Drawn masks are i.i.d. and may repeat. The sequence depends on the seed alone, so a sampler of 2000 masks is the
    beginning of one of 4000, and an interrupted one is a complete sampler of fewer masks. An enumeration determines
    nothing before it is complete.

    Args:
        encoder: encodes the masks.
        degree: highest degree of the products whose moments are accumulated.
        p: probability of keeping a player.
        seed: seed of the drawn masks.
        enumerate_all: whether to take each of the 2ⁿ masks once, with its probability as weight.
        keep_masks: whether all masks and embeddings are kept, for regressions that need them again.
    """

    def __init__(
        self, encoder: BatchedEncoder, degree: int, p: float, seed: int, *, enumerate_all: bool, keep_masks: bool
    ) -> None:
        self.encoder = encoder
        basis = Basis(encoder.n_players, degree, p)
        self.accumulator = MomentAccumulator(basis, encoder.modality, exact=enumerate_all, keep_masks=keep_masks)
        self._enumeration = all_masks(encoder.n_players, p) if enumerate_all else None
        self._encoded = _Encoded(RowBuffer(0), 0, torch.Generator().manual_seed(seed).get_state())

    def extend(
        self, count: int, on_batch: OnBatch, stop: StopCondition = lambda: False, embed: Embed | None = None
    ) -> None:
        """Encode masks until there are `count`, or until `stop` returns true.

        What was encoded is kept whatever ends the loop, an interrupt included, and the next masks are those that would
        have followed. `embed` takes the place of the encoder, where it knows embeddings already.
        """
        self._flush()  # what an interrupt of the last flush left
        try:
            while len(self) < count and not stop():
                missing = count - len(self)
                size = min(self.encoder.batch_size, missing)
                masks, weights, next_state = self._next_masks(size)
                rows = self._encoded.rows
                if not rows.count:
                    rows = RowBuffer(min(BLOCK_ROWS + size, missing))
                rows.add(masks, weights, (embed or self.encoder.embed)(masks, on_batch))
                self._encoded = _Encoded(rows, len(self) + size, next_state)
                if rows.count >= BLOCK_ROWS:
                    self._flush()
        finally:
            self._flush()

    def __len__(self) -> int:
        """Masks encoded so far."""
        return self._encoded.n_masks

    def _next_masks(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """The next masks (count, n), their weights (count,), and the state of the generator after them."""
        if self._enumeration is not None:
            rows = slice(len(self), len(self) + count)
            return self._enumeration.masks[rows], self._enumeration.weights[rows], self._encoded.next_state
        basis, generator = self.accumulator.basis, torch.Generator()
        generator.set_state(self._encoded.next_state)
        drawn = bernoulli_masks(basis.n, basis.p, count, generator)
        return drawn.masks, drawn.weights, generator.get_state()

    def _flush(self) -> None:
        """Add pending rows to the moments, in blocks large enough for fast matrix products."""
        rows = self._encoded.rows
        rows.count = len(self) - len(self.accumulator)  # an interrupt may have left another number
        if rows.count:
            masks, weights, embeddings = rows.columns
            self.accumulator.add(MaskSet(masks, weights, exact=self.accumulator.exact), embeddings)
        self._encoded = self._encoded._replace(rows=RowBuffer(0))


class _Encoded(NamedTuple):
    """What was encoded so far; replaced as a whole, so that an interrupt leaves all of a batch or nothing of it.

    Attributes:
        rows: masks (b, n), weights (b,) and embeddings (b, d): the last ones, as many as the moments do not have yet.
        n_masks: number of all masks.
        next_state: state of the generator that draws the masks after them.
    """

    rows: RowBuffer
    n_masks: int
    next_state: Tensor
