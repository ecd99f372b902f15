"""Checkpoints as people save them are read without running code, or refused in a sentence that says why."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from fixlip_widget.encoders.checkpoints import read_checkpoint
from fixlip_widget.encoders.openclip import load_open_clip
from fixlip_widget.encoders.openclip_source import build_model
from fixlip_widget.encoders.state_dicts import LONG_CLIP_KEPT, find_weights, load_weights, sizes_of, to_open_clip
from fixlip_widget.errors import InputError
from tests.encoders.models import CONFIG, loud, random_clip, write_folder

Weights = dict[str, Tensor]


@pytest.fixture(scope="module")
def model() -> open_clip.CLIP:
    return random_clip(seed=4)


@pytest.fixture(scope="module")
def weights(model: open_clip.CLIP) -> Weights:
    state: Weights = model.state_dict()
    return state


def prefixed(prefix: str, weights: Weights) -> Weights:
    return {prefix + name: tensor for name, tensor in weights.items()}


LAYOUTS: dict[str, Callable[[Weights], Any]] = {
    "plain": lambda weights: weights,
    "state_dict": lambda weights: {"state_dict": weights, "epoch": 3, "optimizer": {"state": {0: torch.zeros(2)}}},
    "model and scores of NumPy": lambda weights: {
        "model": weights,
        "best_acc": np.float64(0.5),
        "loss": np.float32(0.25),
        "history": np.arange(3),
        "args": argparse.Namespace(lr=1e-5),
    },
    "best model": lambda weights: {"best_model": weights, "epoch": np.int64(3)},
    "DataParallel": lambda weights: {"state_dict": prefixed("module.", weights)},
    "compiled": lambda weights: prefixed("_orig_mod.", weights),
    "DDP of compiled": lambda weights: prefixed("module._orig_mod.", weights),
    "compiled tower": lambda weights: {
        name.replace("visual.", "visual._orig_mod."): tensor for name, tensor in weights.items()
    },
    "Lightning": lambda weights: {
        "state_dict": {**prefixed("model.", weights), "head.weight": torch.zeros(2, 2)},
        "hyper_parameters": {"lr": 0.1},
    },
    "inside another": lambda weights: {"model": prefixed("clip.", weights)},
    "model and its average": lambda weights: {"ema": weights | {"logit_scale": torch.tensor(9.0)}, "model": weights},
    "own text tower": lambda weights: {
        name if name.startswith(("visual.", "logit_scale")) else f"text.{name}": tensor
        for name, tensor in weights.items()
    },
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_a_model_is_found_wherever_it_is_kept(
    layout: Callable[[Weights], Any], weights: Weights, tmp_path: Path
) -> None:
    torch.save(layout(weights), tmp_path / "it.pt")
    assert_loaded(tmp_path / "it.pt", weights)


def assert_loaded(path: Path, weights: Weights) -> None:
    found = to_open_clip(find_weights(read_checkpoint(path), path.name), path.name)
    built = build_model(sizes_of(found, CONFIG))
    load_weights(built, found, path.name, "it")
    state = built.state_dict()
    assert state.keys() == weights.keys()
    assert all(torch.equal(state[name], weights[name]) for name in weights)


@pytest.mark.filterwarnings("ignore")  # torch.jit is deprecated, and traces warn of shapes
def test_torchscript_is_read_for_its_tensors(model: open_clip.CLIP, weights: Weights, tmp_path: Path) -> None:
    inputs = {"encode_image": torch.zeros(1, 3, 48, 32), "encode_text": torch.zeros(1, 20, dtype=torch.long)}
    trace: Any = torch.jit.trace_module
    traced = trace(model, inputs, strict=False, check_trace=False)
    torch.jit.save(traced, tmp_path / "it.pt")
    assert_loaded(tmp_path / "it.pt", weights)


def test_parts_of_a_model_are_put_together(weights: Weights, tmp_path: Path) -> None:
    names = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
    halves: list[Weights] = [{}, {}]
    for place, (name, tensor) in enumerate(weights.items()):
        halves[place % 2][name] = tensor.contiguous()
    for name, half in zip(names, halves, strict=True):
        save_file(half, tmp_path / name)
    index = tmp_path / "model.safetensors.index.json"
    with pytest.raises(InputError, match=r"holds a part of a model, but no model\.safetensors\.index\.json"):
        read_checkpoint(tmp_path / names[0])
    index.write_text(json.dumps({"weight_map": {name: names[place % 2] for place, name in enumerate(weights)}}))
    for path in (index, tmp_path / names[1]):
        assert_loaded(path, weights)
    (tmp_path / names[1]).unlink()
    with pytest.raises(InputError, match=r"lacks model-00002-of-00002\.safetensors, a part of the model"):
        read_checkpoint(index)
    index.write_text(json.dumps({"weight_map": {"logit_scale": "../secret.safetensors"}}))
    with pytest.raises(InputError, match="names files of other folders"):
        read_checkpoint(index)


def test_weights_in_the_layout_of_transformers_are_translated(tmp_path: Path) -> None:
    sizes: dict[str, Any] = {"num_hidden_layers": 2, "hidden_act": "gelu"}
    vision = {"hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 256, "image_size": 48, "patch_size": 16}
    text = {
        "hidden_size": 32,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "max_position_embeddings": 20,
        "eos_token_id": 49407,
    }
    torch.manual_seed(0)
    theirs: Any = loud(CLIPModel(CLIPConfig(text_config=text | sizes, vision_config=vision | sizes, projection_dim=24)))
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    found = to_open_clip(find_weights(read_checkpoint(tmp_path / "theirs.pt"), "it"), "it")
    config = {
        **CONFIG,
        "vision_cfg": {**CONFIG["vision_cfg"], "image_size": 48},
        "text_cfg": {**CONFIG["text_cfg"], "heads": 4},
    }
    ours: Any = build_model(config).eval()
    load_weights(ours, found, "it", "it")
    pixels = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(1))
    ids = open_clip.tokenize(["a photo of two dogs", "a cat"], context_length=20)
    mask = (ids != 0).long()
    with torch.inference_mode():
        expected = theirs(input_ids=ids, attention_mask=mask, pixel_values=pixels)
        torch.testing.assert_close(ours.encode_image(pixels, normalize=True), expected.image_embeds, atol=1e-5, rtol=0)
        torch.testing.assert_close(ours.encode_text(ids, normalize=True), expected.text_embeds, atol=1e-5, rtol=0)


def test_siglip_in_the_layout_of_transformers_is_sent_to_its_loader() -> None:
    names = "logit_scale", "vision_model.embeddings.patch_embedding.weight", "vision_model.head.probe"
    with pytest.raises(InputError, match=r"of another model than CLIP; .* load the folder with Explainer\.from_transf"):
        to_open_clip({name: torch.zeros(1) for name in names}, "it")


def test_sizes_are_those_of_the_weights() -> None:
    """Positions of 30 tokens and of 4×4 patches, where the architecture has 20 and 3×3."""
    vision = {**CONFIG["vision_cfg"], "image_size": 64}
    large = loud(
        open_clip.CLIP(**{**CONFIG, "vision_cfg": vision, "text_cfg": {**CONFIG["text_cfg"], "context_length": 30}})
    )
    named = {**CONFIG, "vision_cfg": {**vision, "image_size": 48}}
    adapted = sizes_of(large.state_dict(), named)
    assert (adapted["vision_cfg"]["image_size"], adapted["text_cfg"]["context_length"]) == (64, 30)
    built = build_model(adapted)
    load_weights(built, large.state_dict(), "it", "it")
    torch.testing.assert_close(built.state_dict()["positional_embedding"], large.positional_embedding.data)


def test_positions_of_long_clip_are_joined(weights: Weights) -> None:
    """As its authors' forward does: the first 20 from one table, the others from the other."""
    first, rest = torch.randn(248, 32), torch.randn(248, 32)
    long = {**weights, "positional_embedding": first, "positional_embedding_res": rest}
    mask = torch.zeros(248, 1)
    mask[:LONG_CLIP_KEPT] = 1
    found = to_open_clip(long, "it")
    torch.testing.assert_close(found["positional_embedding"], first * mask + rest * (1 - mask))
    assert sizes_of(found, CONFIG)["text_cfg"]["context_length"] == 248


