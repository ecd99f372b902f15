"""Atomic writes: a file is replaced by a complete new one, or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO

from fixlip_widget.errors import InputError


@contextmanager
def atomic_write(path: str | PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` when the block ends without an exception, and is removed otherwise.

    Raises:
        InputError: where no file can be written there.
    """
    target = Path(path)
    check_writable(target)
    temporary = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with _create(temporary, target) as file:
            yield file
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(target: Path) -> None:
    """Raise InputError where a file cannot be written: its folder is missing or read-only, or it is a folder itself."""
    try:
        is_folder = target.is_dir()
    except OSError as error:
        raise _unwritable(target, error) from error
    if is_folder:
        raise InputError(f"{target} is a folder; add the name of a file to it.")
    if not target.parent.is_dir():
        raise InputError(f"There is no folder {target.parent}; make it first or choose another path.")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"The folder {target.parent} may not be written to; choose another path.")


def _create(temporary: Path, target: Path) -> IO[bytes]:
    try:
        return os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb")
    except OSError as error:
        raise _unwritable(target, error) from error


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(f"{target} cannot be written ({error.strerror}); choose another path.")
