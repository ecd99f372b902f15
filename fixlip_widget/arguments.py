"""Arguments that are lists or masks: neither a string nor a number of another kind must be taken for one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from fixlip_widget.errors import InputError
from fixlip_widget.typing import BoolArray

T = TypeVar("T")


def check_several(values: object, name: str) -> None:
    """Raise InputError where the argument `name` is a single value, or a mapping."""
    is_single = isinstance(values, str | bytes | bytearray | memoryview | PathLike | Mapping) or hasattr(values, "read")
    if is_single or not isinstance(values, Iterable):
        raise InputError(f"{name} is a list, not {type(values).__name__}; put it in brackets, as in {name}=[…].")


def as_list(values: Iterable[T], name: str) -> list[T]:
    """The elements of an iterable; InputError as `check_several`."""
    check_several(values, name)
    return list(values)


def as_path(path: Any, name: str) -> Path:
    """A path of a string or of any object that is one; InputError for anything else given as the argument `name`."""
    try:
        return Path(path)
    except TypeError as error:
        raise InputError(f"{name} is a path such as 'dog.html', not {path!r}.") from error


def as_masks(masks: npt.ArrayLike, n_players: int) -> BoolArray:
    """One mask (n,) or several (m, n) of truth values, or of the numbers 0 and 1, as booleans (m, n).

    Raises:
        InputError: for other values, which would all count as kept, and for another number of players.
    """
    try:
        values = np.atleast_2d(np.asarray(masks))  # (m, n)
    except (TypeError, ValueError, RuntimeError) as error:  # of ragged lists, and of tensors that NumPy cannot read
        raise InputError(f"The masks are no array ({error}); give booleans of shape (m, {n_players}).") from error
    if values.ndim != 2:
        raise InputError(f"Masks of shape {values.shape} are neither one nor a list; give (m, {n_players}).")
    if values.shape[1] != n_players:
        raise InputError(f"Masks of {values.shape[1]} tokens do not fit {n_players} players.")
    if values.dtype == bool:
        return values
    is_number = np.issubdtype(values.dtype, np.number)
    wrong = values[(values != 0) & (values != 1)] if is_number else values.ravel()
    if wrong.size:
        raise InputError(
            f"A mask holds {wrong[:1].tolist()[0]!r}, which says neither kept nor hidden; give True and False."
        )
    return values.astype(bool)


def as_whole(value: Any, name: str, least: int, most: int) -> int:
    """A whole number within these limits; InputError for anything else that is given as the argument `name`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= most:
        raise InputError(f"{name}={value!r} is no whole number from {least} to {most}; give one, such as {least}.")
    return int(value)
