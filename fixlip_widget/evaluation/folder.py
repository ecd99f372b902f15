"""The folder of an evaluation, which one process at a time writes to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fixlip_widget.errors import InputError


def make_folder(folder: Path) -> None:
    """Create the folder where it is missing; InputError where that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be created ({error.strerror}); choose another folder.") from error


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder, which is created where it is missing; a process that ends in any way leaves it free.

    Two that write the same journal would measure every pair twice, and count it twice.

    Raises:
        InputError: where another process holds it, or it cannot be created or locked.
    """
    make_folder(folder)
    try:
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o666)
    except OSError as error:
        raise InputError(f"{folder} cannot be locked ({error.strerror}); choose another folder.") from error
    try:
        _lock(lock, folder)
        yield
    finally:
        os.close(lock)


def _lock(file: int, folder: Path) -> None:
    """Lock an open file until it is closed; InputError where it is locked."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:  # the latter on Windows
        raise InputError(f"Another evaluation writes to {folder}; wait until it ends, or choose another.") from error
    except OSError as error:
        raise InputError(f"{folder} cannot be locked ({error.strerror}); choose a folder on a local disk.") from error
