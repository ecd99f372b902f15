"""One pair in front of an explainer, with what its explanations are measured against."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.encoder_variants import Remembering, redrawn
from fixlip_widget.evaluation.faithfulness import BoolArray, FloatArray, fresh_values
from fixlip_widget.evaluation.method_spec import Entry
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS

PROBABILITIES = (0.3, 0.5, 0.7)


class Case:
    """A pair to be explained by several methods; masks that several of them ask about are encoded once.

    All masks are drawn from `seed`, which depends on nothing but the pair's key. Raises InputError where the picture
    or the caption cannot be used.
    """

    def __init__(self, pair: Pair, explainer: Explainer, budget: int | None = None) -> None:
        self.pair, self.seed = pair, zlib.crc32(pair.key.encode())
        self._picture, self._encoder, self._budget = pair.picture(), explainer.encoder, budget
        self._begin()
        self.game = self._masked.game(self._picture, pair.caption)

    def explain(self, entry: Entry, caption: str | None = None) -> Explanation:
        """The explanation by a method, of another caption if one is given."""
        # Methods that look inside have to meet the encoder itself.
        asked = self._whole if METHODS[entry.method].inside else self._masked
        return asked.explain(self._picture, caption or self.pair.caption, **entry.options(self._budget, self.seed))

    @cached_property
    def fresh(self) -> dict[float, tuple[BoolArray, FloatArray]]:
        """Masks (1000, n) of each p, and the game's values of them (1000,)."""
        n = self.game.n_players
        return {p: fresh_values(self.game, np.full(n, p), random_state=self.seed) for p in PROBABILITIES}

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """The case with the encoder's weights shuffled; InputError for encoders whose weights are not known."""
        try:
            with redrawn(self._encoder, self._picture, self.pair.caption, self.seed):
                self._begin()
                yield
        finally:
            self._begin()

    def _begin(self) -> None:
        self._whole, self._masked = Explainer(self._encoder), Explainer(Remembering(self._encoder))
