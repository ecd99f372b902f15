"""When to stop sampling masks: a time limit, a target precision, the caller's `cancel`, or an interrupt."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from fixlip_widget.errors import CancelledError
from fixlip_widget.estimation.estimators import Estimator
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import ExplainOptions
from fixlip_widget.typing import OnBatch


@dataclass(frozen=True)
class StoppingRule:
    """Decides when an estimator has encoded enough masks.

    Attributes:
        options: hold `seconds`, `target_stderr` and `cancel`.
        started: `time.perf_counter()` at the start of the explanation.
    """

    options: ExplainOptions
    started: float

    def advance(self, estimator: Estimator, count: int, on_batch: OnBatch) -> bool:
        """Encode masks up to `count`; whether that was reached before anything stopped it.

        Raises:
            CancelledError: where `cancel` stopped it before an explanation was determined.
            KeyboardInterrupt: likewise for an interrupt.
        """

        def stop() -> bool:
            return self._is_cancelled() or (self.is_late() and estimator.is_determined())

        try:
            estimator.extend(count, on_batch, self._is_cancelled, stop)
        except KeyboardInterrupt:
            if not estimator.is_determined():
                raise
            return False
        if not estimator.is_determined():
            raise CancelledError("Cancelled before there was anything to explain.")
        return estimator.counts[0] >= count and not stop()

    def is_precise(self, errors: StandardErrors) -> bool:
        """Whether the mean standard error of interactions (at order 1 of attributions) is down to `target_stderr`."""
        target = self.options.target_stderr
        if target is None:
            return False
        if self.options.order == 1:
            return float(errors.first.mean()) <= target
        n = len(errors.first)
        return float(errors.second.sum()) / (n * (n - 1)) <= target

    def _is_cancelled(self) -> bool:
        return self.options.cancel is not None and self.options.cancel()

    def is_late(self) -> bool:
        """Whether the time limit has passed."""
        seconds = self.options.seconds
        return seconds is not None and time.perf_counter() - self.started > seconds


def doubling(first: int, last: int) -> list[int]:
    """Numbers of masks after which to solve: first, 2·first, 4·first, …, last."""
    steps = max(0, math.ceil(math.log2(last / first)))
    return [*(first << step for step in range(steps)), last]
