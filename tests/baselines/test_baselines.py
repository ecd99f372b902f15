"""Every baseline equals its formula written out on random towers, and leaves the model as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch import Tensor, nn

from fixlip_widget.baselines.exclip import exclip
from fixlip_widget.baselines.gae import gae
from fixlip_widget.baselines.grad_eclip import grad_eclip
from fixlip_widget.baselines.registry import BASELINES, attribute
from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.rollout import rollout
from fixlip_widget.baselines.trace import ExplicitAttention, TowerInput, open_tower, trace
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.errors import InputError
from tests.baselines import slow
from tests.encoders.models import random_clip
from tests.games import TableEncoder

CAPTION = "a hydrant on grass"
SIZE = PreprocessCfg(size=(48, 32))


class TowerCase(NamedTuple):
    model: nn.Module
    encoder: OpenClipEncoder
    image: MaskedInput
    text: MaskedInput
    slow_image: slow.SlowTower
    slow_text: slow.SlowTower

    @property
    def sides(self) -> tuple[TowerInput, TowerInput]:
        return open_tower(self.image), open_tower(self.text)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))


@pytest.fixture(scope="module", params=["tok", "avg"])
def case(request: pytest.FixtureRequest, photo: Image.Image) -> TowerCase:
    model = random_clip(seed=1, pool_type=request.param)  # in that of seed 0 Grad-ECLIP finds nothing positive
    encoder = OpenClipEncoder(model, BpeTokenizer(SimpleTokenizer(), 20), SIZE, "random", torch.device("cpu"))
    pixels = image_transform_v2(SIZE, is_train=False)(photo)  # (3, 48, 32)
    ids = [49406, *SimpleTokenizer().encode(CAPTION), 49407]
    towers = slow.image_tower(model.visual, pixels), slow.text_tower(model, ids)
    return TowerCase(model, encoder, encoder.image(photo), encoder.text(CAPTION), *towers)


def close(got: Relevance, *expected: Tensor) -> None:
    torch.testing.assert_close(got.first, torch.cat(expected), atol=1e-5, rtol=0)
    assert not got.second.any()
    assert float(got.first.max() - got.first.min()) > 1e-3


def test_the_slow_towers_are_the_model(case: TowerCase) -> None:
    for side, tower in zip(case.sides, (case.slow_image, case.slow_text), strict=True):
        traced = trace(side)
        embedding, slow_trace = tower.run()
        torch.testing.assert_close(traced.embedding[0].double(), embedding, atol=1e-5, rtol=1e-5)
        assert traced.pooled is not None
        assert traced.pooled.tolist() == tower.read
        assert list(range(len(tower.tokens)))[traced.players] == tower.players
        for record, expected in zip(traced.records, slow_trace.probabilities, strict=True):
            torch.testing.assert_close(record.probabilities[0].double(), expected, atol=1e-5, rtol=0)


def test_gradients_of_attention_are_central_differences(case: TowerCase) -> None:
    traced = [trace(side) for side in case.sides]
    cosine = torch.cosine_similarity(traced[0].embedding, traced[1].embedding)[0]
    both = (case.slow_image, case.slow_text)
    for side, tower, other in zip(traced, both, both[::-1], strict=True):
        for block, record in enumerate(side.records):
            (gradient,) = torch.autograd.grad(cosine, record.probabilities, retain_graph=True)
            expected = slow.slope(tower, other, "probabilities", block)  # (H, L, L)
            torch.testing.assert_close(gradient[0].double(), expected, atol=1e-6, rtol=1e-4)


def test_game(case: TowerCase) -> None:
    scale, image, text = case.encoder.scale, case.slow_image, case.slow_text
    expected = slow.game(image, text, scale, [1]), slow.game(text, image, scale, [1])
    close(gae(*case.sides, scale), *expected)


def test_grad_eclip(case: TowerCase) -> None:
    image, text = case.slow_image, case.slow_text
    close(grad_eclip(*case.sides), slow.grad_eclip(image, text, [1]), slow.grad_eclip(text, image, [0, 1]))


def test_rollout(case: TowerCase) -> None:
    close(rollout(*case.sides), slow.rollout(case.slow_image), slow.rollout(case.slow_text))


def test_exclip_is_the_dense_product_of_jacobians(case: TowerCase) -> None:
    found = exclip(*case.sides, interpolations=3)
    n = len(case.slow_image.players)
    torch.testing.assert_close(found.second[:n, n:], slow.exclip(case.slow_image, case.slow_text, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.second, found.second.T)
    assert float(found.second[:n, n:].abs().max()) > 1e-3
    assert not found.second[:n, :n].any()
    assert not found.second[n:, n:].any()
    assert not found.first.any()


def test_afterwards_the_model_is_as_before(case: TowerCase, photo: Image.Image) -> None:
    def state() -> list[object]:
        tree = [(name, id(part), sorted(vars(part)), part.training) for name, part in case.model.named_modules()]
        hooks = [len(part._forward_pre_hooks) + len(part._forward_hooks) for part in case.model.modules()]
        flags = [(name, id(p), p.requires_grad, p.grad) for name, p in case.model.named_parameters()]
        return [tree, hooks, flags]

    def outputs() -> list[Tensor]:
        masks = [torch.arange(source.n_players)[None] % 2 == 0 for source in (case.image, case.text)]
        sources = case.encoder.image(photo), case.encoder.text(CAPTION)
        return [source.embed(mask) for source, mask in zip(sources, masks, strict=True)]

    before, embeddings = state(), outputs()
    for method in BASELINES:
        attribute(method, case.image, case.text, case.encoder.scale)
        assert state() == before
        assert all(torch.equal(*pair) for pair in zip(outputs(), embeddings, strict=True))
    with pytest.raises(RuntimeError), ExplicitAttention():
        case.image.embed(torch.ones(1, 5, dtype=torch.bool))
    assert state() == before
    assert all(torch.equal(*pair) for pair in zip(outputs(), embeddings, strict=True))


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_surroundings_without_gradients_do_not_matter(case: TowerCase, around: Callable[[], torch.no_grad]) -> None:
    for method in BASELINES:
        expected = attribute(method, case.image, case.text, case.encoder.scale)
        with around():
            found = attribute(method, case.image, case.text, case.encoder.scale)
        torch.testing.assert_close(found.first, expected.first)
        torch.testing.assert_close(found.second, expected.second)


def test_a_caption_of_one_word(case: TowerCase) -> None:
    for method in BASELINES:
        found = attribute(method, case.image, case.encoder.text("grass"), 1.0)
        assert bool(found.first.isfinite().all())
        assert len(found.first) == 7


def test_encoders_whose_inside_is_not_known_are_refused(photo: Image.Image) -> None:
    encoder = TableEncoder()
    for method in BASELINES:
        with pytest.raises(InputError, match="layers of a TableInput are not known"):
            attribute(method, encoder.image(photo), encoder.text("a b"), 1.0)
