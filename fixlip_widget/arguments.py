"""Arguments that are lists: a single string must not be taken for the list of its characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TypeVar

from fixlip_widget.errors import InputError

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
