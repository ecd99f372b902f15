"""Metrics: the pointing game by chance, and sanity checks of what should change an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.journal import Record
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import sanity
from fixlip_widget.evaluation.table import to_rows
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import random_explanation


@pytest.fixture(scope="module")
def checks() -> Mapping[str, dict[str, float]]:
    case = EvaluationCase(next(scenes()), Explainer.demo("cpu", precision="fp32"))
    specs = [MethodSpec.parse(text) for text in ("fixlip@1024", "rollout")]
    return {
        spec.method: {number.metric: number.value for number in sanity(case, spec, case.explain(spec))}
        for spec in specs
    }


def test_shuffled_weights_change_the_explanation(checks: Mapping[str, dict[str, float]]) -> None:
    assert abs(checks["fixlip"]["shuffled weights"]) < 0.25


def test_absent_things_have_small_values(checks: Mapping[str, dict[str, float]]) -> None:
    assert checks["fixlip"]["absent caption"] < 0.5
    # Rollout of the image does not depend on the caption.
    assert checks["rollout"]["absent caption"] == pytest.approx(1.0)


def test_share_of_absent_things_is_undefined_without_positive_values() -> None:
    def constant(value: float) -> Explanation:
        explanation = random_explanation(order=1)
        return explanation.replace(first=np.full_like(explanation.first, value))

    case: Any = SimpleNamespace(
        with_shuffled_weights=nullcontext,
        pair=SimpleNamespace(absent="big dog"),
        explain=lambda spec, caption=None: constant(1.0),
    )
    spec = MethodSpec.parse("grad-eclip")
    assert [number.metric for number in sanity(case, spec, constant(0.0))] == ["shuffled weights"]
    assert sanity(case, spec, constant(2.0))[1].value == 0.5


def test_chance_of_the_pointing_game_depends_on_the_signs(records: list[Record]) -> None:
    """One quarter for values that are all positive, three quarters for values that are all negative."""
    chances = [row["value"] for row in to_rows(records) if row["metric"] == "PGR by chance"]
    assert all(0.25 - 1e-9 <= chance <= 0.75 + 1e-9 for chance in chances)
    assert min(chances) < 0.5 < max(chances)
