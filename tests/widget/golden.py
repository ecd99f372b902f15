"""Numbers that Python and the page must agree on. `python -m tests.widget.golden` writes them for both."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from fixlip_widget.explanation import Explanation
from fixlip_widget.widget import color_scale as scale
from fixlip_widget.widget.serialize import finite, serialize_meta, serialize_values
from tests.widget.samples import oblong

PATH = Path(__file__).with_name("golden.json")
SELECTIONS = ((3,), (18,), (0, 20), (17, 4, 16, 9))
NUMBERS = ((0.0, 2.0), (-0.004, 1.0), (1.567, 2.2), (-12.04, 12.04), (3.0, 2.0), (33.954, 100.0), (0.00123, 0.002))
PAIRS = ((3, 7), (16, 18), (4, 17))
HIDDEN = ((), (3,), (0, 20), tuple(range(21)), tuple(range(15)), (1, 4, 9, 16, 17))


def golden() -> dict[str, object]:
    explanation, third = oblong(errors=True), oblong(triples=True)
    return {
        **wire(explanation),
        "first": explanation.first_order().tolist(),
        "firstErrors": np.asarray(explanation.stderr_first_order).tolist(),
        "conditional": [
            {"selected": selected, "values": explanation.conditional(selected).tolist()} for selected in SELECTIONS
        ],
        "error": {"selected": 3, "values": _errors(3)},
        "scale": [
            {
                "value": value,
                "extent": extent,
                "strength": scale.strength(value, extent),
                "decimals": scale.decimals(extent),
                "signed": scale.signed(value, scale.decimals(extent)),
                "plain": scale.plain(value, scale.decimals(extent)),
            }
            for value, extent in NUMBERS
        ],
        "predictions": predictions(explanation),
        "subsets": {sign: subsets(explanation, way) for sign, way in (("highest", 1), ("lowest", -1))},
        "third": {
            **wire(third),
            "predictions": predictions(third),
            "subsets": subsets(third, 1),
            "joint": [{"selected": pair, "values": joint(third, pair)} for pair in PAIRS],
        },
    }


def wire(explanation: Explanation) -> dict[str, object]:
    return {"meta": serialize_meta(explanation), "values": base64.b64encode(serialize_values(explanation)).decode()}


def predictions(explanation: Explanation) -> list[dict[str, object]]:
    """What is predicted with some tokens hidden."""
    masks = np.ones((len(HIDDEN), explanation.n_players), dtype=bool)  # (m, n)
    for mask, hidden in zip(masks, HIDDEN, strict=True):
        mask[list(hidden)] = False
    return [
        {"hidden": hidden, "value": value}
        for hidden, value in zip(HIDDEN, explanation.predict(masks).tolist(), strict=True)
    ]


def subsets(explanation: Explanation, way: int) -> list[float]:
    """The best value of each size from 1 to n, over sets grown from every token, `predict` asked for each next one."""
    n = explanation.n_players
    best = [-np.inf] * n
    for start in range(n):
        kept = np.zeros(n, dtype=bool)  # (n,)
        kept[start] = True
        for size in range(n):
            best[size] = max(best[size], way * float(explanation.predict(kept)[0]))
            outside = np.flatnonzero(~kept)
            if outside.size:
                tried = kept | (np.arange(n) == outside[:, None])  # (n − size − 1, n)
                kept = tried[np.argmax(way * explanation.predict(tried))]
    return [way * value for value in best]


def joint(explanation: Explanation, pair: tuple[int, int]) -> list[float | None]:
    """The joint effect of two tokens, None where there is none."""
    return [finite(value) for value in explanation.conditional(pair, joint=True).tolist()]


def _errors(player: int) -> list[float]:
    errors = oblong(errors=True).stderr_second
    assert errors is not None
    return [float(error) for error in errors[player]]


def written() -> str:
    return json.dumps(golden(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