def test_what_does_not_fit_is_named(weights: Weights) -> None:
    built = build_model(CONFIG)
    changed = {name: tensor for name, tensor in weights.items() if "resblocks.1.ln_1" not in name}
    changed |= {"extra.weight": torch.zeros(1), "visual.proj": torch.zeros(64, 8)}
    with pytest.raises(InputError) as caught:
        load_weights(built, changed, "it.pt", "ViT-tiny")
    message = str(caught.value)
    assert "it.pt does not hold weights of ViT-tiny: 4 weights missing (visual.transformer.resblocks.1.ln_1" in message
    assert "1 weight unknown to it (extra.weight)" in message
    assert "1 weight of another shape (visual.proj 64×8 instead of 64×24)" in message
    assert message.count(", …") == 1


def test_no_model_and_several_are_refused(weights: Weights) -> None:
    with pytest.raises(InputError, match=r"no logit_scale among its 2 tensors"):
        find_weights({"a": torch.zeros(1), "b": {"c": torch.zeros(1)}}, "it")
    with pytest.raises(InputError, match=r"holds several models \('best', 'last'\)"):
        find_weights({"best": weights, "last": weights}, "it")


class Payload:
    """What creates a file where it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.trace}",)


def as_torch_file(path: Path, payload: Payload) -> None:
    torch.save({"logit_scale": torch.zeros(()), "more": payload}, path)


def as_old_torch_file(path: Path, payload: Payload) -> None:
    torch.save({"logit_scale": payload}, path, _use_new_zipfile_serialization=False)


def as_pickle(path: Path, payload: Payload) -> None:
    path.write_bytes(pickle.dumps(payload))


def as_type_error(path: Path, payload: Payload) -> None:
    """What torch refuses with a TypeError, after which open_clip unpickles without restriction."""

    class Number:
        def __reduce__(self) -> tuple[Any, ...]:
            return torch.Size, (5,), None, iter([payload])

    torch.save({"logit_scale": Number()}, path)


def as_torchscript(path: Path, payload: Payload) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("it/constants.pkl", pickle.dumps(()))
        archive.writestr("it/data.pkl", pickle.dumps(payload))


def as_tar(path: Path, payload: Payload) -> None:
    (path.parent / "storages").write_bytes(pickle.dumps(payload))
    with tarfile.open(path, "w") as archive:
        for name in ("storages", "tensors", "pickle"):
            archive.add(path.parent / "storages", name)


@pytest.mark.parametrize("suffix", ["pt", "bin", "pth", "ckpt", "safetensors"])
@pytest.mark.parametrize("write", [as_torch_file, as_old_torch_file, as_pickle, as_type_error, as_torchscript, as_tar])
def test_no_format_runs_code(write: Callable[[Path, Payload], None], suffix: str, tmp_path: Path) -> None:
    trace, file = tmp_path / "ran", tmp_path / f"evil.{suffix}"
    write(file, Payload(trace))
    with pytest.raises(InputError):
        load_open_clip("ViT-B-32", pretrained=file, device="cpu", quick_gelu=False, preprocess={"mean": (0, 0, 0)})
    folder = write_folder(tmp_path / "folder", random_clip())
    (folder / "model.safetensors").unlink()
    file.rename(folder / f"open_clip_pytorch_model.{suffix}")
    with pytest.raises(InputError):
        load_open_clip(folder, device="cpu")
    assert not trace.exists()


def test_objects_that_are_not_loaded_are_named(tmp_path: Path) -> None:
    as_torch_file(tmp_path / "evil.pt", Payload(tmp_path / "ran"))
    with pytest.raises(InputError, match=r"holds more than tensors \(posix\.system\), which is not loaded"):
        read_checkpoint(tmp_path / "evil.pt")
    as_torchscript(tmp_path / "script.pt", Payload(tmp_path / "ran"))
    with pytest.raises(InputError, match=r"asks for posix\.system, which is not loaded"):
        read_checkpoint(tmp_path / "script.pt")
