"""Error against exact values by encoder forwards, beside shapiq's regression on the same small game."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapiq
import torch
from torch import Tensor

from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.encoders import ImageLike, MaskedInput
from fixlip_widget.explainer import Explainer
from fixlip_widget.typing import FloatArray
from tests.benchmarks.measure import Line

CAPTION = "green cat and purple moon"
SEEDS = range(20)


class Coarse:
    """The bundled encoder with its patches merged into a 2 × 4 grid: few enough players for exact values."""

    name, bias = "coarse", 0.0
    grid = (2, 4)

    def __init__(self) -> None:
        self._encoder = load_encoder(precision="fp32")
        self.scale = self._encoder.scale
        self.text = self._encoder.text

    def image(self, image: ImageLike) -> MaskedInput:
        return CoarseImage(self._encoder.image(image))


class CoarseImage:
    grid = Coarse.grid
    n_players = 8

    def __init__(self, fine: MaskedInput) -> None:
        self.tokens = [f"region {k}" for k in range(self.n_players)]
        self._fine = fine
        rows = torch.arange(7)[:, None] * self.grid[0] // 7  # (7, 1)
        columns = torch.arange(7)[None, :] * self.grid[1] // 7  # (1, 7)
        self._region = (rows * self.grid[1] + columns).flatten()  # (49,)

    def embed(self, masks: Tensor) -> Tensor:
        return self._fine.embed(masks[:, self._region])


def pairs_of(explanation_second: FloatArray) -> FloatArray:
    rows, columns = np.triu_indices(len(explanation_second), 1)
    return np.asarray(explanation_second[rows, columns])


def run() -> Iterator[Line]:
    picture, _ = showcase()
    explainer = Explainer(Coarse())
    exact = pairs_of(explainer.explain(picture, CAPTION, progress=False).second)
    n = 8 + len(CAPTION.split())
    for n_image in (80, 120, 200):
        ours, theirs, forwards = [], [], 0
        for seed in SEEDS:
            explainer.forget()
            found = explainer.explain(
                picture, CAPTION, n_image_masks=n_image, n_text_masks=2**5, random_state=seed, progress=False
            )
            assert found.forwards is not None
            forwards = found.forwards
            ours.append(np.sqrt(np.mean((pairs_of(found.second) - exact) ** 2)))
            # A joint mask costs shapiq one forward of either tower; those that recur are not counted twice.
            game = explainer.game(picture, CAPTION)
            regression = shapiq.approximator.RegressionFBII(n=n, max_order=2, random_state=seed)
            values = regression.approximate(budget=forwards // 2, game=game)
            second = np.array([values[(i, j)] for i, j in np.transpose(np.triu_indices(n, 1)).tolist()])
            theirs.append(np.sqrt(np.mean((second - exact) ** 2)))
        ratio = float(np.mean(ours) / np.mean(theirs))
        detail = f"{np.mean(ours):.3f} / {np.mean(theirs):.3f} logits, root mean square over {len(SEEDS)} seeds"
        yield Line(f"error of pairs: ours / shapiq's, {forwards} forwards", ratio, "×", at_most=0.5, detail=detail)
