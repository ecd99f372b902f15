"""`EvaluationCase`: one image–caption pair, explained by several methods on shared masks."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from fixlip_widget.estimation.fidelity import FidelityCheck, fresh_masks
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.encoder_variants import CachedEncoder, shuffled_weights
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from fixlip_widget.typing import BoolArray, FloatArray

PROBABILITIES = (0.3, 0.5, 0.7)
"""Keep probabilities of the fresh masks, as in FIxLIP (arXiv 2508.05430)."""
N_FRESH_MASKS = 1000


class EvaluationCase:
    """A pair to be explained by several methods; masks that recur among them are encoded once.

    All masks are drawn from `seed`, which is a function of the pair's key alone.

    Args:
        pair: image and caption.
        explainer: whose encoder is explained.
        budget: of methods that mask, unless their specification has one.

    Raises:
        InputError: where the image or the caption cannot be used.
    """

    def __init__(self, pair: Pair, explainer: Explainer, budget: int | None = None) -> None:
        self.pair, self.seed = pair, zlib.crc32(pair.key.encode())
        self._image, self._encoder, self._budget = pair.load_image(), explainer.encoder, budget
        self._reset()
        self.game = self._cached.game(self._image, pair.caption)

    def explain(self, spec: MethodSpec, caption: str | None = None) -> Explanation:
        """The explanation by a method, of the pair's caption or of another one."""
        # White-box methods need the encoder itself.
        explainer = self._direct if METHODS[spec.method].white_box else self._cached
        options = spec.options(self._budget, self.seed)
        return explainer.explain(self._image, caption or self.pair.caption, **options)

    def fidelity(self, explanation: Explanation) -> dict[float, FidelityCheck]:
        """The explanation on fresh masks of each keep probability."""
        return {p: FidelityCheck.of(explanation, *fresh) for p, fresh in self._fresh.items()}

    @cached_property
    def _fresh(self) -> dict[float, tuple[BoolArray, FloatArray]]:
        """Masks (1000, n) of each keep probability, and the values of the game (1000,)."""
        n = self.game.n_players
        masks = {p: fresh_masks(np.full(n, p), N_FRESH_MASKS, self.seed) for p in PROBABILITIES}
        return {p: (drawn, self.game(drawn)) for p, drawn in masks.items()}

    @contextmanager
    def with_shuffled_weights(self) -> Iterator[None]:
        """A context in which the encoder's weights are shuffled; InputError for encoders that are not the library's."""
        try:
            with shuffled_weights(self._encoder, self._image, self.pair.caption, self.seed):
                self._reset()
                yield
        finally:
            self._reset()

    def _reset(self) -> None:
        self._direct, self._cached = Explainer(self._encoder), Explainer(CachedEncoder(self._encoder))
