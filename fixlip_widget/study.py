"""One explanation in the making: asking in rounds, as long as the caller has patience, and what can be said by then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fixlip_widget.errors import CancelledError
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.request import Request

Tick = Callable[[int], object]
Stop = Callable[[], bool]


class Study(Protocol):
    """Masks and answers of one request.

    `least` and `most` are the numbers of image masks (of joint masks, where both modalities are masked together) that
    determine an explanation, and that are asked about at most.
    """

    least: int
    most: int

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks so far, and how many text masks each was paired with."""

    @property
    def exact(self) -> bool:
        """Whether every mask was taken, and nothing is left to chance."""

    @property
    def remaining(self) -> int:
        """Masks still to be asked about, of all kinds."""

    def enough(self) -> bool:
        """Whether there can be an explanation."""

    def extend(self, count: int, tick: Tick, cancelled: Stop, stop: Stop) -> None:
        """Ask until there are `count` masks: what comes first stops only when cancelled, the rest also on `stop`."""

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The fit of what there is; InputError where the masks are too few or too alike."""


@dataclass(frozen=True)
class Patience:
    """When the caller of an explanation wants to hear no more."""

    request: Request
    started: float

    def advance(self, study: Study, count: int, tick: Tick) -> bool:
        """Ask; whether it was done to the end, and not cut short by time, by the caller or by an interrupt.

        Raises CancelledError, or the interrupt, where there is not enough for an explanation yet.
        """

        def stop() -> bool:
            return self.request.cancelled() or (self._late() and study.enough())

        try:
            study.extend(count, tick, self.request.cancelled, stop)
        except KeyboardInterrupt:
            if not study.enough():
                raise
            return False
        if not study.enough():
            raise CancelledError("Cancelled before there was anything to explain.")
        return study.counts[0] >= count and not stop()

    def _late(self) -> bool:
        seconds = self.request.seconds
        return seconds is not None and time.perf_counter() - self.started > seconds


def doubling(first: int, last: int) -> list[int]:
    """first, 2·first, 4·first …, last."""
    steps = max(0, math.ceil(math.log2(last / first)))
    return [*(first << step for step in range(steps)), last]
