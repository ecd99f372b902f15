"""What a file of weights does not say is taken from published weights, and said in one warning."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

from fixlip_widget import Explainer
from fixlip_widget.encoders.openclip import OpenClipEncoder, load_open_clip
from fixlip_widget.encoders.openclip_source import read_source
from fixlip_widget.errors import InputError
from tests.encoders.models import CONFIG, MEAN, STD, loud, random_clip, write_folder

SQUASHED: dict[str, Any] = {"mean": (0.5,) * 3, "std": (0.5,) * 3, "interpolation": "bilinear", "resize_mode": "squash"}
CROPPED: dict[str, Any] = {
    "mean": tuple(MEAN),
    "std": tuple(STD),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
NAME = "ViT-tiny-35"


@pytest.fixture
def architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Any]]]:
    """An architecture of which weights are published with and without QuickGELU; its tags, which tests add to."""
    tags: dict[str, dict[str, Any]] = {}
    for name, options in ((NAME, {}), (f"{NAME}-quickgelu", {"quick_gelu": True})):
        (tmp_path / f"{name}.json").write_text(json.dumps(CONFIG | options))
        open_clip.add_model_config(tmp_path / f"{name}.json")
    monkeypatch.setitem(open_clip.pretrained._PRETRAINED, NAME, tags)
    yield tags
    for name in (NAME, f"{NAME}-quickgelu"):
        open_clip.factory._MODEL_CONFIGS.pop(name)
        (tmp_path / f"{name}.json").unlink()
    open_clip.factory._rescan_model_configs()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(loud(open_clip.CLIP(**CONFIG)).state_dict(), tmp_path / "ft.pt")
    return tmp_path / "ft.pt"


@pytest.fixture
def photo() -> Image.Image:
    return Image.effect_noise((90, 60), 80).convert("RGB")


def similarity(weights: Path, photo: Image.Image, preprocess: dict[str, Any], quick_gelu: bool) -> float:
    """That of open_clip itself."""
    model = open_clip.CLIP(**CONFIG, quick_gelu=quick_gelu).eval()
    model.load_state_dict(torch.load(weights, weights_only=True))
    pixels = image_transform_v2(PreprocessCfg(size=(48, 32), **preprocess), is_train=False)(photo)[None]
    ids = open_clip.tokenize("a cat", context_length=20)
    with torch.inference_mode():
        image, text = model.encode_image(pixels, normalize=True), model.encode_text(ids, normalize=True)
    return float((image * text).sum() * model.logit_scale.detach().exp())


def full_value(encoder: OpenClipEncoder, photo: Image.Image) -> float:
    return Explainer(encoder).explain(photo, "a cat", n_image_masks=64, progress=False).full_value


def load(weights: Path, name: str = NAME, **options: Any) -> OpenClipEncoder:
    return load_open_clip(name, pretrained=weights, device="cpu", precision="fp32", **options)


def test_published_weights_that_agree_are_followed(
    architecture: dict[str, dict[str, Any]], weights: Path, photo: Image.Image
) -> None:
    architecture["one"] = architecture["other"] = {"url": "", **SQUASHED}
    encoder = load(weights, quick_gelu=False)
    assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, SQUASHED, False), abs=1e-4)
    assert "GELU, mean 0.5,0.5,0.5, std 0.5,0.5,0.5, bilinear, squashed" in encoder.card


def test_what_is_assumed_is_said_once_and_settled_by_options(
    architecture: dict[str, dict[str, Any]], weights: Path, photo: Image.Image
) -> None:
    architecture["one"], architecture["two"] = {"url": "", **CROPPED}, {"url": "", **SQUASHED}
    architecture["three"] = {"url": "", **CROPPED}
    with pytest.warns(
        UserWarning, match=r"ft\.pt is taken to have mean 0\.4,0\.5,0\.6.*centre crop.* and GELU"
    ) as caught:
        encoder = load(weights)
    assert len(caught) == 1
    assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, CROPPED, False), abs=1e-4)
    for given in (SQUASHED, PreprocessCfg(size=(48, 32), **SQUASHED)):
        encoder = load(weights, preprocess=given, quick_gelu=True)
        assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, SQUASHED, True), abs=1e-4)
        assert "QuickGELU, mean 0.5,0.5,0.5" in encoder.card
    transform = image_transform_v2(PreprocessCfg(size=(48, 32), **SQUASHED), is_train=False)
    encoder = load(weights, preprocess=transform, quick_gelu=True)
    assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, SQUASHED, True), abs=1e-4)
    assert "preprocessing of its own" in encoder.card
    with pytest.warns(UserWarning, match=r"centre crop \(published weights differ; preprocess= settles it\)\.$"):
        load(weights, quick_gelu=False)


def test_an_architecture_named_for_its_activation_leaves_no_doubt(
    architecture: dict[str, dict[str, Any]], weights: Path, photo: Image.Image
) -> None:
    encoder = load(weights, name=f"{NAME}-quickgelu", preprocess=CROPPED)
    assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, CROPPED, True), abs=1e-4)


def test_published_weights_bring_their_preprocessing_and_activation(
    architecture: dict[str, dict[str, Any]], weights: Path, photo: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    architecture["sharp"] = {"url": "", "quick_gelu": True, **SQUASHED}
    monkeypatch.setattr(open_clip, "download_pretrained", lambda tag: str(weights))
    encoder = load_open_clip(NAME, pretrained="sharp", device="cpu", precision="fp32")
    assert full_value(encoder, photo) == pytest.approx(similarity(weights, photo, SQUASHED, True), abs=1e-4)


@pytest.mark.parametrize("name", open_clip.list_models())
def test_weights_in_a_file_are_prepared_as_published_ones(name: str, tmp_path: Path) -> None:
    """For every architecture: its tags' preprocessing where they agree, and a warning where they do not."""
    (tmp_path / "ft.pt").touch()
    source = read_source(name, str(tmp_path / "ft.pt"))
    tags = [open_clip.get_pretrained_cfg(name, tag) for tag in open_clip.list_pretrained_tags_by_model(name)]
    defaults = PreprocessCfg()
    published = {tuple(str(tag.get(field, getattr(defaults, field))) for field in SQUASHED) for tag in tags}
    if len(published) == 1:
        known = tuple(str(tuple(v) if isinstance(v := source.preprocess_cfg[field], list) else v) for field in SQUASHED)
        assert {known} == published
    assert ("preprocess" in source.assumed) == (len(published) != 1)
    both = {bool(tag.get("quick_gelu")) for tag in tags} == {True, False}
    assert "quick_gelu" in source.assumed or not both


