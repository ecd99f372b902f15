"""Explanations as pandas data frames and as shapiq's InteractionValues; both libraries are optional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fixlip_widget.arguments import as_list
from fixlip_widget.errors import InputError
from fixlip_widget.player_names import patch_names

if TYPE_CHECKING:
    import pandas as pd
    import shapiq
    from PIL.Image import Image

    from fixlip_widget.explanation import Explanation


# shapiq has weighted Banzhaf indices at p = 0.5 only. At any p the coefficients are the Möbius transform of the fitted
# model itself, which is the name they are exported under.
SHAPIQ_INDEX = {"WBV": "BV", "FWBII": "FBII"}
MOEBIUS = "Moebius"
INTERCEPT_INDICES = {*SHAPIQ_INDEX.values(), MOEBIUS}
"""Indices whose interaction of no players is the fitted intercept; for others it is the value of the empty input."""


def to_frame(explanation: Explanation) -> pd.DataFrame:
    """One row for each coefficient, in the order of `Explanation.coefficients()`."""
    try:
        import pandas as pd
    except ModuleNotFoundError as error:
        raise InputError("to_frame() needs pandas, which is not installed; run pip install pandas.") from error
    rows = [_row(explanation, players, value) for players, value in explanation.coefficients().items()]
    return pd.DataFrame(rows)


def _row(explanation: Explanation, players: tuple[int, ...], value: float) -> dict[str, Any]:
    i, j, k = indices = (*players, None, None)[:3]
    kinds = ["image" if player < explanation.n_players_image else "text" for player in players]
    return {
        "order": len(players),
        "i": i,
        "j": j,
        "k": k,
        **{
            f"token_{name}": None if at is None else explanation.tokens[at]
            for name, at in zip("ijk", indices, strict=True)
        },
        "kind": "-".join(kinds),
        "value": value,
        "stderr": explanation.stderr(players),
    }


def to_shapiq(explanation: Explanation) -> shapiq.InteractionValues:
    """Intercept and coefficients under shapiq's name for the index, or as the Möbius transform of the fit."""
    try:
        import shapiq
    except ModuleNotFoundError as error:
        raise InputError("to_shapiq() needs shapiq, which is not installed; run pip install shapiq.") from error
    scores = {(): explanation.baseline_value, **explanation.coefficients()}
    return shapiq.InteractionValues(
        np.array(list(scores.values())),
        index=SHAPIQ_INDEX.get(explanation.index, MOEBIUS) if explanation.p == 0.5 else MOEBIUS,
        max_order=explanation.max_order,
        min_order=0,
        n_players=explanation.n_players,
        interaction_lookup={players: index for index, players in enumerate(scores)},
        estimated=explanation.estimated,
        estimation_budget=explanation.budget,
        baseline_value=explanation.baseline_value,
    )


def from_shapiq(
    values: shapiq.InteractionValues, *, image: Image | None, tokens: Sequence[str], grid: tuple[int, int], p: float
) -> dict[str, Any]:
    """The fields of an explanation; the model's own values, which shapiq does not hold, are those of the fit."""
    n, patches, tokens = values.n_players, grid[0] * grid[1], as_list(tokens, "tokens")
    if len(tokens) == n - patches:
        tokens = [*patch_names(grid), *tokens]
    if len(tokens) != n:
        raise InputError(
            f"{n} players need {n - patches} caption tokens beside {grid[0]}×{grid[1]} patches, not {len(tokens)}."
        )
    if values.max_order > 2:
        raise InputError(f"Only orders 1 and 2 can be shown, not {values.max_order}; use values.get_n_order(2).")
    if image is not None and not hasattr(image, "convert"):
        raise InputError(f"The picture is a PIL image or None, not {type(image).__name__}; use PIL.Image.open.")
    first, second = np.zeros(n), np.zeros((n, n))
    empty = baseline = float(values.baseline_value)
    for players, index in values.interaction_lookup.items():
        if len(players) == 0 and values.index in INTERCEPT_INDICES:
            baseline = float(values.values[index])
        elif len(players) == 1:
            first[players] = values.values[index]
        elif len(players) == 2:
            second[players] = second[players[::-1]] = values.values[index]
    return {
        "first": first,
        "second": second,
        "tokens": tuple(tokens),
        "grid": (int(grid[0]), int(grid[1])),
        "caption": " ".join(tokens[patches:]),
        "image": image,
        "baseline_value": baseline,
        "empty_value": empty,
        "full_value": baseline + float(first.sum() + second.sum() / 2),
        "p": p,
        "max_order": values.max_order,
        "index": values.index,
        "method": "shapiq",
        "model": "unknown",
        "estimated": values.estimated,
        "units": "game value",
    }
