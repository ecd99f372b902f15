"""Explanations as pandas data frames and as shapiq's InteractionValues; both libraries are optional."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fixlip_widget.arguments import as_list
from fixlip_widget.errors import InputError
from fixlip_widget.player_names import patch_names
from fixlip_widget.typing import FloatArray, Players

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
SHAPIQ = "shapiq"
"""Method of explanations that come from shapiq, which records no similarities of the model."""


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
    """The fields of an explanation, in which what the fit predicts stands for the model's similarities."""
    n, patches, tokens = values.n_players, grid[0] * grid[1], as_list(tokens, "tokens")
    if len(tokens) == n - patches:
        tokens = [*patch_names(grid), *tokens]
    if len(tokens) != n:
        raise InputError(
            f"{n} players need {n - patches} caption tokens beside {grid[0]}×{grid[1]} patches, not {len(tokens)}."
        )
    if image is not None and not hasattr(image, "convert"):
        raise InputError(f"The picture is a PIL image or None, not {type(image).__name__}; use PIL.Image.open.")
    scores, has_third = _scores(values), values.max_order > 2
    first, second, (third_image, third_text) = np.zeros(n), np.zeros((n, n)), _triples(scores, patches, n - patches)
    baseline = float(values.baseline_value)
    for players, value in scores.items():
        if len(players) == 0 and values.index in INTERCEPT_INDICES:
            baseline = float(value)
        elif len(players) == 1:
            first[players] = value
        elif len(players) == 2:
            second[players] = second[players[::-1]] = value
    return {
        "first": first,
        "second": second,
        "third_image": third_image if has_third else None,
        "third_text": third_text if has_third else None,
        "tokens": tuple(tokens),
        "grid": (int(grid[0]), int(grid[1])),
        "caption": " ".join(tokens[patches:]),
        "image": image,
        "baseline_value": baseline,
        "empty_value": 0.0,
        "full_value": baseline + float(first.sum() + second.sum() / 2 + third_image.sum() + third_text.sum()),
        "p": p,
        "max_order": min(values.max_order, 3),
        "index": values.index or "unknown index",
        "method": SHAPIQ,
        "model": "unknown model, from shapiq",
        "estimated": values.estimated,
        "units": "game value",
    }


def _scores(values: shapiq.InteractionValues) -> dict[Players, float]:
    """The value of each interaction.

    An unpickled object has the attributes of the shapiq that pickled it: up to 1.3 an array and a dict of positions,
    later a dict of values, which is what properties in the place of the two read.
    """
    state = vars(values)
    if "interactions" in state:
        return dict(state["interactions"])
    return {players: state["values"][position] for players, position in state["interaction_lookup"].items()}


def _triples(scores: dict[Players, float], n_v: int, n_t: int) -> tuple[FloatArray, FloatArray]:
    """The triples as (image pairs, n_t) and (n_v, text pairs); InputError for those that have no place there."""
    image_pair, text_pair = _pair_positions(n_v), _pair_positions(n_t)
    image, text = np.zeros((n_v * (n_v - 1) // 2, n_t)), np.zeros((n_v, n_t * (n_t - 1) // 2))
    for players, value in scores.items():
        if len(players) < 3 or value == 0.0:
            continue
        a, b, c, *more = sorted(players)
        if more or not a < n_v <= c:
            raise InputError(
                f"The interaction of players {players} cannot be shown: beyond pairs there are only triples of both "
                "modalities; use values.get_n_order(min_order=0, max_order=2)."
            )
        if b < n_v:
            image[image_pair[a, b], c - n_v] = value
        else:
            text[a, text_pair[b - n_v, c - n_v]] = value
    return image, text


def _pair_positions(n: int) -> npt.NDArray[np.int64]:
    """(n, n) the position of each pair a < b in the order of np.triu_indices(n, 1)."""
    positions = np.zeros((n, n), dtype=np.int64)
    positions[np.triu_indices(n, 1)] = np.arange(n * (n - 1) // 2)
    return positions
