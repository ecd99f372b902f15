"""`Journal`: results appended line by line, so that a stopped run can be resumed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write

Record = dict[str, Any]
"""The numbers of one metric for one method on one pair."""
RecordKey = tuple[str, str, str]
"""Pair, method and metric of a record."""


class Journal:
    """The records of a folder, in `journal.jsonl`.

    Records that are added together are one line, which is on disk when `add` returns. An incomplete last line, left by
    a process that was killed while writing, is removed.

    Args:
        folder: created where it is missing.
        settings: what all records have in common; kept in `settings.json`.

    Attributes:
        records: all records so far.

    Raises:
        InputError: where the folder has records of other settings, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Record) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder} cannot be created ({error.strerror}); choose another folder.") from error
        self._path = folder / "journal.jsonl"
        self.records = self._read()
        _check_settings(folder / "settings.json", settings, has_records=bool(self.records))
        self._keys = {_key(record) for record in self.records}

    def __contains__(self, key: RecordKey) -> bool:
        return key in self._keys

    def add(self, records: list[Record]) -> None:
        """Append records durably, all or none of them."""
        line = json.dumps(records, ensure_ascii=False).encode() + b"\n"
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.records += records
        self._keys.update(map(_key, records))

    def _read(self) -> list[Record]:
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        complete = content[: content.rfind(b"\n") + 1]
        if len(complete) < len(content):
            os.truncate(self._path, len(complete))
        return [record for line in complete.splitlines() for record in json.loads(line)]


def _check_settings(path: Path, settings: Record, *, has_records: bool) -> None:
    """Write the settings, or raise InputError where there are records of other settings."""
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    if not has_records or not path.exists():
        with atomic_write(path) as file:
            file.write(text.encode())
    elif (stored := json.loads(path.read_text(encoding="utf-8"))) != json.loads(text):
        changed = ", ".join(f"{name}={stored.get(name)!r}" for name in settings if stored.get(name) != settings[name])
        raise InputError(f"{path.parent} has results of {changed}; choose another folder for these settings.")


def _key(record: Record) -> RecordKey:
    return record["pair"], record["method"], record["measured"]
