"""Sampling masks of one modality, encoding them, and accumulating their moments.

The distributions that masks are drawn from are in `fixlip_widget/interactions/masks.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

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
        self._generator = torch.Generator().manual_seed(seed)
        self._pending = RowBuffer(0)  # masks (b, n), weights (b,) and embeddings (b, d)

    def extend(
        self, count: int, on_batch: OnBatch, stop: StopCondition = lambda: False, embed: Embed | None = None
    ) -> None:
        """Encode masks until there are `count`, or until `stop` returns true.

        What was encoded is kept whatever ends the loop, an interrupt included. `embed` takes the place of the encoder,
        where it knows embeddings already.
        """
        try:
            while len(self) < count and not stop():
                missing, state = count - len(self), self._generator.get_state()
                size = min(self.encoder.batch_size, missing)
                if not self._pending.count:
                    self._pending = RowBuffer(min(BLOCK_ROWS + size, missing))
                masks, weights = self._next_masks(size)
                try:
                    self._pending.add(masks, weights, (embed or self.encoder.embed)(masks, on_batch))
                except BaseException:  # an interrupt too: it is raised again, and the same masks are drawn next time
                    self._generator.set_state(state)
                    raise
                if self._pending.count >= BLOCK_ROWS:
                    self._flush()
        finally:
            self._flush()

    def __len__(self) -> int:
        """Masks encoded so far."""
        return len(self.accumulator) + self._pending.count

    def _next_masks(self, count: int) -> tuple[Tensor, Tensor]:
        """The next masks (count, n) and their weights (count,)."""
        if self._enumeration is not None:
            rows = slice(len(self), len(self) + count)
            return self._enumeration.masks[rows], self._enumeration.weights[rows]
        basis = self.accumulator.basis
        drawn = bernoulli_masks(basis.n, basis.p, count, self._generator)
        return drawn.masks, drawn.weights

    def _flush(self) -> None:
        """Add pending rows to the moments, in blocks large enough for fast matrix products."""
        if self._pending.count:
            masks, weights, embeddings = self._pending.columns
            self._pending = RowBuffer(0)
            self.accumulator.add(MaskSet(masks, weights, exact=self.accumulator.exact), embeddings)
