"""Numbers that Python and the page must agree on. `python -m tests.widget.golden` writes them for both."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import FloatArray
from fixlip_widget.widget import color_scale as scale
from fixlip_widget.widget.serialize import serialize_meta, serialize_values
from tests.widget.samples import eighths, oblong, with_examples

PATH = Path(__file__).with_name("golden.json")
SELECTIONS = ((3,), (18,), (0, 20), (17, 4, 16, 9))
NUMBERS = ((0.0, 2.0), (-0.004, 1.0), (1.567, 2.2), (-12.04, 12.04), (3.0, 2.0), (33.954, 100.0), (0.00123, 0.002))
PAIRS = ((3, 7), (16, 18), (4, 17))
HIDDEN = ((), (3,), (0, 20), tuple(range(21)), tuple(range(15)), (1, 4, 9, 16, 17))


def samples() -> dict[str, Explanation]:
    """Second and third order, p of each modality and of both, shrunk pairs of patches, none, some and all errors."""
    return {
        "second": with_examples(oblong(errors=True)),
        "third": oblong(triples=True),
        "shrunk": oblong().replace(shrinkage=0.25, p=0.5),
        "errors": with_all_errors(oblong(triples=True).replace(p=0.5, shrinkage=1.0)),
    }


def with_all_errors(explanation: Explanation) -> Explanation:
    """With standard errors of every array, one of each unknown."""
    rng = np.random.default_rng(11)
    n, n_v, n_t = explanation.n_players, explanation.n_players_image, explanation.n_players_text
    vectors = {name: np.abs(eighths(rng, n)) / 8 for name in ("stderr_first", "stderr_first_order")}
    matrices = {name: np.triu(np.abs(eighths(rng, (n, n))), 1) / 8 for name in ("stderr_second", "stderr_second_order")}
    third = {
        "stderr_third_image": np.abs(eighths(rng, (n_v * (n_v - 1) // 2, n_t))) / 8,
        "stderr_third_text": np.abs(eighths(rng, (n_v, n_t * (n_t - 1) // 2))) / 8,
    }
    for array in (*vectors.values(), *matrices.values(), *third.values()):
        array.ravel()[4] = np.nan
    return explanation.replace(**vectors, **{name: upper + upper.T for name, upper in matrices.items()}, **third)


def golden() -> dict[str, dict[str, object]]:
    return {
        **{name: results(explanation) for name, explanation in samples().items()},
        "colors": {
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
            ]
        },
    }


def results(explanation: Explanation) -> dict[str, object]:
    """An explanation in the wire format, and what Python derives from it."""
    upper = np.triu_indices(explanation.n_players, k=1)
    errors = explanation.second_order_errors()
    return {
        "meta": serialize_meta(explanation),
        "values": base64.b64encode(serialize_values(explanation)).decode(),
        "json": exported(explanation),
        "firstOrder": listed(explanation.first_order()),
        "firstOrderErrors": listed(explanation.stderr_first_order),
        "secondOrder": listed(explanation.second_order()[upper]),
        "secondOrderErrors": listed(None if errors is None else errors[upper]),
        "conditional": [
            {"selected": selected, "values": listed(explanation.conditional(selected))} for selected in SELECTIONS
        ],
        "joint": [
            {"selected": pair, "values": listed(explanation.conditional(pair, joint=True))}
            for pair in (PAIRS if explanation.third is not None else ())
        ],
        "predictions": predictions(explanation),
        "examples": examples(explanation),
        "subsets": {sign: subsets(explanation, way) for sign, way in (("highest", 1), ("lowest", -1))},
    }


def examples(explanation: Explanation) -> list[float]:
    """What is predicted for the masked inputs to look at."""
    if explanation.example_masks is None:
        return []
    predicted: list[float] = (explanation.empty_value + explanation.predict(explanation.example_masks)).tolist()
    return predicted


def exported(explanation: Explanation) -> object:
    """What `to_json` writes."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "explanation.json"
        explanation.to_json(path)
        return json.loads(path.read_bytes())


def listed(values: FloatArray | None) -> list[float | None] | None:
    """The values as a list, with None for NaN."""
    return None if values is None else [None if np.isnan(value) else value for value in values.tolist()]


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


def written() -> str:
    """JSON with a line for each result, so that a diff shows which of them changed."""
    groups = [
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in group.items())
        + "\n}"
        for name, group in golden().items()
    ]
    return "{\n" + ",\n".join(groups) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(written(), encoding="utf-8")
