"""What is left of an explanation when it should be gone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext, suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fixlip_widget.encoders.masked_inputs import MaskedPatches
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import Case
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.encoder_variants import redrawn
from fixlip_widget.evaluation.method_spec import Entry
from fixlip_widget.evaluation.metrics import sanity
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.evaluation.samples import explanation, table_explainer


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer.demo("cpu", precision="fp32")


@pytest.fixture(scope="module")
def numbers(explainer: Explainer) -> Mapping[str, dict[str, float]]:
    case = Case(next(scenes()), explainer)
    entries = [Entry.parse(text) for text in ("fixlip@1024", "rollout")]
    return {
        entry.method: {number.metric: number.value for number in sanity(case, entry, case.explain(entry))}
        for entry in entries
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
        forgetting=nullcontext, pair=SimpleNamespace(absent="big dog"), explain=lambda entry, caption=None: says(1.0)
    )
    entry = Entry.parse("grad-eclip")
    assert [number.metric for number in sanity(case, entry, says(0.0))] == ["shuffled weights"]
    assert sanity(case, entry, says(2.0))[1].value == 0.5


def test_what_is_explained_after_a_refusal_is_not_of_shuffled_weights(explainer: Explainer) -> None:
    case, entry = Case(next(scenes()), explainer), Entry.parse("fixlip/1@128")
    before = case.explain(entry)
    with suppress(InputError), case.forgetting():
        case.explain(entry)
        raise InputError("No more.")
    np.testing.assert_array_equal(case.explain(entry).first, before.first)


def test_weights_come_back_to_the_bit(explainer: Explainer) -> None:
    pair = next(scenes())
    seen = explainer.encoder.image(pair.picture())
    assert isinstance(seen, MaskedPatches)
    everything = torch.ones(1, seen.n_players, dtype=torch.bool)
    before = seen.embed(everything)
    with redrawn(explainer.encoder, pair.picture(), pair.caption, seed=1):
        shuffled = seen.embed(everything)
    torch.testing.assert_close(seen.embed(everything), before, rtol=0, atol=0)
    assert float((before * shuffled).sum()) < 0.9


def test_unknown_encoders_are_refused() -> None:
    encoder = table_explainer().encoder
    with pytest.raises(InputError, match="The inside of a TableInput is not known"), redrawn(encoder, "", "a b", 0):
        pass
