"""From the wire format back to an explanation: the inverse of `serialize`, but for rounding to float32."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.json_format import parse_field
from fixlip_widget.io.schema import SYMMETRIC, array_shapes
from fixlip_widget.typing import FloatArray


def deserialize(state: Mapping[str, Any]) -> Explanation:
    """The explanation that the traits `meta`, `values` (in base64) and `picture` of a view show.

    Raises:
        InputError: for fields that no explanation has.
    """
    meta = state["meta"]
    fields = {
        name: parse_field(name, value) for name, value in meta["fields"].items() if name not in ("format", "version")
    }
    n, n_v = len(fields["tokens"]), int(np.prod(fields["grid"]))
    values = np.frombuffer(base64.b64decode(state["values"]), dtype="<f4").astype(np.float64)
    arrays = _arrays(values, meta["arrays"], n, n_v)
    pictures = _pictures(state.get("picture", ""), fields.get("crop_box"))
    everything: dict[str, Any] = {**fields, **arrays, **pictures}
    return Explanation(**everything)


def _arrays(values: FloatArray, names: Sequence[str], n: int, n_v: int) -> dict[str, FloatArray]:
    """The arrays one after another, symmetric ones by their upper triangle, in their shapes."""
    shapes, upper = array_shapes(n, n_v), np.triu_indices(n, k=1)
    arrays: dict[str, FloatArray] = {}
    for name in names:
        shape = shapes[name]
        count = len(upper[0]) if name in SYMMETRIC else int(np.prod(shape))
        block, values = values[:count], values[count:]
        if name in SYMMETRIC:
            arrays[name] = np.zeros(shape)
            arrays[name][upper] = block
            arrays[name] += arrays[name].T
        else:
            arrays[name] = block.reshape(shape)
    return arrays


def _pictures(url: str, crop_box: tuple[float, float, float, float] | None) -> dict[str, Image.Image | None]:
    """The picture of a data URL; its part within the box, and the whole, where there is one."""
    if not url:
        return {"image": None}
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as opened:
        picture = opened.convert("RGB")
    if crop_box is None:
        return {"image": picture}
    left, top, right, bottom = (round(share * side) for share, side in zip(crop_box, picture.size * 2, strict=True))
    return {"image": picture.crop((left, top, right, bottom)), "original": picture}
