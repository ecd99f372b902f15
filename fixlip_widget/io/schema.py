"""The fields of an explanation by kind, and the check of every type, shape and range.

Whatever an explanation is made of, estimates, arguments or the content of a file, passes here.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

import numpy as np

from fixlip_widget.arguments import as_masks
from fixlip_widget.errors import InputError
from fixlip_widget.story import Step
from fixlip_widget.typing import CropBox, FloatArray

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
EXAMPLES = ("example_masks", "example_similarity")
"""The fields of the masked inputs to look at."""
PICTURES = ("image", "original")
SYMMETRIC = ("second", "stderr_second", "stderr_second_order")
TUPLES = {"tokens": None, "grid": 2, "p": 2, "crop_box": 4}
"""The fields that are tuples, and their lengths where these are given."""
TYPES: dict[str, type] = {
    "tokens": str,
    "grid": int,
    "caption": str,
    "baseline_value": float,
    "empty_value": float,
    "full_value": float,
    "p": float,
    "max_order": int,
    "index": str,
    "method": str,
    "model": str,
    "estimated": bool,
    "n_image_masks": int,
    "n_text_masks": int,
    "random_state": int,
    "units": str,
    "seconds": float,
    "forwards": int,
    "r2": float,
    "model_card": str,
    "masking": str,
    "credit": str,
    "shrinkage": float,
    "crop_box": float,
    "second_caption": int,
}
"""The types of the other fields but the pictures; those of the items of a tuple."""
OPTIONAL = (
    "n_image_masks",
    "n_text_masks",
    "random_state",
    "seconds",
    "forwards",
    "r2",
    "model_card",
    "masking",
    "credit",
    "crop_box",
    "second_caption",
)
"""Those of them that may be None."""
REQUIRED = ("first", "second", *(name for name in TYPES if name not in (*OPTIONAL, "units", "shrinkage")))
"""The fields without a default."""
RANGES: dict[str, tuple[float, float]] = {
    "grid": (1, math.inf),
    "p": (0, 1),
    "max_order": (1, 3),
    "n_image_masks": (0, math.inf),
    "n_text_masks": (0, math.inf),
    "seconds": (0, math.inf),
    "forwards": (0, math.inf),
    "shrinkage": (0, 1),
}
"""The least and the largest value of those that have a range; others are finite."""
MAYBE_UNKNOWN = ("baseline_value", "empty_value", "full_value", "seconds", "r2")
"""The numbers that may be NaN, beside those in arrays."""
ROUNDING = 1e-5
"""How far a matrix may be from symmetric, relative to its largest value, as float32 on some devices leaves it."""
LARGEST = float(np.finfo(np.float32).max)
"""Largest magnitude of a number: views show float32."""


def array_shapes(n: int, n_v: int) -> dict[str, tuple[int, ...]]:
    """The shape of each array of `ARRAYS` for n tokens, of which n_v are patches."""
    single, pair, n_t = (n,), (n, n), n - n_v
    shapes: dict[str, tuple[int, ...]] = {"first": single, "stderr_first": single, "stderr_first_order": single}
    shapes |= {"second": pair, "stderr_second": pair, "stderr_second_order": pair}
    for name in ("third", "stderr_third"):
        shapes |= {f"{name}_image": (n_v * (n_v - 1) // 2, n_t), f"{name}_text": (n_v, n_t * (n_t - 1) // 2)}
    return shapes


def checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with NumPy's scalars as Python's, lists as tuples, and arrays as read-only copies.

    Raises:
        InputError: naming the first field that is of another type or shape, or out of range.
    """
    values = fields | {name: _checked_scalar(name, fields[name]) for name in TYPES if name != "crop_box"}
    values["crop_box"] = _checked_box(fields["crop_box"])
    n, (rows, columns) = len(values["tokens"]), values["grid"]
    if rows * columns > n:
        raise InputError(f"A grid of {rows}×{columns} patches needs more than {n} tokens.")
    for name, shape in array_shapes(n, rows * columns).items():
        if fields[name] is not None or name in REQUIRED:
            values[name] = _checked_array(name, fields[name], shape, n)
    values |= _checked_examples(fields["example_masks"], fields["example_similarity"], n)
    second = values["second_caption"]
    if second is not None and not rows * columns < second < n:
        raise _refusal("second_caption", second, f"a word after the first, from {rows * columns + 1} to {n - 1}")
    for name in PICTURES:
        if fields[name] is not None and (not hasattr(fields[name], "convert") or 0 in fields[name].size):
            raise _refusal(name, fields[name], "a PIL image with pixels, or None")
    story = fields["story"]
    if not isinstance(story, list | tuple) or not all(isinstance(step, Step) for step in story):
        raise _refusal("story", story, "a tuple of fixlip_widget.Step")
    return values | {"story": tuple(story)}


