"""Masked CLIP towers do exactly what masking pixels and hiding tokens means."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from torch.nn import functional as F

from fixlip_widget.encoders import DualEncoder, MaskedImage, MaskedInput
from fixlip_widget.encoders.device import resolve_precision
from fixlip_widget.encoders.masking import MaskedTokens
from fixlip_widget.encoders.openclip import OpenClipEncoder, load_open_clip
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from tests.encoders.models import CONFIG, MEAN, STD, loud, random_clip, write_folder

CAPTION = "a photo of an unhydrated Hydrant"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("model") / "clip", random_clip())


@pytest.fixture(scope="module")
def model(folder: Path) -> open_clip.CLIP:
    return open_clip.create_model(f"local-dir:{folder}").eval()


@pytest.fixture(scope="module")
def encoder(folder: Path) -> OpenClipEncoder:
    return load_open_clip(f"local-dir:{folder}", device="cpu", precision="fp32")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (90, 70, 3), dtype=np.uint8))


def pixels_of(model: open_clip.CLIP, photo: Image.Image) -> torch.Tensor:
    transform = image_transform_v2(PreprocessCfg(**model.visual.preprocess_cfg), is_train=False)
    pixels: torch.Tensor = transform(photo)[None]  # (1, 3, 48, 32)
    return pixels


def test_the_adapter_follows_the_protocol(encoder: OpenClipEncoder, photo: Image.Image) -> None:
    image, text = encoder.image(photo), encoder.text(CAPTION)
    assert isinstance(encoder, DualEncoder)
    assert isinstance(image, MaskedImage)
    assert isinstance(text, MaskedInput)
    assert image.grid == (3, 2)
    assert image.tokens == ["patch 0,0", "patch 0,1", "patch 1,0", "patch 1,1", "patch 2,0", "patch 2,1"]
    assert text.tokens == ["a", "photo", "of", "an", "un", "hydrated", "hydr", "ant"]
    assert text.grid is None
    assert image.picture.size[1] / image.picture.size[0] == pytest.approx(48 / 32)


def test_keeping_everything_is_the_model_itself(
    encoder: OpenClipEncoder, model: open_clip.CLIP, photo: Image.Image
) -> None:
    image, text = encoder.image(photo), encoder.text(CAPTION)
    ids = open_clip.tokenize(CAPTION, context_length=20)
    with torch.inference_mode():
        expected = model.encode_image(pixels_of(model, photo), normalize=True), model.encode_text(ids, normalize=True)
    sources: tuple[MaskedInput, MaskedInput] = image, text
    for source, whole in zip(sources, expected, strict=True):
        got = source.embed(torch.ones(1, source.n_players, dtype=torch.bool))
        assert got.dtype == torch.float32
        torch.testing.assert_close(got, whole, atol=1e-5, rtol=0)
    assert encoder.scale == pytest.approx(float(model.logit_scale.detach().exp()))
    assert encoder.bias == 0.0


@given(bits=st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=4))
def test_masking_patches_is_zeroing_normalised_pixels(
    encoder: OpenClipEncoder, model: open_clip.CLIP, photo: Image.Image, bits: list[list[bool]]
) -> None:
    masks = torch.tensor(bits)  # (m, 6)
    pixels = pixels_of(model, photo)
    zoomed = masks.view(-1, 1, 3, 2).float()  # (m, 1, 3, 2)
    kept = F.interpolate(zoomed, scale_factor=16, mode="nearest")  # (m, 1, 48, 32)
    with torch.inference_mode():
        expected = model.encode_image(pixels * kept, normalize=True)
    torch.testing.assert_close(encoder.image(photo).embed(masks), expected, atol=1e-5, rtol=0)


@given(
    bits=st.lists(st.booleans(), min_size=8, max_size=8).filter(lambda b: not all(b)),
    other=st.integers(1, 49405),
)
def test_a_hidden_token_could_be_any_token(encoder: OpenClipEncoder, bits: list[bool], other: int) -> None:
    mask = torch.tensor([bits])  # (1, 8)
    tower, reading = encoder.text_tower, encoder.tokenize(CAPTION)
    start, *ids, end = reading.ids
    changed = [i if kept else other for i, kept in zip(ids, bits, strict=True)]
    twin = MaskedTokens(tower, reading._replace(ids=[start, *changed, end]), "attention", encoder.device, torch.float32)
    torch.testing.assert_close(encoder.text(CAPTION).embed(mask), twin.embed(mask), atol=1e-6, rtol=0)


def test_lower_precision_rounds_and_no_more(folder: Path, encoder: OpenClipEncoder, photo: Image.Image) -> None:
    low = load_open_clip(f"local-dir:{folder}", device="cpu", precision="bf16")
    masks = torch.rand(20, 8, generator=torch.Generator().manual_seed(2)) < 0.5  # (20, 8)
    for masked in ("image", "text"):
        exact = getattr(encoder, masked)(photo if masked == "image" else CAPTION)
        rounded = getattr(low, masked)(photo if masked == "image" else CAPTION)
        kept = masks[:, : exact.n_players]
        first, second = exact.embed(kept), rounded.embed(kept)
        assert second.dtype == torch.float32
        torch.testing.assert_close(second.norm(dim=1), torch.ones(20))
        assert 1e-5 < float((first - second).norm(dim=1).max()) < 0.03


def test_compiled_towers_say_the_same(folder: Path, photo: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_open_clip(f"local-dir:{folder}", device="cpu", precision="fp32")
    plain = encoder.image(photo)
    compiled: list[object] = []

    def traced_only(function: Any, **options: Any) -> Any:
        compiled.append(function)
        return compile_(function, backend="eager", **options)  # C++ would take its time

    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", traced_only)
    encoder.compile()
    source = encoder.image(photo)
    assert len(compiled) == 1
    for count in (2, 5):
        masks = torch.rand(count, source.n_players, generator=torch.Generator().manual_seed(count)) < 0.5
        torch.testing.assert_close(source.embed(masks), plain.embed(masks), atol=1e-6, rtol=1e-6)


def test_a_tower_that_cannot_be_compiled_says_why(
    folder: Path, photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_compiler(*_: object) -> None:
        raise RuntimeError("No working C++ compiler found in torch._inductor.config.cpp.cxx: (None, 'g++')\nand more")

    compile_ = torch.compile
    monkeypatch.setattr(torch, "compile", lambda tower, **given: compile_(tower, backend=without_compiler, **given))
    encoder = load_open_clip(f"local-dir:{folder}", device="cpu", precision="fp32")
    encoder.compile()
    message = (
        r"cannot be compiled here \(No working C\+\+ compiler .*'g\+\+'\)\); install a C\+\+ compiler, or do without"
    )
    with pytest.raises(InputError, match=message) as caught:
        Explainer(encoder).explain(photo, CAPTION, progress=False)
    assert "\n" not in str(caught.value)


def test_precisions_are_chosen_by_name_or_by_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert resolve_precision("fp16", cpu) == torch.float16
    for name, native in itertools.product(("_is_avx512_bf16_supported", "_is_amx_tile_supported"), (True, False)):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False, raising=False)
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
        monkeypatch.setattr(torch.cpu, name, lambda native=native: native)
        assert resolve_precision("auto", cpu) == (torch.bfloat16 if native else torch.float32)
    assert resolve_precision("auto", torch.device("mps")) == torch.float32
    with pytest.raises(InputError, match="no precision 'half'"):
        resolve_precision("half", cpu)


def test_every_single_token_matters(encoder: OpenClipEncoder, photo: Image.Image) -> None:
    for source in (encoder.image(photo), encoder.text(CAPTION)):
        n = source.n_players
        masks = torch.cat([torch.ones(1, n, dtype=torch.bool), ~torch.eye(n, dtype=torch.bool)])  # (1 + n, n)
        embeddings = source.embed(masks)  # (1 + n, d)
        assert (torch.cdist(embeddings, embeddings).fill_diagonal_(1.0) > 1e-3).all()


def test_hiding_a_token_equals_a_mask_written_by_hand(encoder: OpenClipEncoder, model: open_clip.CLIP) -> None:
    """Positions stay, start and end stay visible, the causal mask stays: full context, one sequence, no batching."""
    ids = open_clip.tokenize(CAPTION, context_length=20)  # (1, 20)
    hidden = torch.tensor([[True, False, True, True, False, True, False, True]])  # (1, 8)
    mask = torch.full((20, 20), float("-inf")).triu(1)
    mask[:, 1:9][:, ~hidden[0]] = float("-inf")
    with torch.inference_mode():
        x = model.token_embedding(ids) + model.positional_embedding
        x = model.ln_final(model.transformer(x, attn_mask=mask))
        expected = F.normalize(x[:, 9] @ model.text_projection, dim=-1)
    torch.testing.assert_close(encoder.text(CAPTION).embed(hidden), expected, atol=1e-5, rtol=0)


def test_named_architectures_load_from_checkpoint_files(tmp_path: Path) -> None:
    (tmp_path / "ViT-tiny-32.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(tmp_path / "ViT-tiny-32.json")
    model = random_clip(seed=3)
    torch.save(model.state_dict(), tmp_path / "tiny.pt")
    preprocess = {"mean": MEAN, "std": STD}
    encoder = load_open_clip(
        "ViT-tiny-32", pretrained=tmp_path / "tiny.pt", preprocess=preprocess, device="cpu", precision="fp32"
    )
    ids = open_clip.tokenize("a cat", context_length=20)
    with torch.inference_mode():
        expected = model.encode_text(ids, normalize=True)
    torch.testing.assert_close(encoder.text("a cat").embed(torch.ones(1, 2, dtype=torch.bool)), expected)
    assert encoder.name == "ViT-tiny-32@tiny.pt"


def test_weights_trained_with_quick_gelu_are_run_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OpenAI's were, whose architectures are named without it."""
    (tmp_path / "ViT-tiny-34.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(tmp_path / "ViT-tiny-34.json")
    torch.manual_seed(5)
    model = loud(open_clip.CLIP(**CONFIG, quick_gelu=True))
    torch.save(model.state_dict(), tmp_path / "tiny.pt")
    tag = {"url": "tiny.pt", "quick_gelu": True}
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, "ViT-tiny-34", {"sharp": tag})
    monkeypatch.setattr(open_clip, "download_pretrained", lambda *_, **__: str(tmp_path / "tiny.pt"))
    encoder = load_open_clip("ViT-tiny-34", pretrained="sharp", device="cpu", precision="fp32")
    photo = Image.effect_noise((32, 48), 80).convert("RGB")
    usual = open_clip.create_model("ViT-tiny-34", load_weights=False).visual.preprocess_cfg
    preprocess = image_transform_v2(PreprocessCfg(**usual), is_train=False)
    with torch.inference_mode():
        text = model.encode_text(open_clip.tokenize("a cat", context_length=20), normalize=True)
        image = model.encode_image(preprocess(photo)[None], normalize=True)
    torch.testing.assert_close(encoder.text("a cat").embed(torch.ones(1, 2, dtype=torch.bool)), text)
    torch.testing.assert_close(encoder.image(photo).embed(torch.ones(1, 6, dtype=torch.bool)), image)


