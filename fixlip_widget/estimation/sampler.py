"""Encoding the masks of one modality, and accumulating their moments.

The sequences that masks are taken from are in `fixlip_widget/interactions/mask_sources.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

from fixlip_widget.estimation.game import BatchedEncoder, RowBuffer
from fixlip_widget.interactions.accumulator import BLOCK_ROWS, MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.mask_sources import DesignedMasks, MaskSource
from fixlip_widget.interactions.masks import MaskSet
from fixlip_widget.typing import OnBatch, StopCondition

Embed: TypeAlias = Callable[[Tensor, OnBatch], Tensor]
"""Masks (m, n) → embeddings (m, d)."""


class MaskSampler:
    """Masks of one input, taken from a sequence in order, and the moments of their embeddings.

    The sequence depends on its seed alone, so a sampler of 2000 masks is the beginning of one of 4000, and an
    interrupted one is a complete sampler of fewer masks: of whole units, where masks come in such. An enumeration
    determines nothing before it is complete.

    Args:
        encoder: encodes the masks.
        degree: highest degree of the products whose moments are accumulated.
        p: probability of keeping a player.
        source: the masks.
        keep_masks: whether all masks and embeddings are kept, for regressions that need them again.
    """

    def __init__(self, encoder: BatchedEncoder, degree: int, p: float, source: MaskSource, *, keep_masks: bool) -> None:
        self.encoder, self.source = encoder, source
        self.accumulator = MomentAccumulator(
            Basis(encoder.n_players, degree, p),
            encoder.modality,
            exact=source.exact,
            designed=isinstance(source, DesignedMasks),
            keep_masks=keep_masks,
            variance_factors=source.variance_factors,
        )
        self._encoded = _Encoded(self._empty_buffer(), 0, 0)

    def extend(
        self, count: int, on_batch: OnBatch, stop: StopCondition = lambda: False, embed: Embed | None = None
    ) -> None:
        """Encode masks until there are `count`, or until `stop` returns true.

        What was encoded is kept whatever ends the loop, an interrupt included, and the next masks are those that would
        have followed. `embed` takes the place of the encoder, where it knows embeddings already.
        """
        self._flush()  # what an interrupt of the last flush left
        try:
            while (missing := count - self._encoded.n_masks) > 0 and not stop():
                size = min(self.encoder.batch_size, missing)
                rows, start, n_masks = self._encoded
                masks = self.source.rows(n_masks, size)
                spare = masks.masks[:, :0] if masks.spare is None else masks.spare  # (size, spare)
                # No name for the embeddings, which would keep them beside the next ones.
                rows.add(masks.masks, masks.weights, spare, (embed or self.encoder.embed)(masks.masks, on_batch))
                self._encoded = _Encoded(rows, start, n_masks + size)
                if rows.count >= BLOCK_ROWS:
                    self._flush()
        finally:
            self._flush()

    def __len__(self) -> int:
        """Masks encoded so far, in whole units."""
        return self._encoded.n_masks // self.source.unit * self.source.unit

    def _flush(self) -> None:
        """Add pending rows to the moments, in blocks large enough for fast matrix products."""
        rows, start, n_masks = self._encoded
        rows.count = n_masks - start  # an interrupt may have left another number
        first = len(self.accumulator)
        if len(self) > first:
            masks, weights, spare, embeddings = (column[first - start : len(self) - start] for column in rows.columns)
            self.accumulator.add(MaskSet(masks, weights, exact=self.source.exact, spare=spare), embeddings)
        if len(self.accumulator) > start:
            rest = self._empty_buffer()
            rest.add(*(column[len(self.accumulator) - start :] for column in rows.columns))
            self._encoded = _Encoded(rest, len(self.accumulator), n_masks)

    def _empty_buffer(self) -> RowBuffer:
        return RowBuffer(BLOCK_ROWS + self.source.unit + self.encoder.batch_size)


class _Encoded(NamedTuple):
    """What was encoded so far; replaced as a whole, so that an interrupt leaves all of a batch or nothing of it.

    Attributes:
        rows: masks (b, n), weights (b,), spare columns (b, spare) and embeddings (b, d) of the last ones.
        start: index of the first of these; the moments have all before it, and after an interrupt more.
        n_masks: number of all masks.
    """

    rows: RowBuffer
    start: int
    n_masks: int
