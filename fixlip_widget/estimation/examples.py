"""Masked inputs that show what the model saw: drawn anew, with the model's own similarity of each."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from fixlip_widget.errors import CancelledError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import PreparedInput
from fixlip_widget.explanation import EXAMPLE_LEVELS
from fixlip_widget.options import ExplainOptions
from fixlip_widget.typing import BoolArray, FloatArray

MAX_EXAMPLES, MIN_EXAMPLES = 64, 8
MASKS_PER_EXAMPLE = 16
"""Masks of the fit for each example, so that examples cost at most a sixteenth of what the fit does."""


def measure_examples(
    image: PreparedInput, text: PreparedInput, game: SimilarityGame, options: ExplainOptions, n_masks: int, seed: int
) -> dict[str, Any]:
    """The fields `example_masks` and `example_similarity` for a fit to `n_masks` masks.

    Empty for fits to few masks, and where the caller cancels or interrupts. The masks of the image are encoded once for
    all captions.
    """
    count = min(MAX_EXAMPLES, n_masks // MASKS_PER_EXAMPLE)
    if count < MIN_EXAMPLES:
        return {}
    p_image, p_text = options.p_by_modality if options.spec.weighted else (None, None)
    image_masks = example_masks(image.encoder.n_players, count, p_image, (seed, 0))  # (m, n_image)
    text_masks = example_masks(text.encoder.n_players, count, p_text, (seed, 1))  # (m, n_text)

    def on_batch(n_masks: int) -> None:
        if options.cancel is not None and options.cancel():
            raise CancelledError("Cancelled before all examples were encoded.")

    try:
        on_batch(0)
        embeddings = (  # each (m, d)
            image.embed_fresh(torch.as_tensor(image_masks), on_batch),
            text.embed_fresh(torch.as_tensor(text_masks), on_batch),
        )
    except (CancelledError, KeyboardInterrupt):
        return {}
    similarity: FloatArray = game.logits(*embeddings).numpy()  # (m,)
    return {"example_masks": np.concatenate([image_masks, text_masks], axis=1), "example_similarity": similarity}


def example_masks(n_players: int, count: int, p: float | None, seed: tuple[int, ...]) -> BoolArray:
    """Masks (count, n) of one modality: the first keep players with the EXAMPLE_LEVELS, the others with p.

    The first are nested: each keeps what the one before it keeps. Without p, as for Shapley values, masks of all sizes
    follow.
    """
    rng = np.random.default_rng(seed)
    draws = rng.random((count - len(EXAMPLE_LEVELS), n_players))  # (count − levels, n)
    nested = rng.random(n_players) < np.array(EXAMPLE_LEVELS)[:, None]  # (levels, n)
    # Of both modalities alike, as these are masked together where there is no p.
    sizes = np.random.default_rng(seed[:-1]).random((len(draws), 1)) if p is None else p
    return np.concatenate([nested, draws < sizes])
