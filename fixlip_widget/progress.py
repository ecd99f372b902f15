"""A progress bar for work that takes longer than a second, or the caller's own callback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

from fixlip_widget.typing import OnBatch, Progress


@contextmanager
def progress_bar(total: int, progress: Progress) -> Iterator[OnBatch]:
    """A callback that advances the progress by the number of masks just encoded.

    Args:
        total: masks to be encoded in all.
        progress: True for a tqdm bar that appears after one second, False for nothing, or a callback that receives
            the share of the work done, from 0 to 1.
    """
    if callable(progress):
        report = _ShareReporter(total, progress)
        yield report
        report(total)
        return
    if not progress:
        yield lambda n_masks: None
        return
    with tqdm(total=total, delay=1.0, unit="mask", leave=False) as bar:
        yield bar.update


class _ShareReporter:
    def __init__(self, total: int, callback: Callable[[float], None]) -> None:
        self._total, self._done, self._callback = total, 0, callback

    def __call__(self, n_masks: int) -> None:
        before, self._done = self._done, min(self._done + n_masks, self._total)
        if self._done > before or not self._total:
            self._callback(self._done / self._total if self._total else 1.0)
