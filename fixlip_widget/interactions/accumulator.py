"""Accumulating the moments of one modality, and the quantities derived from them.

Neither depends on the other modality, so an image keeps them while its captions change.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MaskSet
from fixlip_widget.interactions.product_grid import NormalEquations, normal_equations
from fixlip_widget.interactions.standard_errors import Influences
from fixlip_widget.interactions.statistics import Statistics

BLOCK_ROWS = 1024
"""Masks that are added to the moments at once."""
MAX_ERROR_MASKS = 2048
"""Masks that standard errors are computed from: they are means over masks, so this many give them to about two per cent
at half the cost of the default 4096, and bound the memory of a long run."""

Block: TypeAlias = tuple[Tensor, Tensor, Tensor]
"""Masks (b, n), embeddings (b, d) and weights (b,)."""


class TextMoments(Protocol):
    """What a fit reads of the moments of the text."""

    @property
    def basis(self) -> Basis:
        """Products of the words."""

    @property
    def normal_equations(self) -> NormalEquations:
        """The factorised normal equations."""

    @property
    def influences(self) -> Influences | None:
        """Influence of each mask on the fit; None where there is no sampling error."""


class MomentAccumulator:
    """Moments over all masks so far, and the first masks themselves for the standard errors.

    Derived quantities are computed on first access and kept until more masks are added.

    Args:
        basis: products whose moments are summed.
        modality: "image" or "text", for error messages.
        exact: whether the masks will be an enumeration, which has no sampling error.
        keep_masks: whether all masks and embeddings are kept, for regressions that need them again.
    """

    def __init__(self, basis: Basis, modality: str, *, exact: bool = False, keep_masks: bool = False) -> None:
        self.basis, self.modality, self.exact, self.keep_masks = basis, modality, exact, keep_masks
        self._state: tuple[Statistics | None, list[Block]] = None, []

    @property
    def _statistics(self) -> Statistics | None:
        return self._state[0]

    def __len__(self) -> int:
        return 0 if self._statistics is None else self._statistics.count

    def add(self, masks: MaskSet, embeddings: Tensor) -> None:
        """Add masks (b, n) and their embeddings (b, d), on the device of the embeddings.

        All of them or, where an interrupt or another exception ends it, none: sums and kept masks are completed apart
        from those so far, and take their place in one assignment.
        """
        device = embeddings.device
        so_far, kept = self._state
        sums = Statistics.empty(self.basis, embeddings.shape[1], device) if so_far is None else so_far.copy()
        kept = list(kept)
        for start in range(0, len(masks), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            block = masks.masks[rows].to(device), embeddings[rows], masks.weights[rows].to(device)
            n_kept = sum(len(masks) for masks, _, _ in kept)
            if self.keep_masks or (not self.exact and n_kept < MAX_ERROR_MASKS):
                kept.append(block)
            sums.update(*block)
        for derived in ("normal_equations", "influences"):
            self.__dict__.pop(derived, None)
        self._state = sums, kept

    @cached_property
    def normal_equations(self) -> NormalEquations:
        """The factorised normal equations; InputError where the masks do not determine all terms."""
        if self._statistics is None:
            raise ValueError("There are no moments yet; add masks first.")
        return normal_equations(self._statistics, self.modality)

    @property
    def kept(self) -> tuple[Tensor, Tensor, Tensor]:
        """The kept masks (m, n) with their embeddings (m, d) and weights (m,)."""
        masks, embeddings, weights = (torch.cat(parts) for parts in zip(*self._state[1], strict=True))
        return masks, embeddings, weights

    @cached_property
    def influences(self) -> Influences | None:
        """Influence of each of the first masks on the fit; None for an enumeration, which has no sampling error."""
        if self.exact or self._statistics is None:
            return None
        masks, embeddings, weights = (part[:MAX_ERROR_MASKS] for part in self.kept)
        share = weights / self._statistics.weight  # (m,)
        extrapolation = len(self) / len(masks)
        return Influences.of(self.normal_equations, masks, embeddings, share, extrapolation)
