"""The JSON format of explanations, for other programs and languages; `docs/json.md` documents it.

The page's menu writes the same format. It holds every field of an `Explanation` but the pictures, under the field's
name: arrays as nested lists, symmetric matrices in full, unknown numbers (NaN) as null. In JSON a mask is a string of 1
for kept and 0 for hidden tokens.
"""

from __future__ import annotations

import json
import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write, open_regular
from fixlip_widget.io.schema import ARRAYS, EXAMPLES, OPTIONAL, PICTURES, REQUIRED, TUPLES, TYPES
from fixlip_widget.story import Step

FORMAT, VERSION = "fixlip-explanation", 1
MAX_BYTES = 2**30
"""Bytes of the largest file that is read."""


def metadata(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that are neither coefficients nor pictures, preceded by the format's name and version."""
    scalars = {n: _finite(value) for n, value in fields.items() if n not in (*ARRAYS, *EXAMPLES, *PICTURES, "story")}
    masks, similarity = (fields[name] for name in EXAMPLES)
    examples = {
        "example_masks": None if masks is None else ["".join("01"[int(kept)] for kept in mask) for mask in masks],
        "example_similarity": None if similarity is None else _finite(similarity.tolist()),
    }
    story = [step.to_json() for step in fields["story"]]
    return {"format": FORMAT, "version": VERSION, **scalars, **examples, "story": story}


def write_json(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write an explanation's fields but the pictures."""
    arrays = {name: None if fields[name] is None else _finite(fields[name].tolist()) for name in ARRAYS}
    text = json.dumps({**metadata(fields), **arrays}, ensure_ascii=False, indent=1, allow_nan=False)
    with atomic_write(path) as file:
        file.write(text.encode(errors="backslashreplace"))  # lone surrogates have no UTF-8


def read_json(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields of a JSON file, without pictures; the state of the view, which the page adds, is dropped.

    Raises:
        InputError: where there is no such file, or it is not an explanation of this format.
    """
    path = Path(path)
    with open_regular(path) as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise InputError(f"{path} has more than {MAX_BYTES} bytes, as no explanation has; check the path.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _refusal(path, error) from error
    if not isinstance(content, dict):
        raise _refusal(path, f"it holds a {type(content).__name__}, not a dict")
    # Version 0.1.0 wrote the same fields without a name and version of the format.
    written = content.pop("format", FORMAT), content.pop("version", VERSION)
    if written != (FORMAT, VERSION):
        raise InputError(
            f"{path} has format {written[0]!r}, version {written[1]!r}, not {FORMAT!r}, version {VERSION}; "
            "upgrade fixlip_widget to read it."
        )
    content.pop("view", None)
    missing = [name for name in REQUIRED if name not in content]
    if missing:
        raise _refusal(path, f"it has no {missing[0]}")
    try:
        fields = {name: parse_field(name, value) for name, value in content.items()}
        _restore_empty_shapes(fields)
    except (ValueError, OverflowError, RecursionError) as error:
        raise _refusal(path, error) from error
    return {**fields, "image": None, "original": None}


def _refusal(path: Path, reason: object) -> InputError:
    return InputError(f"{path} is not an explanation in JSON: {reason}; make one with explanation.to_json().")


def parse_field(name: str, value: Any) -> Any:
    """A field's value from JSON; ValueError for another type. What is no field is for the explanation to refuse."""
    if name in ARRAYS:
        is_absent = value is None and name not in REQUIRED
        return None if is_absent else np.array(_numbers(name, value), dtype=np.float64)
    if name == "story":
        return parse_story(value)
    if name in EXAMPLES:
        return None if value is None else _parse_examples(name, value)
    if name not in TYPES:
        return value
    if name in TUPLES and isinstance(value, list):
        if TUPLES[name] not in (None, len(value)):
            raise ValueError(f"{name} has {len(value)} items, not {TUPLES[name]}")
        return tuple(_typed(name, item) for item in value)
    if name in TUPLES and name != "p" and value is not None:
        raise ValueError(f"{name} has type {type(value).__name__}, not list")
    if value is None and name in OPTIONAL:
        return None
    if value is None and TYPES[name] is float and name != "p":
        return math.nan
    return _typed(name, value)


def parse_story(value: Any) -> tuple[Step, ...]:
    """The steps of a story; ValueError for anything else."""
    if not isinstance(value, list):
        raise ValueError(f"story has type {type(value).__name__}, not list")
    return tuple(map(Step.from_json, value))


def _parse_examples(name: str, value: Any) -> Any:
    """Masks (m, n) of strings, or similarities (m,); ValueError for anything else."""
    if name == "example_similarity":
        return np.array(_numbers(name, value), dtype=np.float64)
    if not isinstance(value, list) or not all(isinstance(mask, str) and not mask.strip("01") for mask in value):
        raise ValueError(f"{name} holds something other than strings of 0 and 1")
    if len({len(mask) for mask in value}) > 1:
        raise ValueError(f"{name} holds masks of different lengths")
    return np.array([[kept == "1" for kept in mask] for mask in value], dtype=bool)


def _typed(name: str, value: Any) -> Any:
    """A value of the field's type; ValueError for another. JSON of other programs writes 1.0 as 1."""
    if TYPES[name] is float and type(value) is int:
        return float(value)
    if type(value) is not TYPES[name]:
        raise ValueError(f"{name} has type {type(value).__name__}, not {TYPES[name].__name__}")
    return value


def _numbers(name: str, value: Any) -> Any:
    """Nested lists of numbers with NaN for null; ValueError for anything else in them."""
    if isinstance(value, list):
        return [_numbers(name, item) for item in value]
    if value is None:
        return math.nan
    if type(value) not in (int, float):
        raise ValueError(f"{name} holds a {type(value).__name__}, not numbers alone")
    return value


def _restore_empty_shapes(fields: dict[str, Any]) -> None:
    """An array without rows, as there are no pairs of one patch, is written as [], without its number of columns."""
    for name in ("third_image", "stderr_third_image"):
        array = fields.get(name)
        if array is not None and array.shape == (0,):
            fields[name] = array.reshape(0, len(fields["tokens"]) - math.prod(fields["grid"]))


def _finite(value: Any) -> Any:
    """A value, list or tuple with null in the place of numbers that JSON does not have."""
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
