"""What a view shows of each token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fixlip_widget.explanation import Explanation

FloatArray = npt.NDArray[np.float64]


def conditions(explanation: Explanation, selected: Sequence[int]) -> bool:
    """Whether a selection changes what is shown: where nothing interacts, it does not."""
    return len(selected) > 0 and explanation.max_order > 1


def shown(explanation: Explanation, selected: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Attributions, or interactions with the selection, and their standard errors, both (n,); NaN where unknown."""
    unknown = np.full(explanation.n_players, np.nan)
    if not conditions(explanation, selected):
        errors = explanation.stderr_first_order
        return explanation.first_order(), unknown if errors is None else errors
    pairs = explanation.second_order_errors()
    alone = len(selected) == 1  # the error of a sum is not known
    return explanation.conditional(selected), unknown if pairs is None or not alone else pairs[selected[0]]