def _refusal(name: str, value: object, wanted: str) -> InputError:
    return InputError(f"{name} of an explanation is {wanted}, not {value!r}.")


def _checked_scalar(name: str, value: Any) -> Any:
    """A field that is a value of its type in `TYPES`, or a tuple of such values."""
    if value is None and name in OPTIONAL:
        return None
    length = TUPLES.get(name)
    value = value.tolist() if isinstance(value, np.ndarray) else value
    if name in TUPLES and (name != "p" or isinstance(value, list | tuple)):
        if not isinstance(value, list | tuple) or (length is not None and len(value) != length):
            raise _refusal(name, value, f"a tuple of {length or ''} {TYPES[name].__name__}".replace("  ", " "))
        return tuple(_checked_item(name, item) for item in value)
    return _checked_item(name, value)


def _checked_item(name: str, value: Any) -> Any:
    kind = TYPES[name]
    accepted: tuple[Any, ...] = {str: (str,), bool: (bool, np.bool_), int: (Integral,), float: (Real,)}[kind]
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise _refusal(name, value, f"of type {kind.__name__}")
    if kind in (str, bool):
        return kind(value)
    low, high = RANGES.get(name, (-math.inf, math.inf))
    if value != value and name in MAYBE_UNKNOWN:
        return math.nan
    if not low <= value <= high or (kind is float and not abs(value) <= LARGEST):
        span = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise _refusal(name, value, span if name in RANGES else f"a number of magnitude up to {LARGEST:g}")
    return kind(value)


def _checked_box(box: Any) -> CropBox | None:
    """The box as floats; InputError where it is no part of a picture."""
    if box is None:
        return None
    try:
        left, top, right, bottom = map(float, box)
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError
    except (TypeError, ValueError) as error:
        raise InputError(
            f"crop_box={box!r} is no part of a picture; give left, top, right and bottom from 0 to 1."
        ) from error
    return left, top, right, bottom


def _checked_array(name: str, value: Any, shape: tuple[int, ...], n: int) -> FloatArray:
    array = _numbers(name, value)
    if array.shape != shape:
        raise InputError(f"{name} has shape {array.shape}, but {n} tokens need {shape}.")
    if name in SYMMETRIC and not np.array_equal(array, array.T, equal_nan=True):
        if not np.allclose(array, array.T, rtol=0, atol=ROUNDING * np.nanmax(np.abs(array)), equal_nan=True):
            raise InputError(f"{name} is not symmetric; give each pair of tokens one value, in both places.")
        array = (array + array.T) / 2
        array.flags.writeable = False
    if name == "second" and np.nan_to_num(np.diagonal(array)).any():
        raise InputError("second has values on its diagonal, but no token interacts with itself; give zeros there.")
    if name.startswith("stderr") and (array < 0).any():
        raise InputError(f"{name} holds {float(array.min())}, which is no standard error; none is negative.")
    return array


def _checked_examples(masks: Any, similarity: Any, n: int) -> dict[str, Any]:
    """Both fields of the examples; InputError where they do not fit each other."""
    if (masks is None) != (similarity is None):
        raise InputError("Examples need both example_masks and example_similarity; give both or none.")
    if masks is None:
        return {}
    shape = np.shape(masks)
    values = _numbers("example_similarity", similarity)
    if len(shape) != 2 or shape[1] != n or values.shape != shape[:1]:
        raise InputError(
            f"example_masks of shape {shape} and example_similarity of shape {values.shape} do not fit "
            f"{n} tokens; give (m, {n}) and (m,)."
        )
    kept = as_masks(masks, n).copy()  # (m, n)
    kept.flags.writeable = False
    return {"example_masks": kept, "example_similarity": values}


def _numbers(name: str, value: Any) -> FloatArray:
    """A read-only copy of an array of finite numbers; NaN where one is unknown."""
    try:
        given = np.asarray(np.nan if value is None else value)
    except ValueError as error:  # of ragged lists
        raise InputError(f"{name} is no array of numbers ({error}).") from error
    if given.dtype.kind not in "biuf":
        raise InputError(f"{name} holds {given.dtype}, not real numbers; convert it.")
    array = given.astype(np.float64)
    if not (np.abs(array[~np.isnan(array)]) <= LARGEST).all():
        raise InputError(f"{name} holds numbers beyond ±{LARGEST:g}, which cannot be shown; look for an overflow.")
    array.flags.writeable = False
    return array
