"""The JSON format of explanations, for other programs and languages; `docs/json.md` documents it.

The page's menu writes the same format. It holds every field of an `Explanation` but the image, under the field's name:
arrays as nested lists, symmetric matrices in full, unknown numbers (NaN) as null.
"""

from __future__ import annotations

import json
import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write

FORMAT, VERSION = "fixlip-explanation", 1

ARRAYS = (
    "first",
    "second",
    "third_image",
    "third_text",
    "stderr_first",
    "stderr_second",
    "stderr_first_order",
    "stderr_second_order",
    "stderr_third_image",
    "stderr_third_text",
)
"""The fields that are arrays, in the order in which they cross to the browser."""
TUPLES = ("tokens", "grid", "p")


def metadata(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that are neither arrays nor the image, preceded by the format's name and version."""
    scalars = {name: _finite(value) for name, value in fields.items() if name not in (*ARRAYS, "image")}
    return {"format": FORMAT, "version": VERSION, **scalars}


def write_json(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write an explanation's fields but the image."""
    arrays = {name: None if fields[name] is None else _finite(fields[name].tolist()) for name in ARRAYS}
    text = json.dumps({**metadata(fields), **arrays}, ensure_ascii=False, indent=1, allow_nan=False)
    with atomic_write(path) as file:
        file.write(text.encode(errors="backslashreplace"))  # lone surrogates have no UTF-8


def read_json(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields of a JSON file, with `image` None; the state of the view, which the page adds, is dropped.

    Raises:
        InputError: where there is no such file, or it is not an explanation of this format.
    """
    try:
        content = json.loads(Path(path).read_bytes())
        # Version 0.1.0 wrote the same fields without a name and version of the format.
        written = content.pop("format", FORMAT), content.pop("version", VERSION)
        content.pop("view", None)
        arrays = {name: content.get(name) for name in ARRAYS}
        arrays = {name: None if value is None else np.array(value, dtype=np.float64) for name, value in arrays.items()}
        fields = {**as_tuples(content), **arrays, "image": None}
    except FileNotFoundError as error:
        raise InputError(f"There is no file {Path(path)}; check the path.") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{Path(path)} is not an explanation in JSON ({type(error).__name__}); make one with explanation.to_json()."
        ) from error
    if written != (FORMAT, VERSION):
        raise InputError(
            f"{Path(path)} has format {written[0]!r}, version {written[1]!r}, not {FORMAT!r}, version {VERSION}; "
            "upgrade fixlip_widget to read it."
        )
    return fields


def as_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with lists turned back into tuples where an explanation holds tuples."""
    return {**fields, **{name: tuple(fields[name]) for name in TUPLES if isinstance(fields[name], list)}}


def _finite(value: Any) -> Any:
    """A value, list or tuple with null in the place of numbers that JSON does not have."""
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
