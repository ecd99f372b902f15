"""For every family: what is masked is exactly what masking pixels and hiding tokens means."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers import AutoImageProcessor, AutoModel

from fixlip_widget.encoders.huggingface import ProcessorPreprocessing
from fixlip_widget.encoders.masking import MaskedPatches, MaskedTokens
from fixlip_widget.encoders.tower_encoder import TowerEncoder
from tests.encoders.checkpoints import write_transformers
from tests.encoders.families import FAMILIES, Family

CAPTION = "two dogs next to a hydrant"


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return FAMILIES[request.param](tmp_path_factory.mktemp("family") / "model")


@pytest.fixture(scope="module")
def encoder(family: Family) -> TowerEncoder:
    return family.encoder()


def random_masks(n: int, count: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, n, generator=torch.Generator().manual_seed(seed)) < 0.5  # (count, n)


def test_keeping_everything_is_the_model_itself(family: Family, encoder: TowerEncoder, photo: Image.Image) -> None:
    image, text = encoder.image(photo), encoder.text(CAPTION)
    assert image.grid is not None
    expected = family.image(photo, torch.ones(1, *image.grid, dtype=torch.bool))
    torch.testing.assert_close(image.embed(torch.ones(1, image.n_players).bool()), expected, atol=1e-5, rtol=0)
    expected = family.text(CAPTION)
    torch.testing.assert_close(text.embed(torch.ones(1, text.n_players).bool()), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(200, 30), (25, 180), (5, 4)], ids=["wide", "tall", "tiny"])
def test_the_full_value_is_the_similarity_of_the_library(
    family: Family, encoder: TowerEncoder, size: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    picture = Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8))
    image, text = encoder.image(picture), encoder.text(CAPTION)
    embeddings = [one.embed(torch.ones(1, one.n_players, dtype=torch.bool)) for one in (image, text)]  # (1, d) each
    full_value = encoder.scale * float((embeddings[0] * embeddings[1]).sum()) + encoder.bias
    assert full_value == pytest.approx(family.logit(picture, CAPTION), abs=1e-5)


def test_masking_patches_is_zeroing_normalised_pixels(
    family: Family, encoder: TowerEncoder, photo: Image.Image
) -> None:
    image = encoder.image(photo)
    masks = random_masks(image.n_players)  # (m, n)
    masks[0] = False
    assert image.grid is not None
    expected = family.image(photo, masks.view(-1, *image.grid))
    torch.testing.assert_close(image.embed(masks), expected, atol=1e-5, rtol=0)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**20), other=st.integers(3, 390))
def test_a_hidden_token_could_be_any_token(encoder: TowerEncoder, seed: int, other: int) -> None:
    text, reading = encoder.text(CAPTION), encoder.tokenize(CAPTION)
    masks = random_masks(text.n_players, seed=seed)  # (m, n)
    for mask in masks:
        ids = list(reading.ids)
        for place, kept in enumerate(mask.tolist()):
            if not kept:
                ids[reading.offset + place] = other
        twin = MaskedTokens(
            encoder.text_tower, reading._replace(ids=ids), "attention", encoder.device, encoder.precision
        )
        torch.testing.assert_close(text.embed(mask[None]), twin.embed(mask[None]), atol=1e-6, rtol=0)


def test_padding_in_the_place_of_a_word_is_what_the_model_makes_of_it(family: Family, encoder: TowerEncoder) -> None:
    reading = encoder.tokenize(CAPTION)
    text = MaskedTokens(encoder.text_tower, reading, "pad", encoder.device, encoder.precision)
    masks = random_masks(text.n_players)  # (m, n)
    ids = family.ids(CAPTION).repeat(len(masks), 1)  # (m, context)
    ids[:, reading.offset : reading.offset + text.n_players][~masks] = reading.pad
    torch.testing.assert_close(text.embed(masks), family.read(ids), atol=1e-5, rtol=0)


def test_padding_is_kept_where_the_tower_attends_to_it(encoder: TowerEncoder, request: pytest.FixtureRequest) -> None:
    """Towers that were trained with padding get it and depend on it; others give the same with and without."""
    text, caption, tower = encoder.text(CAPTION), encoder.tokenize(CAPTION), encoder.text_tower
    attends_to_padding = any(name in request.node.name for name in ("SigLIP", "CLIPA", "MobileCLIP"))
    assert (len(caption.ids) == 20) == attends_to_padding
    if attends_to_padding:
        n_trailing = 20 - caption.offset - text.n_players
        assert max(n_trailing, caption.offset) > 2  # there is padding on one side
        changed = list(caption.ids)
        changed[-1 if n_trailing > 2 else 0] = 7
        twin_caption = caption._replace(ids=changed)
    else:
        pad = getattr(tower, "pad_id", None) or 0
        twin_caption = caption._replace(ids=caption.ids + [pad] * (20 - len(caption.ids)))
    masks = random_masks(text.n_players)
    twin = MaskedTokens(tower, twin_caption, "attention", encoder.device, encoder.precision)
    difference = (text.embed(masks) - twin.embed(masks)).norm(dim=1)  # (m,)
    if attends_to_padding:
        assert float(difference.min()) > 1e-5
    else:
        assert float(difference.max()) < 1e-5


def test_every_single_token_matters(encoder: TowerEncoder, photo: Image.Image) -> None:
    for source in (encoder.image(photo), encoder.text(CAPTION)):
        n = source.n_players
        masks = torch.cat([torch.ones(1, n, dtype=torch.bool), ~torch.eye(n, dtype=torch.bool)])  # (1 + n, n)
        embeddings = source.embed(masks)  # (1 + n, d)
        assert (torch.cdist(embeddings, embeddings).fill_diagonal_(1.0) > 1e-4).all()


def test_dropped_patches_are_gone(encoder: TowerEncoder, photo: Image.Image) -> None:
    """Nothing but the order of the work depends on what else is in the batch; a dropped patch could show anything."""
    sight = encoder.preprocess(photo)
    if not sight.tower.can_drop:
        pytest.skip("pools its patches: nothing to pool once all are dropped, which test_masking sees refused")
    masks = random_masks(sight.tower.grid[0] * sight.tower.grid[1])  # (m, n)
    masks[:2] = torch.tensor([[False], [True]])
    other = torch.randn_like(sight.pixels)
    first = MaskedPatches(sight.tower, sight.pixels, "drop", photo, torch.float32)
    together = first.embed(masks)
    alone = torch.cat([first.embed(mask[None]) for mask in masks])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)
    kept = MaskedPatches(sight.tower, sight.pixels, "zero", photo, torch.float32)
    torch.testing.assert_close(together[1], kept.embed(masks[1:2])[0], atol=1e-5, rtol=0)
    mixed = first.kept.where(masks[2][:, None], sight.tower.embed_patches(other))
    first.kept = mixed
    torch.testing.assert_close(together[2], first.embed(masks[2:3])[0], atol=1e-5, rtol=0)
    assert float((together[2] - kept.embed(masks[2:3])[0]).norm()) > 1e-3


@pytest.mark.parametrize(("precision", "rounding"), [(torch.bfloat16, 0.1), (torch.float16, 0.02)])
def test_lower_precision_rounds_and_no_more(
    encoder: TowerEncoder, photo: Image.Image, precision: torch.dtype, rounding: float
) -> None:
    sight, reading = encoder.preprocess(photo), encoder.tokenize(CAPTION)
    for low, exact in (
        (MaskedPatches(sight.tower, sight.pixels, "zero", photo, precision), encoder.image(photo)),
        (MaskedTokens(encoder.text_tower, reading, "attention", encoder.device, precision), encoder.text(CAPTION)),
    ):
        masks = random_masks(exact.n_players)
        rounded = low.embed(masks)
        assert rounded.dtype == torch.float32
        assert 1e-6 < float((rounded - exact.embed(masks)).norm(dim=1).max()) < rounding


def test_a_pickled_explainer_explains_the_same(family: Family, photo: Image.Image) -> None:
    explainer = family.load()
    explainers = explainer, pickle.loads(pickle.dumps(explainer))
    here, there = (one.explain(photo, CAPTION, max_order=1, random_state=0) for one in explainers)
    np.testing.assert_array_equal(there.first, here.first)
    assert (there.model, there.model_card) == (here.model, here.model_card)


def test_the_card_says_what_it_is(family: Family) -> None:
    (family.folder / "README.md").write_text("---\ntags:\n- clip\nlicense: apache-2.0\n---\n# A model\n")
    card = family.encoder().card
    size = sum(parameter.numel() for parameter in family.model.parameters())
    rounded = f"{size / 1e6:.0f} M" if size > 1e6 else f"{size / 1e3:.0f} k"
    assert f"{rounded} parameters" in card
    assert "20 text positions, " in card
    assert card.endswith("licence apache-2.0")
    assert any(grid in card for grid in ("3×2 patches", "3×3 patches", "4×2 patches", "up to 12 patches"))


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2"])
def test_slow_image_processors_show_the_same(kind: str, tmp_path: Path, photo: Image.Image) -> None:
    folder = write_transformers(tmp_path, kind)
    load: Any = AutoImageProcessor
    processors = [load.from_pretrained(folder, backend=backend) for backend in ("torchvision", "pil")]
    assert len({type(processor) for processor in processors}) == 2
    model = AutoModel.from_pretrained(folder)
    fast, slow = (ProcessorPreprocessing(model, processor, "it")(photo) for processor in processors)
    assert (fast.tower.grid, fast.picture.size) == (slow.tower.grid, slow.picture.size)
    torch.testing.assert_close(fast.pixels, slow.pixels, atol=0.05, rtol=0)  # they round to 8 bits at other places


def test_explained_end_to_end(family: Family, photo: Image.Image) -> None:
    explainer = family.load(text_players="word")
    explanation = explainer.explain(photo, CAPTION, n_image_masks=80, n_text_masks=64, random_state=0, progress=False)
    assert explanation.tokens[-6:] == ("two", "dogs", "next", "to", "a", "hydrant")
    assert np.isfinite(explanation.second).all()
    everything = torch.ones(1, *explanation.grid, dtype=torch.bool)
    cosine = float((family.image(photo, everything) * family.text(CAPTION)).sum())
    logit = explainer.encoder.scale * cosine + explainer.encoder.bias
    assert explanation.full_value == pytest.approx(logit, abs=1e-4)
