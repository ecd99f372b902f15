"""Encoders with shuffled weights."""

from __future__ import annotations

import pytest
import torch

from fixlip_widget.encoders.masking import MaskedPatches
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.encoder_variants import shuffled_weights
from fixlip_widget.explainer import Explainer
from tests.evaluation.samples import table_explainer


def test_shuffled_weights_are_restored_exactly() -> None:
    encoder, pair = Explainer.demo("cpu", precision="fp32").encoder, next(scenes())
    image = encoder.image(pair.load_image())
    assert isinstance(image, MaskedPatches)
    full = torch.ones(1, image.n_players, dtype=torch.bool)
    before = image.embed(full)
    with shuffled_weights(encoder, pair.load_image(), pair.caption, seed=1):
        shuffled = image.embed(full)
    torch.testing.assert_close(image.embed(full), before, rtol=0, atol=0)
    assert float((before * shuffled).sum()) < 0.9


def test_unknown_encoders_cannot_be_shuffled() -> None:
    encoder = table_explainer().encoder
    with (
        pytest.raises(InputError, match="the layers of a TableInput are not known"),
        shuffled_weights(encoder, "", "a b", 0),
    ):
        pass
