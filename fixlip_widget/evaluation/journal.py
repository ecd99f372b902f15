"""`Journal`: results appended line by line, so that a stopped run can be resumed."""

from __future__ import annotations

import json
import os
import re
import sys
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import Report
from fixlip_widget.evaluation.folder import make_folder
from fixlip_widget.io.files import atomic_write

Record = dict[str, Any]
"""The numbers of one metric for one method on one pair."""
RecordKey = tuple[str, str, str]
"""Pair, method and metric of a record."""

LINE = re.compile(rb'\{"checksum": "([0-9a-f]{16})", "records": (.*)\}', re.DOTALL)
"""Version 0.1 wrote the records alone."""


class Journal:
    """The records of a folder, in `journal.jsonl`.

    Records that are added together are one line, which has a checksum and is on disk when `add` returns. An incomplete
    last line, left by a process that was killed while writing, is removed. A damaged line is reported and left out, so
    that its pairs are measured again; of records that are there twice the first counts.

    Args:
        folder: created where it is missing.
        settings: what all records have in common; kept in `settings.json`.
        report: receives a message for each damaged line; by default prints it.

    Attributes:
        records: all records so far.

    Raises:
        InputError: where the folder has records of other settings, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Record, report: Report | None = None) -> None:
        make_folder(folder)
        self._path = folder / "journal.jsonl"
        records = self._read(report or partial(print, file=sys.stderr))
        _check_settings(folder / "settings.json", settings, has_records=bool(records))
        self._keys: set[RecordKey] = set()
        self.records: list[Record] = []
        self._keep(records)

    def __contains__(self, key: RecordKey) -> bool:
        return key in self._keys

    def add(self, records: list[Record]) -> None:
        """Append records durably, all or none of them; InputError where the disk is full."""
        text = json.dumps(records, ensure_ascii=False).encode()
        line = b'{"checksum": "%s", "records": %s}\n' % (_checksum(text), text)
        length = self._path.stat().st_size if self._path.exists() else 0
        try:
            with self._path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except BaseException as error:  # an interrupt too: it is raised again, and no part of the line stays
            os.truncate(self._path, length)
            if isinstance(error, OSError):
                message = f"{self._path} cannot be written ({error.strerror}); make room and run again, which resumes."
                raise InputError(message) from error
            raise
        self._keep(records)

    def _keep(self, records: list[Record]) -> None:
        """Keep records that are not known."""
        for record in records:
            if _key(record) not in self._keys:
                self._keys.add(_key(record))
                self.records.append(record)

    def _read(self, report: Report) -> list[Record]:
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        complete = content[: content.rfind(b"\n") + 1]
        if len(complete) < len(content):
            os.truncate(self._path, len(complete))
        records: list[Record] = []
        for number, line in enumerate(complete.split(b"\n")[:-1], 1):
            try:
                records += _parse(line)
            except (ValueError, RecursionError) as error:
                report(f"Line {number} of {self._path} is damaged ({error}); what it held is measured again.")
        return records


def _checksum(text: bytes) -> bytes:
    return blake2b(text, digest_size=8).hexdigest().encode()


def _parse(line: bytes) -> list[Record]:
    """The records of a line; ValueError for a damaged one."""
    match = LINE.fullmatch(line)
    if match is None and not line.startswith(b"["):
        raise ValueError("it has no checksum")
    if match is not None and _checksum(match[2]) != match[1]:
        raise ValueError("its checksum is another")
    records = json.loads(line if match is None else match[2])
    if not isinstance(records, list) or not all(map(_is_record, records)):
        raise ValueError("it holds no records")
    return records


def _is_record(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(name), str) for name in ("pair", "method", "measured"))
        and isinstance(value.get("numbers"), list)
    )


def _check_settings(path: Path, settings: Record, *, has_records: bool) -> None:
    """Write the settings, or raise InputError where there are records of other settings."""
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    if not has_records or not path.exists():
        with atomic_write(path) as file:
            file.write(text.encode())
        return
    try:
        stored = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(stored, dict) or not set(stored) <= set(settings):
        raise _damaged(path)
    changed = ", ".join(f"{name}={stored.get(name)!r}" for name in settings if stored.get(name) != settings[name])
    if changed:
        raise InputError(f"{path.parent} has results of {changed}; choose another folder for these settings.")


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged or of another version; restore it, or choose another folder.")


def _key(record: Record) -> RecordKey:
    return record["pair"], record["method"], record["measured"]
