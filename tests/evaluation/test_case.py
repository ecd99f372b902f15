"""`EvaluationCase`: masks shared among methods, and the encoder under shuffled weights."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from torch import Tensor

from fixlip_widget.encoders.masking import MaskedPatches
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation import case as case_module
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import measure
from fixlip_widget.explainer import Explainer


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    return Explainer.demo("cpu", precision="fp32")


def test_masks_are_encoded_once_for_all_masking_methods(explainer: Explainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the values are those of each method measured alone, up to rounding."""
    pair = next(scenes())
    specs = [
        MethodSpec.parse(text)
        for text in ("fixlip/1@256", "fixlip:0.3/1@256", "fixlip/1@128", "rollout", "shapley@300")
    ]
    monkeypatch.setattr(case_module, "N_FRESH_MASKS", 100)
    encoded: list[bytes] = []
    embed = MaskedPatches.embed

    def record(self: MaskedPatches, masks: Tensor) -> Tensor:
        encoded.extend(row.numpy().tobytes() for row in masks)
        return embed(self, masks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MaskedPatches, "embed", record)
        together = measure(explainer, pair, {spec: ["faithfulness"] for spec in specs}).records
    # The white-box method encodes the empty and the full image by itself.
    assert len(encoded) - len(set(encoded)) == 2
    for spec, record_together in zip(specs, together, strict=True):
        (alone,) = measure(explainer, pair, {spec: ["faithfulness"]}).records
        for a, b in zip(record_together["numbers"], alone["numbers"], strict=True):
            # Other batches round float32 differently: 1e-7 apart when measured.
            assert a["value"] == pytest.approx(b["value"], rel=0, abs=1e-5)


def test_embeddings_of_shuffled_weights_are_dropped_after_an_error(explainer: Explainer) -> None:
    case, spec = EvaluationCase(next(scenes()), explainer), MethodSpec.parse("fixlip/1@128")
    before = case.explain(spec)
    with suppress(InputError), case.with_shuffled_weights():
        assert not np.allclose(case.explain(spec).first, before.first)
        raise InputError("No value.")
    np.testing.assert_array_equal(case.explain(spec).first, before.first)
