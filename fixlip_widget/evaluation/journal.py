"""Results line by line, so that a run can be killed at any moment and go on where it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write

Unit = tuple[str, str, str]  # pair, method, metric
Record = dict[str, Any]


class Journal:
    """Records of a folder; those added together are a line of `journal.jsonl`, which is on disk when `add` returns.

    A line that was cut short is dropped as a whole. `settings` are kept in `settings.json`; InputError where the
    folder has results of others, or cannot be written.
    """

    def __init__(self, folder: Path, settings: Record) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder} cannot be made ({error.strerror}); choose another folder.") from error
        self._path = folder / "journal.jsonl"
        self.records = self._recover()
        _agree(folder / "settings.json", settings, begun=bool(self.records))
        self._units = {_unit(record) for record in self.records}

    def __contains__(self, unit: Unit) -> bool:
        return unit in self._units

    def add(self, records: list[Record]) -> None:
        """Keep these, all or none, for good."""
        line = json.dumps(records, ensure_ascii=False).encode() + b"\n"
        with self._path.open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self.records += records
        self._units.update(map(_unit, records))

    def _recover(self) -> list[Record]:
        if not self._path.exists():
            return []
        content = self._path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self._path, len(whole))
        return [record for line in whole.splitlines() for record in json.loads(line)]


def _agree(path: Path, settings: Record, *, begun: bool) -> None:
    """Write the settings, or make sure that they are the same once there are results."""
    text = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    if not begun or not path.exists():
        with atomic_write(path) as file:
            file.write(text.encode())
    elif (known := json.loads(path.read_text(encoding="utf-8"))) != json.loads(text):
        changed = ", ".join(f"{name}={known.get(name)!r}" for name in settings if known.get(name) != settings[name])
        raise InputError(f"{path.parent} has results of {changed}; choose another folder for these.")


def _unit(record: Record) -> Unit:
    return record["pair"], record["method"], record["measured"]
