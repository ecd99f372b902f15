"""What a view displays: the picture, and attributions or interactions with the selected tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL.Image import Image

from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from fixlip_widget.typing import CropBox, FloatArray

WHOLE: CropBox = (0.0, 0.0, 1.0, 1.0)


def displayed_picture(explanation: Explanation) -> tuple[Image | None, CropBox]:
    """The whole picture if there is one, otherwise what the model saw, and where in it the patches lie."""
    if explanation.original is None or explanation.crop_box is None:
        return explanation.image, WHOLE
    return explanation.original, explanation.crop_box


def opening_state(explanation: Explanation) -> dict[str, Any]:
    """The traits that a view opens with: those of the first step of its story, or the word of `opening_selection`."""
    if explanation.story:
        first = explanation.story[0]
        return {"selected": list(first.selected), "mode": first.shown_mode, "hidden": list(first.hidden)}
    selected = opening_selection(explanation)
    return {"selected": selected, "mode": "conditional" if selected else "attribution"}


def predicts_similarity(explanation: Explanation) -> bool:
    """Whether the values of the method predict the similarity of masked inputs."""
    is_white_box = explanation.method in METHODS and METHODS[explanation.method].white_box
    return not is_white_box and math.isfinite(explanation.baseline_value)


def opening_selection(explanation: Explanation) -> list[int]:
    """The word that a view opens with: that of the strongest interaction with a patch; none where there is none."""
    n_patches = explanation.n_players_image
    pairs = np.abs(explanation.second_order()[:n_patches, n_patches:])  # (n_patches, n_words)
    if explanation.max_order < 2 or not np.nan_to_num(pairs).any():
        return []
    return [n_patches + int(np.nan_to_num(pairs).max(axis=0).argmax())]


def is_conditional(explanation: Explanation, selected: Sequence[int]) -> bool:
    """Whether interactions are displayed: where tokens are selected and the explanation has interactions."""
    return len(selected) > 0 and explanation.max_order > 1


def displayed_values(explanation: Explanation, selected: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Attributions, or interactions with the selection, and their standard errors, both (n,); NaN where unknown."""
    unknown = np.full(explanation.n_players, np.nan)
    if not is_conditional(explanation, selected):
        errors = explanation.stderr_first_order
        return explanation.first_order(), unknown if errors is None else errors
    pairs = explanation.second_order_errors()
    is_sum = len(selected) > 1  # errors of several interactions are correlated, so that of their sum is unknown
    return explanation.conditional(selected), unknown if pairs is None or is_sum else pairs[selected[0]]
