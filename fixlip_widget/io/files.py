"""Files: one is replaced by a complete new one, or not at all, and only regular ones are read."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO

from fixlip_widget.arguments import as_path
from fixlip_widget.errors import InputError


@contextmanager
def atomic_write(path: str | PathLike[str]) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` when the block ends without an exception, and is removed otherwise.

    What a link points to is replaced, not the link; an existing file keeps its permissions.

    Raises:
        InputError: where no file can be written there, as the device is full or for another reason of the system.
    """
    target = check_writable(as_path(path, "path"))
    temporary = target.with_name(f".{secrets.token_hex(8)}.partial")
    try:
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666), "wb") as file:
            yield file
            file.flush()
            if target.exists():
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> Path:
    """The file that is written to under this path, at the end of all links.

    Raises:
        InputError: where none can be written: its folder is missing or read-only, or it is a folder, a device, or a
            file that may not be written to.
    """
    try:
        target = Path(os.path.realpath(path))
        mode = target.stat().st_mode if target.exists() else None
    except (OSError, RuntimeError, ValueError) as error:  # of names that are too long, and zero bytes
        raise InputError(f"{path} cannot be written ({_reason(error)}); choose another path.") from error
    if target.is_symlink():
        raise InputError(f"{path} is a link that leads to itself; choose another path.")
    if mode is not None and stat.S_ISDIR(mode):
        raise InputError(f"{path} is a folder; add the name of a file to it.")
    if mode is not None and not stat.S_ISREG(mode):
        raise InputError(f"{path} is no regular file; choose another path.")
    folder = target.parent if path.is_symlink() else path.parent
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; make it first or choose another path.")
    if not os.access(folder, os.W_OK):
        raise InputError(f"The folder {folder} may not be written to; choose another path.")
    if mode is not None and not os.access(target, os.W_OK):
        raise InputError(f"{path} is write-protected; choose another path.")
    return target


def open_regular(path: str | PathLike[str]) -> IO[bytes]:
    """A file to read; InputError where there is none, and for what may have no end: devices and pipes."""
    path = as_path(path, "path")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError(f"{path} is no regular file; give the path of one.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}; check the path.") from error
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({_reason(error)}); check the path.") from error


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _unwritable(target: Path, error: OSError) -> InputError:
    return InputError(f"{target} cannot be written ({_reason(error)}); choose another path.")
