"""Accumulating the moments of one modality, and the quantities derived from them.

Neither depends on the other modality, so an image keeps them while its captions change.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.mask_sources import error_features
from fixlip_widget.interactions.masks import MaskSet
from fixlip_widget.interactions.product_grid import NormalEquations, normal_equations
from fixlip_widget.interactions.standard_errors import Influences
from fixlip_widget.interactions.statistics import Statistics

BLOCK_ROWS = 1024
"""Masks that are added to the moments at once."""
MAX_ERROR_MASKS = 2048
"""Masks that standard errors are computed from: they are means over masks, so this many give them to about two per cent
at half the cost of the default 4096, and bound the memory of a long run."""

Block: TypeAlias = tuple[Tensor, Tensor, Tensor, Tensor]
"""Masks (b, n), embeddings (b, d), weights (b,) and spare columns (b, spare)."""


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


def independent(count: int) -> None:
    """The `variance_factors` of independent masks."""


class MomentAccumulator:
    """Moments over all masks so far, and the first masks themselves for the standard errors.

    Derived quantities are computed on first access and kept until more masks are added.

    Args:
        basis: products whose moments are summed.
        modality: "image" or "text", for error messages.
        exact: whether the masks will be an enumeration, which has no sampling error.
        designed: whether the masks will be whole units of a design, on which features are orthonormal.
        keep_masks: whether all masks and embeddings are kept, for regressions that need them again.
        variance_factors: from the number of masks to `MaskSource.variance_factors`.
    """

    def __init__(
        self,
        basis: Basis,
        modality: str,
        *,
        exact: bool = False,
        designed: bool = False,
        keep_masks: bool = False,
        variance_factors: Callable[[int], Tensor | None] = independent,
    ) -> None:
        self.basis, self.modality, self.keep_masks = basis, modality, keep_masks
        self.exact, self.designed, self._variance_factors = exact, designed, variance_factors
        self._state: tuple[Statistics | None, list[Block], list[Tensor]] = None, [], []

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
        so_far, kept, errors = self._state
        if so_far is None:
            sums = Statistics.empty(self.basis, embeddings.shape[1], device, orthonormal=self.designed)
        else:
            sums = so_far.copy()
        kept = list(kept)
        spare = masks.masks[:, :0] if masks.spare is None else masks.spare  # (b, spare)
        for start in range(0, len(masks), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)
            block = masks.masks[rows].to(device), embeddings[rows], masks.weights[rows].to(device)
            spare_rows = spare[rows].to(device)  # (b, spare)
            n_kept = sum(len(block[0]) for block in kept)
            if self.keep_masks or (not self.exact and n_kept < MAX_ERROR_MASKS):
                kept.append((*block, spare_rows))
            sums.update(*block)
            if self.designed:
                functions = error_features(block[0], spare_rows, self.basis.degree)  # (b, functions) each
                products = [of_degree.T @ block[1].double() for of_degree in functions]  # (functions, d) each
                errors = [a + b for a, b in zip(errors, products, strict=True)] if errors else products
        for derived in ("normal_equations", "influences"):
            self.__dict__.pop(derived, None)
        self._state = sums, kept, errors

    @cached_property
    def normal_equations(self) -> NormalEquations:
        """The factorised normal equations; InputError where the masks do not determine all terms."""
        if self._statistics is None:
            raise ValueError("There are no moments yet; add masks first.")
        return normal_equations(self._statistics, self.modality)

    @property
    def kept(self) -> tuple[Tensor, Tensor, Tensor]:
        """The kept masks (m, n) with their embeddings (m, d) and weights (m,)."""
        masks, embeddings, weights, _ = (torch.cat(parts) for parts in zip(*self._state[1], strict=True))
        return masks, embeddings, weights

    @property
    def kept_spare(self) -> Tensor:
        """(m, spare) the columns of the kept masks on which the game does not depend."""
        return torch.cat([spare for *_, spare in self._state[1]])

    @cached_property
    def influences(self) -> Influences | None:
        """Influence of each of the first masks on the fit; None for an enumeration, which has no sampling error."""
        if self.exact or self._statistics is None:
            return None
        masks, embeddings, weights = (part[:MAX_ERROR_MASKS] for part in self.kept)
        share = weights / self._statistics.weight  # (m,)
        extrapolation = len(self) / len(masks)
        errors = [moment / self._statistics.weight for moment in self._state[2]] if self.designed else None
        by_size = self._variance_factors(len(self))  # (n + 1,)
        factors = None if by_size is None else by_size.to(masks.device)[masks.sum(dim=1)]  # (m,)
        return Influences.of(self.normal_equations, masks, embeddings, share, extrapolation, factors, errors)