def test_what_cannot_be_loaded_says_why(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    torch.save(random_clip(layers=3).state_dict(), other)
    cases = [
        (("ViT-Z-99", "openai"), "knows no model 'ViT-Z-99'"),
        (("ViT-B-32", None), "would explain noise; give pretrained=, for example 'openai'"),
        (("ViT-B-32", "no-such-tag"), "pretrained='no-such-tag' is neither a file nor a tag"),
        ((f"local-dir:{tmp_path}/nowhere", None), "There is no folder .*nowhere; check the path"),
        ((f"local-dir:{tmp_path}", None), r"cannot be loaded .* it needs open_clip_config\.json and weights beside it"),
    ]
    for (name, pretrained), message in cases:
        with pytest.raises(InputError, match=message):
            load_open_clip(name, pretrained=pretrained, device="cpu", precision="fp32")
    (folder.parent / "ViT-tiny-33.json").write_text(json.dumps(CONFIG))
    open_clip.add_model_config(folder.parent / "ViT-tiny-33.json")
    with pytest.raises(InputError, match="does not hold weights of ViT-tiny-33"):
        load_open_clip("ViT-tiny-33", pretrained=other, device="cpu", precision="fp32")
    for name, content in (("empty.pt", b""), ("empty.safetensors", b""), ("text.pt", b"hello"), ("text.bin", b"hi")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"{name} does not hold weights of ViT-tiny-33"):
            load_open_clip("ViT-tiny-33", pretrained=tmp_path / name, device="cpu", precision="fp32")
    with pytest.raises(InputError, match="ViT-B-16-SigLIP could not be fetched"):
        load_open_clip("ViT-B-16-SigLIP", pretrained="webli", device="cpu", precision="fp32")


def test_towers_that_cannot_be_masked_are_refused() -> None:
    resnet = open_clip.CLIP(8, {"layers": [1, 1, 1, 1], "width": 8, "image_size": 32}, CONFIG["text_cfg"])
    tokenizer, device = BpeTokenizer(SimpleTokenizer(), 20), torch.device("cpu")
    with pytest.raises(InputError, match="CLIP with a ModifiedResNet image tower, which cannot be masked"):
        OpenClipEncoder(resnet, tokenizer, PreprocessCfg(), "RN-tiny", device)
    pooled = random_clip(attentional_pool=True)
    with pytest.raises(InputError, match="cannot be masked, as it pools its patches by attention"):
        OpenClipEncoder(pooled, tokenizer, PreprocessCfg(), "pooled", device)


@pytest.mark.parametrize(
    ("caption", "message"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("word " * 19, r"19 tokens.*at most 18; shorten it"),
        ("<end_of_text> dog", "spells a special token of the model; leave it out"),
        ("caf\udce9", "is not valid text; write it in UTF-8"),
    ],
)
def test_captions_that_do_not_fit_are_refused(encoder: OpenClipEncoder, caption: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        encoder.text(caption)


def test_an_unavailable_device_is_refused(folder: Path) -> None:
    for device, message in (("toaster", "There is no device 'toaster'"), ("meta", "do not run on 'meta'; use 'cuda'")):
        with pytest.raises(InputError, match=message):
            load_open_clip(f"local-dir:{folder}", device=device)
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="offers no CUDA device; use device='cpu'"):
            load_open_clip(f"local-dir:{folder}", device="cuda")
