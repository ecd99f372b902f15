"""What the encoder has said of the masks of one modality, and what follows from it whatever the other modality says."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MaskSet, Sample
from fixlip_widget.interactions.product_grid import Side, orthonormalise
from fixlip_widget.interactions.standard_errors import Influences
from fixlip_widget.interactions.statistics import Statistics

ROWS = 1024
# Standard errors are means over masks: so many tell them to about two per cent, at half the work of the usual 4096, and
# bound the memory of a long run.
REMEMBERED = 2048


class Evidence:
    """Sums over all masks so far, and the first REMEMBERED masks themselves for the standard errors.

    With `keep` it remembers every mask, for fits that need them again. It only grows. What follows from it is worked
    out when first asked for and kept until it grows again, so that a new caption for a known image costs no second
    look at the image.
    """

    def __init__(self, basis: Basis, modality: str, *, exact: bool = False, keep: bool = False) -> None:
        self.basis, self.modality, self.exact, self.keep = basis, modality, exact, keep
        self._statistics: Statistics | None = None
        self._remembered: list[tuple[Tensor, Tensor, Tensor]] = []

    @classmethod
    def of(cls, sample: Sample, degree: int, modality: str, *, keep: bool = False) -> Evidence:
        """All of a sample at once."""
        masks = sample.masks
        evidence = cls(Basis(masks.n_players, degree, masks.p), modality, exact=masks.exact, keep=keep)
        evidence.add(masks, sample.embeddings)
        return evidence

    def __len__(self) -> int:
        return 0 if self._statistics is None else self._statistics.count

    def add(self, masks: MaskSet, embeddings: Tensor) -> None:
        """More masks (b, n) with their embeddings (b, d), where those are."""
        device = embeddings.device
        if self._statistics is None:
            self._statistics = Statistics.empty(self.basis, embeddings.shape[1], device)
        for start in range(0, len(masks), ROWS):
            rows = slice(start, start + ROWS)
            batch = masks.masks[rows].to(device), embeddings[rows], masks.weights[rows].to(device)
            if self.keep or (not self.exact and sum(len(kept[0]) for kept in self._remembered) < REMEMBERED):
                self._remembered.append(batch)
            self._statistics.update(*batch)
        for known in ("side", "influences"):
            self.__dict__.pop(known, None)

    @cached_property
    def side(self) -> Side:
        """The sums, orthonormalised; InputError where the masks are too few or too alike to tell the terms apart."""
        if self._statistics is None:
            raise ValueError("There is no evidence yet; add masks first.")
        return orthonormalise(self._statistics, self.modality)

    @property
    def remembered(self) -> tuple[Tensor, Tensor, Tensor]:
        """Masks (m, n) with their embeddings (m, d) and weights (m,)."""
        masks, embeddings, weights = (torch.cat(parts) for parts in zip(*self._remembered, strict=True))
        return masks, embeddings, weights

    @cached_property
    def influences(self) -> Influences | None:
        """How far each of the first masks moves the fit; None where every mask was taken, and none was drawn."""
        if self.exact or self._statistics is None:
            return None
        masks, embeddings, weights = (part[:REMEMBERED] for part in self.remembered)
        share = weights / self._statistics.weight  # (m,)
        return Influences.of(self.side, masks, embeddings, share, unseen=len(self) / len(masks))
