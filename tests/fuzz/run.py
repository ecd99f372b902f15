"""Trying many cases of a kind: all of a time budget, or a number of them."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings

from tests.fuzz.kinds import Kind

ROUND = 400
"""Cases from one seed; hypothesis keeps what it has drawn in memory until then."""


@dataclass(frozen=True)
class Outcome:
    """How many cases of a kind were tried, and the first that broke its promise, told by the exception."""

    kind: Kind
    n_cases: int
    failure: BaseException | None = None


def try_cases(kind: Kind, *, seconds: float, seed: int) -> Outcome:
    """Cases of a kind for so many seconds, or until one breaks the promise."""
    deadline, n_cases, round_number = time.monotonic() + seconds, 0, 0
    while time.monotonic() < deadline:

        @hypothesis.seed(seed + round_number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
        )
        @hypothesis.given(kind.cases)
        def attempt(case: Any) -> None:
            nonlocal n_cases
            if time.monotonic() < deadline:
                n_cases += 1
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    kind.check(case)

        try:
            attempt()
        except Exception as failure:  # whatever breaks the promise is the outcome
            return Outcome(kind, n_cases, failure)
        round_number += 1
    return Outcome(kind, n_cases)
