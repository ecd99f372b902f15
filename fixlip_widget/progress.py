"""A bar on whatever takes longer than a second, or the caller's own callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from tqdm.auto import tqdm

Progress: TypeAlias = bool | Callable[[float], None]


@contextmanager
def ticking(total: int, progress: Progress) -> Iterator[Callable[[int], None]]:
    """A function to call with the units of work just done; a callback is told the share done, from 0 to 1."""
    if callable(progress):
        share = _Share(total, progress)
        yield share
        share(total)
        return
    if not progress:
        yield lambda units: None
        return
    with tqdm(total=total, delay=1.0, unit="mask", leave=False) as bar:
        yield bar.update


class _Share:
    def __init__(self, total: int, report: Callable[[float], None]) -> None:
        self._total, self._done, self._report = total, 0, report

    def __call__(self, units: int) -> None:
        before, self._done = self._done, min(self._done + units, self._total)
        if self._done > before or not self._total:
            self._report(self._done / self._total if self._total else 1.0)
