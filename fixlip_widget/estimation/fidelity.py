"""How well an explanation predicts the game on masks that it was not fitted to.

This is the p-faithfulness of FIxLIP (arXiv 2508.05430): R² and rank correlation on fresh Bernoulli(p) masks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from fixlip_widget.arguments import as_whole
from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import PreparedInput
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.budget import MAX_MASKS
from fixlip_widget.options import as_seed, check_cancel
from fixlip_widget.typing import BoolArray, FloatArray, StopCondition

VALUE_TOLERANCE = 0.02
"""Relative difference of two similarities of one input, by rounding on another device or in another precision."""
ROUNDING = 1e-6
"""Relative rounding error of similarities of float32 embeddings."""


@dataclass(frozen=True, eq=False)
class FidelityCheck:
    """Predictions of an explanation beside the values of the game, both relative to the empty input.

    Attributes:
        masks: (m, n) bool, True = kept.
        values: (m,) the game's values.
        predicted: (m,) what the explanation predicts. Explanations that are not in logits predict no logits: their
            values are first mapped to logits by the least-squares line.
        rounding: standard deviation of the values that the rounding of embeddings alone may cause.
    """

    masks: BoolArray
    values: FloatArray
    predicted: FloatArray
    rounding: float = 0.0

    @classmethod
    def of(cls, explanation: Explanation, masks: BoolArray, values: FloatArray) -> FidelityCheck:
        """From masks (m, n) and the game's values of them (m,)."""
        predicted = explanation.predict(masks)  # (m,)
        if explanation.units != "logits":
            predicted = _map_to(values, predicted)
        magnitude = max(abs(explanation.full_value), abs(explanation.empty_value), float(np.abs(values).max(initial=0)))
        return cls(masks, values, predicted, ROUNDING * magnitude)

    @property
    def r2(self) -> float | None:
        """Share of the variance of the values that is predicted: 1 is perfect, 0 no better than their mean.

        Negative where the predictions are worse than the mean; None where the values do not vary, but by rounding.
        """
        variance = float(((self.values - self.values.mean()) ** 2).mean()) if len(self.values) else 0.0
        if variance <= self.rounding**2:
            return None
        return 1.0 - float(((self.values - self.predicted) ** 2).mean()) / variance

    @property
    def spearman(self) -> float:
        """Rank correlation of values and predictions; 0 where either is constant."""
        return correlation(ranks(self.predicted), ranks(self.values))


def fresh_masks(p: FloatArray, n_masks: int, random_state: int) -> BoolArray:
    """Masks (m, n) that keep each player independently with its probability p (n,)."""
    return np.random.default_rng(random_state).random((n_masks, len(p))) < p


def measure_fidelity(
    explanation: Explanation,
    image: PreparedInput,
    text: PreparedInput,
    game: SimilarityGame,
    n_masks: int,
    random_state: int,
    cancel: StopCondition | None = None,
) -> FidelityCheck:
    """The check on fresh masks, drawn with the explanation's own p.

    The masks of the two modalities are drawn separately, so that those of an image are encoded once for all captions.

    Raises:
        InputError: where the explanation is of another game, or for a number of masks or a seed that is none.
        CancelledError: where `cancel`, polled between batches, returned true.
    """
    n_masks, random_state = as_whole(n_masks, "n_masks", 1, MAX_MASKS), as_seed(random_state)
    check_cancel(cancel)
    _check_same_game(explanation, game)

    def on_batch(n_masks: int) -> None:
        if cancel is not None and cancel():
            raise CancelledError("Cancelled before all fresh masks were encoded.")

    p_image, p_text = np.split(explanation.p_players, [explanation.n_players_image])
    image_masks = fresh_masks(p_image, n_masks, random_state)  # (m, n_image)
    text_masks = fresh_masks(p_text, n_masks, random_state + 1)  # (m, n_text)
    image_embeddings = image.embed_fresh(torch.as_tensor(image_masks), on_batch)  # (m, d)
    text_embeddings = text.embed_fresh(torch.as_tensor(text_masks), on_batch)  # (m, d)
    values = (game.logits(image_embeddings, text_embeddings) - game.empty_value).numpy()  # (m,)
    return FidelityCheck.of(explanation, np.concatenate([image_masks, text_masks], axis=1), values)


def _check_same_game(explanation: Explanation, game: SimilarityGame) -> None:
    """Raise InputError where an explanation is not of this game: of another image, caption, model or masking."""
    own = game.n_players, game.empty_value, game.full_value
    given = explanation.n_players, explanation.empty_value, explanation.full_value
    if own[0] != given[0] or not all(map(is_close, own[1:], given[1:])):
        raise InputError(
            f"The explanation has {given[0]} players, similarity {given[2]:.2f} and empty value {given[1]:.2f}, but "
            f"here they are {own[0]}, {own[2]:.2f} and {own[1]:.2f}; give the image, model and masking it was made "
            "with."
        )


def ranks(values: FloatArray) -> FloatArray:
    """(m,) ranks from 0; equal values share their mean rank."""
    _, index, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank: FloatArray = np.cumsum(counts) - (counts + 1) / 2  # (distinct,)
    return mean_rank[index]


def correlation(a: FloatArray, b: FloatArray) -> float:
    """Pearson correlation of (m,) and (m,); 0 where either is constant."""
    a, b = a - a.mean(), b - b.mean()  # (m,)
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 0.0


def _map_to(values: FloatArray, predicted: FloatArray) -> FloatArray:
    """(m,) the least-squares line through (predicted, values), evaluated at `predicted`."""
    spread = predicted.std()
    slope = correlation(predicted, values) * values.std() / spread if spread else 0.0
    line: FloatArray = values.mean() + slope * (predicted - predicted.mean())  # (m,)
    return line


def is_close(a: float, b: float) -> bool:
    """Whether two similarities are equal up to the rounding of another device or precision."""
    return abs(a - b) <= VALUE_TOLERANCE * max(abs(a), abs(b), 1.0)
