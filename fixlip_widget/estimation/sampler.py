"""A small memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import torch
from torch import Tensor

from fixlip_widget.estimation.game import Gathered, Tower
from fixlip_widget.interactions.accumulator import ROWS, Evidence
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS, MaskSet, all_masks, bernoulli_masks

T = TypeVar("T")


class Recent(Generic[T]):
    """Things under the keys of what they are about; beyond `capacity`, the one not used for longest goes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under this key, made if there is nothing."""
        return self.put(key, self._kept.pop(key) if key in self._kept else make())

    def put(self, key: Hashable, one: T) -> T:
        """Keep this under a key, and give it back."""
        self._kept[key] = one
        self._kept.move_to_end(key)
        while len(self._kept) > self.capacity:
            self._kept.popitem(last=False)
        return one


Tick = Callable[[int], object]


class Survey:
    """Masks of one modality, every one in turn or drawn from one seed, and the evidence they gave.

    The first masks of a seed are the same however many follow, so a survey of 2000 masks is the beginning of one of
    4000, and one cut short is a whole survey of fewer masks. Of `everything`, nothing follows before it is complete.
    """

    def __init__(self, tower: Tower, degree: int, p: float, seed: int, *, everything: bool, keep: bool) -> None:
        self.tower = tower
        self.evidence = Evidence(Basis(tower.n_players, degree, p), tower.modality, exact=everything, keep=keep)
        self._everything = all_masks(tower.n_players, p) if everything else None
        self._generator = torch.Generator().manual_seed(seed)
        self._answered = Gathered(0)  # masks (b, n), weights (b,) and embeddings (b, d)

    def extend(self, count: int, tick: Tick, stop: Callable[[], bool] = lambda: False) -> None:
        """Ask until there are `count` masks, or until `stop` says so; `tick` is told how many each batch has added.

        Whatever ends it, an interrupt too, what was answered is kept.
        """
        try:
            while len(self) < count and not stop():
                left, state = count - len(self), self._generator.get_state()
                size = min(self.tower.batch_size, left)
                if not self._answered.count:
                    self._answered = Gathered(min(ROWS + size, left))
                masks, weights = self._next(size)
                try:
                    self._answered.add(masks, weights, self.tower.embed(masks, tick))
                except BaseException:  # an interrupt too; it goes on to the caller, and its masks come again next time
                    self._generator.set_state(state)
                    raise
                if self._answered.count >= ROWS:
                    self._add_up()
        finally:
            self._add_up()

    def __len__(self) -> int:
        """Masks answered so far."""
        return len(self.evidence) + self._answered.count

    def _next(self, count: int) -> tuple[Tensor, Tensor]:
        """The next masks (b, n) and their weights (b,)."""
        if self._everything is not None:
            rows = slice(len(self), len(self) + count)
            return self._everything.masks[rows], self._everything.weights[rows]
        basis = self.evidence.basis
        drawn = bernoulli_masks(basis.n, basis.p, count, self._generator)
        return drawn.masks, drawn.weights

    def _add_up(self) -> None:
        """Bring what was answered into the evidence, in blocks large enough for the sums to be quick."""
        if self._answered.count:
            masks, weights, embeddings = self._answered.columns
            self._answered, evidence = Gathered(0), self.evidence
            evidence.add(MaskSet(masks, weights, evidence.basis.p, exact=evidence.exact), embeddings)


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
        # So many masks give the same answer, whatever was asked before.
        return known if len(known) <= count else self._surveys.put(key, start())
