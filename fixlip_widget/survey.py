"""Asking the encoder about one image or one caption: mask after mask, never the same twice, always to be continued."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fixlip_widget.game import Tower
from fixlip_widget.interactions.evidence import ROWS, Evidence
from fixlip_widget.interactions.features import Basis
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS, MaskSet, all_masks
from fixlip_widget.recent import Recent

Tick = Callable[[int], object]


class Survey:
    """Masks of one modality drawn from one seed, and the evidence they gave.

    The first masks of a seed are the same however many follow, so a survey of 2000 masks is the beginning of one of
    4000, and one cut short is a whole survey of fewer masks.
    """

    def __init__(self, tower: Tower, degree: int, p: float, seed: int, *, everything: bool, keep: bool) -> None:
        self.tower = tower
        self.evidence = Evidence(Basis(tower.n_players, degree, p), tower.modality, exact=everything, keep=keep)
        self._generator = torch.Generator().manual_seed(seed)
        self._answered: list[tuple[Tensor, Tensor]] = []  # masks (b, n) and embeddings (b, d)

    def extend(self, count: int, tick: Tick, stop: Callable[[], bool] = lambda: False) -> None:
        """Ask until there are `count` masks, or until `stop` says so; `tick` is told how many each batch has added.

        Whatever ends it, an interrupt too, what was answered is kept.
        """
        basis = self.evidence.basis
        if self.evidence.exact:
            if not len(self.evidence):
                everything = all_masks(basis.n, basis.p)
                self.evidence.add(everything, self.tower.embed(everything.masks, tick))
            return
        try:
            while len(self) < count and not stop():
                self._answered.append(self._batch(min(self.tower.batch_size, count - len(self)), tick))
                if len(self) - len(self.evidence) >= ROWS:
                    self._add_up()
        finally:
            self._add_up()

    def __len__(self) -> int:
        """Masks answered so far."""
        return len(self.evidence) + sum(len(masks) for masks, _ in self._answered)

    def _batch(self, count: int, tick: Tick) -> tuple[Tensor, Tensor]:
        """The next masks (b, n) and their embeddings (b, d); those of a batch that fails are drawn again next time."""
        basis, state = self.evidence.basis, self._generator.get_state()
        masks = torch.rand(count, basis.n, generator=self._generator) < basis.p  # (b, n)
        try:
            return masks, self.tower.embed(masks, tick)
        except BaseException:  # an interrupt too; it goes on to the caller
            self._generator.set_state(state)
            raise

    def _add_up(self) -> None:
        """Bring what was answered into the evidence, in blocks large enough for the sums to be quick."""
        if self._answered:
            masks, embeddings = (torch.cat(parts) for parts in zip(*self._answered, strict=True))
            weights = torch.ones(len(masks), dtype=torch.float64)  # (b,)
            self._answered.clear()
            self.evidence.add(MaskSet(masks, weights, self.evidence.basis.p, exact=False), embeddings)


class Subject:
    """An image or a caption, ready to be asked about, with the surveys of late."""

    def __init__(self, tower: Tower) -> None:
        self.tower = tower
        self._surveys: Recent[Survey] = Recent(2)

    def survey(self, degree: int, p: float, seed: int, count: int, *, keep: bool = False) -> Survey:
        """The survey of these masks, known or new: every mask where `count` is all of a few, drawn ones otherwise.

        With `keep` it remembers all masks and embeddings, not only their sums.
        """
        n = self.tower.n_players
        everything = n <= MAX_ENUMERATED_PLAYERS and count >= 2**n
        key = degree, p, None if everything else seed, keep

        def start() -> Survey:
            return Survey(self.tower, degree, p, seed, everything=everything, keep=keep)

        known = self._surveys.get(key, start)
        # The same request gives the same answer, whatever was asked before.
        return known if len(known) <= count else self._surveys.put(key, start())
