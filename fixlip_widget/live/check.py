"""How well an explanation predicts the model, on masks it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explanation import Explanation

MASKS, SEED = 256, 20_011


@dataclass(frozen=True, eq=False)
class Check:
    """Fresh masks (m, n), the model's similarity without the rest (m,), and the predicted one (m,)."""

    kept: npt.NDArray[np.bool_]
    true: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]

    @property
    def r2(self) -> float | None:
        """The share of the true values' variance that is predicted; None where these do not vary."""
        spread = float(((self.true - self.true.mean()) ** 2).sum())
        return 1.0 - float(((self.true - self.predicted) ** 2).sum()) / spread if spread else None


class Checker:
    """Asks the model about fresh masks; those of an image are encoded once, whatever its captions."""

    def __init__(self) -> None:
        self._of: object = None
        self._p = 0.0
        self._seen = torch.empty(0)  # embeddings of the image's masks (m, d)

    def check(self, explanation: Explanation, game: SimilarityGame, tick: Callable[[int], object]) -> Check:
        """Both sides of every fresh mask, each token kept with the explanation's p; `tick` is told of each batch."""
        generator = np.random.default_rng(SEED)
        p, patches = explanation.p_players, game.image.n_players
        kept = generator.random((MASKS, patches)) < p[:patches]  # (m, patches)
        if self._of is not game.image or self._p != p[0]:
            self._seen = game.image.embed(torch.as_tensor(kept), tick)
            self._of, self._p = game.image, float(p[0])
        words = generator.random((MASKS, len(p) - patches)) < p[patches:]  # (m, words)
        read = _encoded(game, words, tick)  # (m, d)
        true = game.scale * (self._seen.double() * read.double()).sum(dim=1).cpu() + game.bias  # (m,)
        both = np.concatenate([kept, words], axis=1)  # (m, n)
        return Check(both, true.numpy(), explanation.predict(both) + explanation.empty_value)


def _encoded(game: SimilarityGame, masks: npt.NDArray[np.bool_], tick: Callable[[int], object]) -> Tensor:
    """Masks of the caption (m, words) → embeddings (m, d); each different one is encoded once."""
    different, which = torch.unique(torch.as_tensor(masks), dim=0, return_inverse=True)  # (u, words), (m,)
    return game.text.embed(different, tick)[which]
