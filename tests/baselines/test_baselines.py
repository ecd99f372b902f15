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
from fixlip_widget.baselines.gae import game
from fixlip_widget.baselines.grad_eclip import grad_eclip
from fixlip_widget.baselines.registry import BASELINES, find
from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.rollout import rollout
from fixlip_widget.baselines.trace import ExplicitAttention, Side, open_side, watch
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.openclip import ClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.errors import InputError
from tests.baselines import slow
from tests.encoders.models import random_clip
from tests.games import TableEncoder

CAPTION = "a hydrant on grass"
SIZE = PreprocessCfg(size=(48, 32))


class Case(NamedTuple):
    model: nn.Module
    encoder: ClipEncoder
    image: MaskedInput
    text: MaskedInput
    slow_image: slow.SlowTower
    slow_text: slow.SlowTower

    @property
    def sides(self) -> tuple[Side, Side]:
        return open_side(self.image), open_side(self.text)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))


@pytest.fixture(scope="module", params=["tok", "avg"])
def case(request: pytest.FixtureRequest, photo: Image.Image) -> Case:
    model = random_clip(seed=1, pool_type=request.param)  # in that of seed 0 Grad-ECLIP finds nothing positive
    encoder = ClipEncoder(model, BpeTokenizer(SimpleTokenizer(), 20), SIZE, "random", torch.device("cpu"))
    pixels = image_transform_v2(SIZE, is_train=False)(photo)  # (3, 48, 32)
    ids = [49406, *SimpleTokenizer().encode(CAPTION), 49407]
    towers = slow.image_tower(model.visual, pixels), slow.text_tower(model, ids)
    return Case(model, encoder, encoder.image(photo), encoder.text(CAPTION), *towers)


def close(got: Relevance, *expected: Tensor) -> None:
    torch.testing.assert_close(got.first, torch.cat(expected), atol=1e-5, rtol=0)
    assert not got.second.any()
    assert float(got.first.max() - got.first.min()) > 1e-3


def test_the_slow_towers_are_the_model(case: Case) -> None:
    for side, tower in zip(case.sides, (case.slow_image, case.slow_text), strict=True):
        watched = watch(side)
        embedding, trace = tower.run()
        torch.testing.assert_close(watched.embedding[0].double(), embedding, atol=1e-5, rtol=1e-5)
        assert watched.rows is not None
        assert watched.rows.tolist() == tower.read
        assert list(range(len(tower.tokens)))[watched.players] == tower.players
        for seen, expected in zip(watched.attended, trace.probabilities, strict=True):
            torch.testing.assert_close(seen.probabilities[0].double(), expected, atol=1e-5, rtol=0)


def test_gradients_of_attention_are_central_differences(case: Case) -> None:
    watched = [watch(side) for side in case.sides]
    cosine = torch.cosine_similarity(watched[0].embedding, watched[1].embedding)[0]
    both = (case.slow_image, case.slow_text)
    for side, tower, other in zip(watched, both, both[::-1], strict=True):
        for block, seen in enumerate(side.attended):
            (gradient,) = torch.autograd.grad(cosine, seen.probabilities, retain_graph=True)
            expected = slow.slope(tower, other, "probabilities", block)  # (H, L, L)
            torch.testing.assert_close(gradient[0].double(), expected, atol=1e-6, rtol=1e-4)


def test_game(case: Case) -> None:
    scale, image, text = case.encoder.scale, case.slow_image, case.slow_text
    for every, blocks in ((False, [1]), (True, [0, 1])):
        expected = slow.game(image, text, scale, blocks), slow.game(text, image, scale, blocks)
        close(game(*case.sides, scale, all_blocks=every), *expected)


def test_grad_eclip(case: Case) -> None:
    image, text = case.slow_image, case.slow_text
    close(grad_eclip(*case.sides), slow.grad_eclip(image, text, [1]), slow.grad_eclip(text, image, [0, 1]))


def test_rollout(case: Case) -> None:
    close(rollout(*case.sides), slow.rollout(case.slow_image), slow.rollout(case.slow_text))


def test_exclip_is_the_dense_product_of_jacobians(case: Case) -> None:
    found = exclip(*case.sides, interpolations=3)
    n = len(case.slow_image.players)
    torch.testing.assert_close(found.second[:n, n:], slow.exclip(case.slow_image, case.slow_text, 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.second, found.second.T)
    assert float(found.second[:n, n:].abs().max()) > 1e-3
    assert not found.second[:n, :n].any()
    assert not found.second[n:, n:].any()
    assert not found.first.any()


def test_one_head_is_another_model(case: Case) -> None:
    """With `num_heads=1` only the last block of the image tower changes, and is as a model with one head there."""
    found, whole = grad_eclip(*case.sides, num_heads=1), grad_eclip(*case.sides)
    assert not torch.allclose(found.first, whole.first)
    side, _ = case.sides
    wide, true = watch(side, num_heads=1).attended, watch(side).attended
    assert [block.query.shape[1] for block in wide] == [4, 1]
    assert [block.query.shape[1] for block in true] == [4, 4]
    q, k = (part.transpose(1, 2).flatten(2) for part in (true[1].query, true[1].key))  # (1, L, width)
    expected = (q @ k.transpose(1, 2) / 64**0.5).softmax(dim=-1)
    torch.testing.assert_close(wide[1].probabilities[:, 0], expected)


def test_afterwards_the_model_is_as_before(case: Case, photo: Image.Image) -> None:
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
        find(method, case.image, case.text, case.encoder.scale)
        assert state() == before
        assert all(torch.equal(*pair) for pair in zip(outputs(), embeddings, strict=True))
    with pytest.raises(RuntimeError), ExplicitAttention():
        case.image.embed(torch.ones(1, 5, dtype=torch.bool))
    assert state() == before
    assert all(torch.equal(*pair) for pair in zip(outputs(), embeddings, strict=True))


@pytest.mark.parametrize("around", [torch.no_grad, torch.inference_mode])
def test_surroundings_without_gradients_do_not_matter(case: Case, around: Callable[[], torch.no_grad]) -> None:
    for method in BASELINES:
        expected = find(method, case.image, case.text, case.encoder.scale)
        with around():
            found = find(method, case.image, case.text, case.encoder.scale)
        torch.testing.assert_close(found.first, expected.first)
        torch.testing.assert_close(found.second, expected.second)


def test_a_caption_of_one_word(case: Case) -> None:
    for method in BASELINES:
        found = find(method, case.image, case.encoder.text("grass"), 1.0)
        assert bool(found.first.isfinite().all())
        assert len(found.first) == 7


def test_encoders_whose_inside_is_not_known_are_refused(photo: Image.Image) -> None:
    encoder = TableEncoder()
    for method in BASELINES:
        with pytest.raises(InputError, match="inside of a TableInput is not known"):
            find(method, encoder.image(photo), encoder.text("a b"), 1.0)