def test_weights_of_more_positions_read_longer_captions(
    architecture: dict[str, dict[str, Any]], tmp_path: Path, photo: Image.Image
) -> None:
    """As Long-CLIP's, whose positions are in two tables."""
    torch.manual_seed(0)
    state = loud(open_clip.CLIP(**{**CONFIG, "text_cfg": {**CONFIG["text_cfg"], "context_length": 40}})).state_dict()
    state["positional_embedding_res"] = state["positional_embedding"].clone()
    torch.save(state, tmp_path / "long.pt")
    encoder = load(tmp_path / "long.pt", preprocess=CROPPED, quick_gelu=False)
    caption = "word " * 30
    assert encoder.text(caption).n_players == 30
    model = open_clip.CLIP(**{**CONFIG, "text_cfg": {**CONFIG["text_cfg"], "context_length": 40}}).eval()
    model.load_state_dict({name: tensor for name, tensor in state.items() if name != "positional_embedding_res"})
    with torch.inference_mode():
        expected = model.encode_text(open_clip.tokenize(caption, context_length=40), normalize=True)
    torch.testing.assert_close(encoder.text(caption).embed(torch.ones(1, 30, dtype=torch.bool)), expected)


def test_a_file_takes_the_place_of_the_weights_of_a_folder(tmp_path: Path, photo: Image.Image) -> None:
    folder, other = write_folder(tmp_path / "clip", random_clip(seed=1)), random_clip(seed=2)
    torch.save(other.state_dict(), tmp_path / "other.pt")
    write_folder(tmp_path / "other", other)
    values = [
        full_value(load_open_clip(source, pretrained=weights, device="cpu", precision="fp32"), photo)
        for source, weights in ((folder, tmp_path / "other.pt"), (tmp_path / "other", None), (folder, None))
    ]
    assert values[0] == values[1] != values[2]
    with pytest.raises(
        InputError, match=r"pretrained='openai' is no file; leave it out, as local-dir:.*its own weights"
    ):
        load_open_clip(folder, pretrained="openai")


def test_preprocessing_that_does_not_exist_is_refused(architecture: dict[str, dict[str, Any]], weights: Path) -> None:
    cases: list[tuple[Any, str]] = [
        ({"means": (0, 0, 0)}, "has no field 'means'; it has mean, std, interpolation, resize_mode"),
        ({"resize_mode": "crop"}, "has resize_mode 'crop'; use 'shortest' or 'longest' or 'squash'"),
        ({"interpolation": "cubic"}, "has interpolation 'cubic'; use 'bicubic' or 'bilinear'"),
        ({"std": (1, 1, 0)}, r"has std \(1\.0, 1\.0, 0\.0\); give three numbers, those of std above 0"),
        ({"mean": (1, 1)}, "give three numbers"),
    ]
    for preprocess, message in cases:
        with pytest.raises(InputError, match=message):
            load(weights, preprocess=preprocess, quick_gelu=False)
