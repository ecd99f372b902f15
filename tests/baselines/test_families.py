"""Baselines look inside every family of encoders."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from fixlip_widget.baselines.exclip import exclip
from fixlip_widget.baselines.registry import BASELINES, attribute
from fixlip_widget.baselines.trace import open_tower, trace
from fixlip_widget.encoders import hub
from fixlip_widget.encoders.tower_encoder import TowerEncoder
from fixlip_widget.errors import InputError
from tests.encoders.families import FAMILIES

CAPTION = "two dogs next to a hydrant"
CONVOLUTIONAL = ["open_clip ResNet", "open_clip ConvNeXt"]


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "is_reachable", lambda: False)


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))


def load(name: str, tmp_path_factory: pytest.TempPathFactory, **masking: object) -> TowerEncoder:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hub, "is_reachable", lambda: False)
        return FAMILIES[name](tmp_path_factory.mktemp("family") / "model").encoder(**masking)


@pytest.fixture(scope="module", params=[name for name in FAMILIES if name not in CONVOLUTIONAL])
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TowerEncoder:
    return load(request.param, tmp_path_factory)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_towers_without_attention_between_players_are_refused(
    name: str, tmp_path_factory: pytest.TempPathFactory, photo: Image.Image
) -> None:
    convolutional = load(name, tmp_path_factory)
    image, text = convolutional.image(photo), convolutional.text(CAPTION)
    for method in BASELINES:
        with pytest.raises(InputError, match=r"use (fixlip|another method|a method that masks inputs)"):
            attribute(method, image, text, convolutional.scale)


def test_what_is_watched_is_the_model(encoder: TowerEncoder, photo: Image.Image) -> None:
    for source in (encoder.image(photo), encoder.text(CAPTION)):
        traced = trace(open_tower(source))
        whole = source.embed(torch.ones(1, source.n_players, dtype=torch.bool))
        torch.testing.assert_close(F.normalize(traced.embedding, dim=-1), whole, atol=1e-5, rtol=0)
        assert traced.players.stop - traced.players.start == source.n_players


def test_every_baseline_says_something(encoder: TowerEncoder, photo: Image.Image) -> None:
    image, text = encoder.image(photo), encoder.text(CAPTION)
    n = image.n_players
    for method in BASELINES:
        found = attribute(method, image, text, encoder.scale)
        assert len(found.first) == n + text.n_players
        values = torch.cat([found.first, found.second[:n, n:].flatten()])
        assert bool(values.isfinite().all())
        assert values.abs().max() > 0


def test_exclip_does_not_depend_on_which_tower_comes_first(encoder: TowerEncoder, photo: Image.Image) -> None:
    """One tower is differentiated forwards and the other backwards."""
    image, text = open_tower(encoder.image(photo)), open_tower(encoder.text(CAPTION))
    one, other = exclip(image, text, interpolations=3).second, exclip(text, image, interpolations=3).second
    n = image.n_players
    torch.testing.assert_close(one[:n, n:], other[-n:, :-n], atol=1e-6, rtol=1e-4)


def test_players_of_several_tokens_have_their_sum(tmp_path_factory: pytest.TempPathFactory, photo: Image.Image) -> None:
    whole = load("transformers CLIP", tmp_path_factory)
    merged = load("transformers CLIP", tmp_path_factory, text_players="word", image_grid=(1, 1))
    sources = [(encoder.image(photo), encoder.text("hydrants hydrant")) for encoder in (whole, merged)]
    (fine, words), (coarse, few) = sources
    assert fine.n_players > coarse.n_players
    assert words.n_players > few.n_players
    for method in BASELINES:
        parts, sums = (attribute(method, *source, whole.scale) for source in sources)
        torch.testing.assert_close(sums.first.sum(), parts.first.sum())
        torch.testing.assert_close(
            sums.second[: coarse.n_players, coarse.n_players :].sum(),
            parts.second[: fine.n_players, fine.n_players :].sum(),
        )
