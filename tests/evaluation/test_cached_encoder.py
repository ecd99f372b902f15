"""Masks that several methods ask about."""

from __future__ import annotations

from functools import partial

import pytest
from torch import Tensor

from fixlip_widget.encoders.masking import MaskedPatches
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.faithfulness import fresh_values
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import Job, measure
from fixlip_widget.explainer import Explainer


def test_masks_are_encoded_once_and_inside_methods_meet_the_encoder_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """All methods together say what each says alone, to rounding, and no mask reaches the towers twice."""
    explainer, pair = Explainer.demo("cpu", precision="fp32"), next(scenes())
    entries = [
        MethodSpec.parse(text)
        for text in ("fixlip/1@256", "fixlip:0.3/1@256", "fixlip/1@128", "rollout", "shapley@300")
    ]
    monkeypatch.setattr("fixlip_widget.evaluation.case.fresh_values", partial(fresh_values, n_masks=100))
    seen: list[bytes] = []
    plain = MaskedPatches.embed

    def watch(self: MaskedPatches, masks: Tensor) -> Tensor:
        seen.extend(row.numpy().tobytes() for row in masks)
        return plain(self, masks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MaskedPatches, "embed", watch)
        together = measure(explainer, Job(pair, {entry: ["faithfulness"] for entry in entries}, None)).records
    ends = 2  # that of the method that looks inside
    assert len(set(seen)) == len(seen) - ends
    for entry, record in zip(entries, together, strict=True):
        (alone,) = measure(explainer, Job(pair, {entry: ["faithfulness"]}, None)).records
        for a, b in zip(record["numbers"], alone["numbers"], strict=True):
            assert a["value"] == pytest.approx(b["value"], abs=1e-4)
