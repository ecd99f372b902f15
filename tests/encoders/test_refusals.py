"""What cannot be loaded or masked says so in one sentence, at once."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import open_clip
import pytest
from safetensors.torch import load_file, save_file

from fixlip_widget import Explainer
from fixlip_widget.encoders import huggingface
from fixlip_widget.encoders.hub import TIMEOUT_S, hub_or_cache, is_reachable
from fixlip_widget.encoders.openclip import load_open_clip, open_towers
from fixlip_widget.encoders.openclip_source import build_outline
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import open_clip_config, write_open_clip, write_transformers


@pytest.fixture
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a test wanted the network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("_no_network")
def test_a_hub_out_of_reach_says_so_at_once() -> None:
    for load, name, advice in (
        (lambda: load_open_clip("ViT-B-32", pretrained="openai"), "ViT-B-32", r"use local-dir:PATH, or the bundled"),
        (lambda: load_open_clip("ViT-B-16-SigLIP2", pretrained="webli"), "ViT-B-16-SigLIP2", r"use local-dir:PATH"),
        (lambda: load_open_clip("hf-hub:nobody/nothing"), "hf-hub:nobody/nothing", r"use local-dir:PATH"),
        (
            lambda: Explainer.from_transformers("google/siglip2-base-patch32-256"),
            "google/siglip2-base-patch32-256",
            r"give a folder it was saved to, or use the bundled encoder Explainer\.demo\(\)",
        ),
    ):
        with pytest.raises(InputError, match=f"{name} could not be fetched .*{advice}") as caught:
            load()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, True),
        (HTTPError("https://hub", 405, "method not allowed", {}, None), True),  # type: ignore[arg-type]
        (URLError("name or service not known"), False),
        (TimeoutError(), False),
    ],
)
def test_any_answer_means_that_the_hub_is_there(
    monkeypatch: pytest.MonkeyPatch, answer: Exception | None, expected: bool
) -> None:
    class Answer:
        def close(self) -> None:
            pass

    def urlopen(request: Any, timeout: float) -> Answer:
        assert request.get_method() == "HEAD"
        assert timeout == TIMEOUT_S
        if answer is not None:
            raise answer
        return Answer()

    monkeypatch.undo()
    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    assert is_reachable() is expected


def test_offline_is_left_as_it_was() -> None:
    from huggingface_hub import constants

    before, inside = constants.HF_HUB_OFFLINE, []

    def fail() -> None:
        with hub_or_cache():
            inside.append(constants.HF_HUB_OFFLINE)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert inside == [True]
    assert before == constants.HF_HUB_OFFLINE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "RN50",
            "RN50 is a CLIP with a ModifiedResNet image tower, which cannot be masked, as it has no patches",
        ),
        (
            "coca_ViT-B-32",
            "is a CoCa with a VisionTransformer image tower, which cannot be masked, as it generates captions",
        ),
        ("convnext_base", "as it has no patches; give image_grid="),
        ("MobileCLIP2-S0", "as it has no patches"),
    ],
)
def test_architectures_are_refused_before_anything_is_fetched(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_open_clip(name, pretrained=open_clip.list_pretrained_tags_by_model(name)[0])


def test_flexible_towers_of_open_clip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="as it has no patches; give image_grid="):
        load_open_clip(write_open_clip(tmp_path, open_clip_config("tiny_naflex")))


def test_text_towers_that_read_more_than_the_caption_are_refused() -> None:
    text = {**open_clip_config()["text_cfg"], "embed_cls": True}
    config = {key: value for key, value in open_clip_config().items() if key != "custom_text"}
    model = open_clip.model.CustomTextCLIP(**{**config, "text_cfg": text})
    with pytest.raises(InputError, match="as it does not pool a caption's own tokens"):
        open_towers(model, "one that adds a token")


def test_an_outline_has_no_weights_and_no_complaints(caplog: pytest.LogCaptureFixture) -> None:
    model = build_outline(open_clip.get_model_config("ViT-B-32"))
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert not caplog.records


def test_folders_that_do_not_hold_a_whole_model_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty cannot be loaded .* it needs a model, its image processor and"):
        Explainer.from_transformers(tmp_path / "empty")
    folder = write_transformers(tmp_path / "clip", "clip")
    weights = load_file(folder / "model.safetensors")
    save_file(
        {name: tensor for name, tensor in weights.items() if name != "visual_projection.weight"},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    with pytest.raises(InputError, match=r"clip holds no weights for visual_projection\.weight; use the folder"):
        Explainer.from_transformers(folder)
    config = json.loads((folder / "config.json").read_text())
    config["projection_dim"] = 17
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="clip cannot be loaded"):
        Explainer.from_transformers(folder)


def test_other_kinds_of_models_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="of type 'bert', which cannot be masked; use one of type 'clip' or 'siglip'"):
        Explainer.from_transformers(tmp_path)


def test_transformers_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(huggingface, "import_module", missing)
    with pytest.raises(InputError, match=r"not installed; run pip install 'fixlip-widget\[transformers\]'"):
        Explainer.from_transformers("openai/clip-vit-base-patch32")


@pytest.mark.usefixtures("_no_network")
def test_a_mistyped_path_is_no_unknown_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ft.pt").touch()
    for name in (f"{tmp_path}/modle", "./modle", "~/modle", "runs/3/modle", "modle/", ".\\modle"):
        for load in (load_open_clip, Explainer.from_transformers, Explainer.from_sentence_transformers):
            with pytest.raises(InputError, match=rf"^There is no folder {re.escape(name)}; check the path\.$"):
                load(name)
    for folder in ("modle", f"{tmp_path}/modle"):
        with pytest.raises(InputError, match=rf"^There is no folder {folder}; check the path\.$"):
            load_open_clip(f"local-dir:{folder}")
    with pytest.raises(InputError, match=r"There is no folder owner/name; check the path, or write hf-hub:owner/name"):
        load_open_clip("owner/name")
    with pytest.raises(InputError, match=r"ft\.pt is a file; name the architecture .*, and give pretrained='ft\.pt'"):
        load_open_clip("ft.pt")
    with pytest.raises(InputError, match=r"ft\.pt is a file, not a folder; give the folder of the model"):
        Explainer.from_transformers("ft.pt")
