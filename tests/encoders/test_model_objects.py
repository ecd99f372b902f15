"""Models in memory are explained as they are, and stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import open_clip
import peft
import pytest
import torch
from PIL import Image
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from transformers import AutoModel, AutoProcessor, RobertaConfig, RobertaModel

from fixlip_widget import Explainer
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import write_transformers
from tests.encoders.models import MEAN, STD, random_clip, write_folder

# PEFT asks models of transformers for what is deprecated there.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")

CAPTION = "a photo of two dogs"
PICTURES = [(150, 40), (30, 90), (7, 9)]
"""Wide, tall and tiny."""


def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    return [Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)) for width, height in PICTURES]


def load_processor(folder: Path) -> Any:
    auto: Any = AutoProcessor
    return auto.from_pretrained(folder)


def full_values(explainer: Explainer) -> list[float]:
    options: dict[str, Any] = {"n_image_masks": 64, "n_text_masks": 64, "max_order": 1, "progress": False}
    return [explainer.explain(picture, CAPTION, **options).full_value for picture in pictures()]


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda model: model,
    "DataParallel": nn.DataParallel,
    "compiled": torch.compile,
    "DistributedDataParallel": lambda model: DistributedDataParallel(model),
    "DataParallel of compiled": lambda model: nn.DataParallel(cast(nn.Module, torch.compile(model))),
}


@pytest.fixture(scope="module", autouse=True)
def _process_group() -> Iterator[None]:
    """One process, for DistributedDataParallel."""
    store: Any = distributed.HashStore  # type: ignore[attr-defined]  # not exported to type checkers
    distributed.init_process_group("gloo", store=store(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS.keys())
def test_open_clip_models_are_taken_out_of_wrappers(wrap: Callable[[Any], Any], tmp_path: Path) -> None:
    folder = write_folder(tmp_path, random_clip())
    expected = full_values(Explainer.from_open_clip(folder, device="cpu", precision="fp32"))
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    model.train()
    for options in ({}, {"preprocess": preprocess}):
        explainer = Explainer.from_open_clip(
            wrap(model), tokenizer=tokenizer, device="cpu", precision="fp32", **options
        )
        assert full_values(explainer) == pytest.approx(expected, abs=1e-4)
    assert explainer.encoder.name == "CLIP in memory"
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_captions_are_as_long_as_the_model_reads() -> None:
    """Not as its tokenizer was made for."""
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    preprocess = {"mean": MEAN, "std": STD}
    explainer = Explainer.from_open_clip(random_clip(), tokenizer=tokenizer, preprocess=preprocess, device="cpu")
    with pytest.raises(InputError, match="19 tokens, but this model reads at most 18"):
        explainer.encoder.text("word " * 19)
    assert explainer.encoder.text("word " * 18).n_players == 18


def test_what_a_model_in_memory_does_not_bring_is_asked_for(tmp_path: Path) -> None:
    model = random_clip()
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    for options, message in (
        ({}, r"CLIP in memory needs its tokenizer; give tokenizer=open_clip\.get_tokenizer"),
        ({"tokenizer": tokenizer, "preprocess": {}}, "does not say how it takes pictures; give preprocess="),
        ({"tokenizer": str, "preprocess": {"mean": MEAN}}, "has a type as tokenizer, which is of an unknown kind"),
        ({"tokenizer": tokenizer, "pretrained": "openai"}, r"leave out pretrained= and quick_gelu="),
    ):
        with pytest.raises(InputError, match=message):
            Explainer.from_open_clip(model, device="cpu", **options)
    with pytest.raises(InputError, match="which cannot be masked"):
        Explainer.from_open_clip(nn.Linear(2, 2), tokenizer=tokenizer, device="cpu")
    with pytest.raises(InputError, match="Linear in memory is no model of transformers"):
        Explainer.from_transformers(nn.Linear(2, 2))
    folder = write_transformers(tmp_path, "clip")
    with pytest.raises(InputError, match="CLIPModel in memory needs its processor"):
        Explainer.from_transformers(AutoModel.from_pretrained(folder))


@pytest.mark.parametrize("kind", ["clip", "siglip", "siglip2"])
def test_transformers_models_in_memory_are_those_of_their_folder(kind: str, tmp_path: Path) -> None:
    folder = write_transformers(tmp_path, kind)
    expected = full_values(Explainer.from_transformers(folder, device="cpu", precision="fp32"))
    model = AutoModel.from_pretrained(folder)
    processor = load_processor(folder)
    for wrapped in (model, nn.DataParallel(model)):
        explainer = Explainer.from_transformers(wrapped, processor=processor, device="cpu", precision="fp32")
        assert full_values(explainer) == pytest.approx(expected, abs=1e-5)


def test_long_captions_are_cut_as_the_libraries_cut_them(tmp_path: Path) -> None:
    caption, picture = 17 * "cat " + "hydrant hydrant", pictures()[0]
    options: dict[str, Any] = {"device": "cpu", "precision": "fp32", "truncate": True}
    given: dict[str, Any] = {"n_image_masks": 64, "n_text_masks": 64, "max_order": 1, "progress": False}
    folder = f"local-dir:{write_folder(tmp_path / 'open_clip', random_clip())}"
    model, _, preprocess = open_clip.create_model_and_transforms(folder)
    tokenizer = open_clip.get_tokenizer(folder)
    with torch.inference_mode():
        logits, _ = model.eval().get_logits(preprocess(picture)[None], tokenizer([caption]))
    explainer = Explainer.from_open_clip(model, tokenizer=tokenizer, preprocess=preprocess, **options)
    assert explainer.explain(picture, caption, **given).full_value == pytest.approx(float(logits), abs=1e-4)
    saved = write_transformers(tmp_path / "transformers", "clip")
    twin, processor = AutoModel.from_pretrained(saved), load_processor(saved)
    inputs = processor(text=[caption], images=picture, truncation=True, max_length=20, return_tensors="pt")
    with torch.inference_mode():
        expected = float(twin(**inputs).logits_per_image)
    explainer = Explainer.from_transformers(twin, processor=processor, **options)
    assert explainer.explain(picture, caption, **given).full_value == pytest.approx(expected, abs=1e-4)


def adapted(model: nn.Module, targets: list[str]) -> Any:
    """A model with a LoRA adapter that changes what it says."""
    torch.manual_seed(3)
    config = peft.LoraConfig(r=4, target_modules=targets, init_lora_weights=False)
    build: Any = peft.get_peft_model
    return build(model, config).eval()


def test_lora_is_at_work_merged_or_not(tmp_path: Path) -> None:
    folder = write_transformers(tmp_path / "clip", "clip")
    processor = load_processor(folder)
    plain = full_values(Explainer.from_transformers(folder, device="cpu", precision="fp32"))
    model = adapted(AutoModel.from_pretrained(folder), ["q_proj", "v_proj", "fc1"])
    model.save_pretrained(tmp_path / "adapter")
    inputs = processor(text=[CAPTION], images=pictures()[0], return_tensors="pt", padding=True)
    with torch.inference_mode():
        expected = float(model(**inputs).logits_per_image)
    values = full_values(Explainer.from_transformers(model, processor=processor, device="cpu", precision="fp32"))
    assert values[0] == pytest.approx(expected, abs=1e-4)
    assert abs(values[0] - plain[0]) > 1e-2
    merged = model.merge_and_unload()
    for other in (
        Explainer.from_transformers(merged, processor=processor, device="cpu", precision="fp32"),
        Explainer.from_transformers(tmp_path / "adapter", device="cpu", precision="fp32"),
    ):
        assert full_values(other) == pytest.approx(values, abs=1e-4)


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    folder = write_transformers(tmp_path / "clip", "clip")
    adapted(AutoModel.from_pretrained(folder), ["q_proj"]).save_pretrained(tmp_path / "adapter")
    (tmp_path / "adapter" / "adapter_model.safetensors").unlink()
    torch.save({"base_model.model.other.lora_A.weight": torch.zeros(4, 32)}, tmp_path / "adapter" / "adapter_model.bin")
    with pytest.raises(InputError, match="is no adapter of its base model"):
        Explainer.from_transformers(tmp_path / "adapter", device="cpu")


def test_adapters_of_open_clip_models_are_at_work(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, random_clip())
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    plain = open_clip.create_model(f"local-dir:{folder}").eval()
    expected = full_values(Explainer.from_open_clip(plain, tokenizer=tokenizer, device="cpu", precision="fp32"))
    model = adapted(plain, ["c_fc", "attn"])
    values = full_values(Explainer.from_open_clip(model, tokenizer=tokenizer, device="cpu", precision="fp32"))
    assert max(abs(one - other) for one, other in zip(values, expected, strict=True)) > 1e-2
    merged = model.merge_and_unload()
    again = full_values(Explainer.from_open_clip(merged, tokenizer=tokenizer, device="cpu", precision="fp32"))
    assert values == pytest.approx(again, abs=1e-4)


def test_prompt_tuning_is_refused() -> None:
    sizes: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    text: Any = RobertaModel(RobertaConfig(vocab_size=40, **sizes))
    config = peft.PromptTuningConfig(task_type="FEATURE_EXTRACTION", num_virtual_tokens=2)
    with pytest.raises(InputError, match="Adapters of prompt tuning are no part of the model"):
        Explainer.from_transformers(peft.get_peft_model(text, config))
