"""What is fuzzed: kinds of cases, each with a promise that every case must keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from hypothesis import strategies as st

from fixlip_widget.errors import MAX_MESSAGE, InputError

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """Cases of one kind.

    Attributes:
        name: in a few words.
        promise: what holds for every case, in a sentence.
        cases: draws them.
        check: raises anything for a case that breaks the promise.
        group: whether the cases are inputs of a caller or damaged files.
    """

    name: str
    promise: str
    cases: st.SearchStrategy[Any]
    check: Callable[[Any], None]
    group: Literal["inputs", "files"]


def answer(call: Callable[[], T]) -> T | None:
    """What a call returns, or None where it refuses in one sentence; any other exception breaks the promise."""
    try:
        return call()
    except InputError as refusal:
        assert_sentence(str(refusal))
        return None


def refused(call: Callable[[], object]) -> None:
    """A call that must refuse, in one sentence."""
    try:
        result = call()
    except InputError as refusal:
        assert_sentence(str(refusal))
    else:
        raise AssertionError(f"it gave {result!r}")


def assert_sentence(message: str) -> None:
    """One line that is not too long, begins with a letter, a digit or a sign of a name, and ends in a full stop."""
    assert message.isprintable(), message
    assert message == message.strip(), message
    assert message.endswith("."), message
    assert 10 < len(message) <= MAX_MESSAGE + 3, message
