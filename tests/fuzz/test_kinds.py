"""Every kind that is fuzzed, on a few cases, and the page that tells how many were tried."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.files import FILES
from tests.fuzz.inputs import INPUTS
from tests.fuzz.kinds import Kind, answer, refused
from tests.fuzz.page import PAGE, count, render
from tests.fuzz.promises import PROMISES
from tests.fuzz.run import Outcome, try_cases

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("kind", [*INPUTS, *FILES], ids=lambda kind: kind.name)
def test_every_case_keeps_its_promise(kind: Kind) -> None:
    @settings(suppress_health_check=list(HealthCheck), max_examples=8 if kind.name == "stills" else 40)
    @given(kind.cases)
    def attempt(case: Any) -> None:
        kind.check(case)

    attempt()


def test_the_page_is_current_and_its_tests_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    counts = [int(number) for number in re.findall(r"^\| [^|]+ \| [^|]+ \| (\d+) \|$", page, re.MULTILINE)]
    seconds = re.search(r"in (\d+) seconds", page)
    assert seconds
    outcomes = [Outcome(kind, number) for kind, number in zip([*INPUTS, *FILES], counts, strict=True)]
    assert page == render(outcomes, float(seconds[1]))
    assert int(seconds[1]) <= 700
    assert count(outcomes, "inputs") >= 10_000
    assert count(outcomes, "files") >= 1_000
    for promises in PROMISES.values():
        for promise in promises:
            for test in promise.tests:
                file, _, name = test.partition("::")
                text = (ROOT / file).read_text(encoding="utf-8")
                assert f"def {name}(" in text if name else "\ndef test_" in text, test


def test_a_broken_promise_is_found() -> None:
    def divide(number: int) -> None:
        answer(lambda: 1 // (number - 77))

    def accept(number: int) -> None:
        refused(lambda: number)

    for check, failure in ((divide, ZeroDivisionError), (accept, AssertionError)):
        outcome = try_cases(Kind("numbers", "is refused", st.integers(0, 100), check, "inputs"), seconds=30, seed=0)
        assert isinstance(outcome.failure, failure)
        assert outcome.n_cases > 0
    assert try_cases(Kind("numbers", "is", st.integers(), lambda number: None, "inputs"), seconds=0.2, seed=0).n_cases
