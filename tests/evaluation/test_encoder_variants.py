"""What is left of an explanation when it should be gone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fixlip_widget.encoders.masking import MaskedPatches
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.encoder_variants import shuffled_weights
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import sanity
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import explanation, table_explainer


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer.demo("cpu", precision="fp32")


@pytest.fixture(scope="module")
def numbers(explainer: Explainer) -> Mapping[str, dict[str, float]]:
    case = EvaluationCase(next(scenes()), explainer)
    specs = [MethodSpec.parse(text) for text in ("fixlip@1024", "rollout")]
    return {
        spec.method: {number.metric: number.value for number in sanity(case, spec, case.explain(spec))}
        for spec in specs
    }


def test_shuffled_weights_destroy_the_explanation(numbers: Mapping[str, dict[str, float]]) -> None:
    assert abs(numbers["fixlip"]["shuffled weights"]) < 0.25


def test_a_caption_of_absent_things_scores_little(numbers: Mapping[str, dict[str, float]]) -> None:
    assert numbers["fixlip"]["absent caption"] < 0.5
    # What a method sees that does not read the caption is the same of every caption.
    assert numbers["rollout"]["absent caption"] == pytest.approx(1.0)


def test_a_share_of_nothing_is_no_figure() -> None:
    def says(value: float) -> Explanation:
        shown = explanation(order=1)
        return shown.replace(first=np.full_like(shown.first, value))

    case: Any = SimpleNamespace(
        with_shuffled_weights=nullcontext,
        pair=SimpleNamespace(absent="big dog"),
        explain=lambda spec, caption=None: says(1.0),
    )
    spec = MethodSpec.parse("grad-eclip")
    assert [number.metric for number in sanity(case, spec, says(0.0))] == ["shuffled weights"]
    assert sanity(case, spec, says(2.0))[1].value == 0.5


def test_what_is_explained_after_a_refusal_is_not_of_shuffled_weights(explainer: Explainer) -> None:
    case, spec = EvaluationCase(next(scenes()), explainer), MethodSpec.parse("fixlip/1@128")
    before = case.explain(spec)
    with suppress(InputError), case.with_shuffled_weights():
        case.explain(spec)
        raise InputError("No more.")
    np.testing.assert_array_equal(case.explain(spec).first, before.first)


def test_weights_come_back_to_the_bit(explainer: Explainer) -> None:
    pair = next(scenes())
    seen = explainer.encoder.image(pair.picture())
    assert isinstance(seen, MaskedPatches)
    everything = torch.ones(1, seen.n_players, dtype=torch.bool)
    before = seen.embed(everything)
    with shuffled_weights(explainer.encoder, pair.picture(), pair.caption, seed=1):
        shuffled = seen.embed(everything)
    torch.testing.assert_close(seen.embed(everything), before, rtol=0, atol=0)
    assert float((before * shuffled).sum()) < 0.9


def test_unknown_encoders_are_refused() -> None:
    encoder = table_explainer().encoder
    with (
        pytest.raises(InputError, match="the layers of a TableInput are not known"),
        shuffled_weights(encoder, "", "a b", 0),
    ):
        pass
