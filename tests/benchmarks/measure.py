"""Seconds and memory of a piece of work, and lines that compare them."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Line:
    """One measured figure, beside its target where it has one, `at_least` or `at_most`."""

    what: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        target = ""
        if self.at_least is not None:
            target = f"target ≥ {self.at_least:g}"
        elif self.at_most is not None:
            target = f"target ≤ {self.at_most:g}"
        low = self.at_least is not None and self.value < self.at_least
        high = self.at_most is not None and self.value > self.at_most
        verdict = "MISSED" if low or high else "ok" if target else ""
        detail = f"  ({self.detail})" if self.detail else ""
        return f"{verdict:6}  {self.what:58} {self.value:10.3g} {self.unit:6} {target}{detail}"


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The best of several times."""
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def apart(prepare: Callable[..., Callable[[], Any]], *arguments: object) -> tuple[float, float, Any]:
    """Seconds (the best of several times), peak memory in bytes above what was there before, and result of what
    `prepare` returns.

    In a process of its own: a process never gives its peak back.
    """
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_report, args=(sender, prepare, arguments))
    process.start()
    sender.close()
    try:
        taken, peak, result = receiver.recv()
    finally:
        process.join()
    return float(taken), float(peak), result


def _report(sender: Any, prepare: Callable[..., Callable[[], Any]], arguments: tuple[object, ...]) -> None:
    work = prepare(*arguments)
    Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins again from here
    before = _peak()
    result = work()
    peak = _peak() - before
    sender.send((seconds(work), peak, result))


def _peak() -> int:
    """Largest memory this process has held since its peak was last reset, in bytes."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
