"""Everything runs on MPS, which has no float64 and moves nothing between devices by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from fixlip_widget.encoders.masking import ImageMasker, Masking, TextMasker
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.explainer import Explainer
from fixlip_widget.methods import METHODS
from tests.encoders.models import random_clip
from tests.games import TableEncoder, TableInput
from tests.mps import MPS, FakeMPS

CAPTION = "a hydrant on grass"
PHOTO = Image.effect_noise((70, 90), 80).convert("RGB")
SIZE = PreprocessCfg(size=(48, 32))
REQUESTS = [(method, order) for method, spec in METHODS.items() for order in spec.indices]


@pytest.fixture
def mps() -> Iterator[FakeMPS]:
    with FakeMPS() as device:
        yield device


def make_explainer(masking: Masking | None = None, preprocess: Any = SIZE, **vision: Any) -> Explainer:
    model, tokenizer = random_clip(1, **vision), BpeTokenizer(SimpleTokenizer(), 20)
    return Explainer(OpenClipEncoder(model, tokenizer, preprocess, "random", MPS, masking=masking))


def test_the_stand_in_refuses_what_mps_refuses(mps: FakeMPS) -> None:
    x = torch.zeros(2, device="mps")
    assert (x.device, (x + 1).device, x.cpu().device, x.device) == (MPS, MPS, torch.device("cpu"), MPS)
    with pytest.raises(TypeError, match="the MPS framework doesn't support float64"):
        x.double()
    with pytest.raises(RuntimeError, match="to be on the same device"):
        x + torch.zeros(2)
    with pytest.raises(TypeError, match="can't convert mps:0 device type tensor to numpy"):
        x.numpy()
    assert x.cpu().double().numpy().sum() == 0


@pytest.mark.parametrize(("method", "order"), REQUESTS)
def test_every_method_at_every_order(mps: FakeMPS, method: str, order: int) -> None:
    explainer = make_explainer(pool_type="avg")
    assert explainer.encoder.image(PHOTO).embed(torch.ones(1, 6, dtype=torch.bool)).device == MPS
    explanation = explainer.explain(PHOTO, CAPTION, method=method, max_order=order, random_state=0)
    fidelity = explainer.r2(explanation, 50)
    assert fidelity is not None
    assert fidelity <= 1.0


@pytest.mark.parametrize("options", [{}, {"n_text_masks": 40}, {"p": 0.4}])
def test_pairs_of_patches_by_their_own_regression(mps: FakeMPS, options: dict[str, Any]) -> None:
    explainer = make_explainer(patch_size=8)  # 6×4 patches
    explanation = explainer.explain(PHOTO, CAPTION, random_state=0, **{"n_image_masks": 200} | options)
    assert explanation.shrinkage < 1.0
    *_, last = explainer.stream(PHOTO, CAPTION, max_order=1, n_image_masks=200, target_stderr=0.1, random_state=0)
    assert last.max_order == 1


@pytest.mark.parametrize(
    ("image_masker", "text_masker"), [("zero", "pad"), ("mean", "attention"), ("blur", "pad"), ("drop", "attention")]
)
def test_every_masking(mps: FakeMPS, image_masker: ImageMasker, text_masker: TextMasker) -> None:
    explainer = make_explainer(Masking(image_masker, text_masker, "word", (3, 1)))
    for method in METHODS:
        explainer.explain(PHOTO, CAPTION, method=method, random_state=0)


def test_a_preprocessing_on_the_device(mps: FakeMPS) -> None:
    transform = image_transform_v2(SIZE, is_train=False)
    explainer = make_explainer(preprocess=lambda picture: transform(picture).to("mps"))
    on_cpu = make_explainer().explain(PHOTO, CAPTION, random_state=0)
    np.testing.assert_array_equal(explainer.explain(PHOTO, CAPTION, random_state=0).second, on_cpu.second)


def test_an_encoder_of_the_user(mps: FakeMPS) -> None:
    class OnMPS(TableInput):
        def embed(self, masks: torch.Tensor) -> torch.Tensor:
            return super().embed(masks).to("mps")

    class Encoder(TableEncoder):
        def image(self, image: Any) -> TableInput:
            known = super().image(image)
            return OnMPS(known._table, known.tokens, known.grid)

    explainer = Explainer(Encoder())
    explanation = explainer.explain(PHOTO, "one two three", random_state=0)
    assert explainer.r2(explanation) is not None
