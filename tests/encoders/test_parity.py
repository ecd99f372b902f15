"""The same CLIP, loaded by open_clip and by transformers, is explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
from PIL import Image
from torch import Tensor
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from fixlip_widget import Explainer
from tests.encoders.checkpoints import clip_tokenizer
from tests.encoders.models import CONFIG, MEAN, STD, random_clip, write_folder

SIDE = 48
CAPTION = "Two dogs, next to a hydrant"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for each of the libraries."""
    here = tmp_path_factory.mktemp("twins")
    config = {**CONFIG, "vision_cfg": {**CONFIG["vision_cfg"], "image_size": SIDE}}
    model = random_clip(image_size=SIDE)
    write_folder(here / "open_clip", model, config)
    write_twin(here / "transformers", model)
    return here


def write_twin(folder: Path, model: open_clip.CLIP) -> None:
    """The weights of open_clip under the names of transformers."""
    vision = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 256}
    text = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    common = {"hidden_act": "gelu", "layer_norm_eps": 1e-5}
    twin = CLIPModel(
        CLIPConfig(
            text_config={**text, **common, "max_position_embeddings": 20, "vocab_size": 49408, "eos_token_id": 49407},
            vision_config={**vision, **common, "image_size": SIDE, "patch_size": 16},
            projection_dim=24,
        )
    )
    weights = dict(model.state_dict())
    named: dict[str, Tensor] = {"logit_scale": weights["logit_scale"]}
    named["visual_projection.weight"] = weights["visual.proj"].T
    named["text_projection.weight"] = weights["text_projection"].T
    for there, here in {
        "vision_model.embeddings.class_embedding": "visual.class_embedding",
        "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
        "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
        "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
        "text_model.embeddings.position_embedding.weight": "positional_embedding",
    }.items():
        named[there] = weights[here]
    layers = {"ln_1": "layer_norm1", "ln_2": "layer_norm2", "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2"}
    layers["attn.out_proj"] = "self_attn.out_proj"
    for part in ("weight", "bias"):
        named[f"vision_model.pre_layrnorm.{part}"] = weights[f"visual.ln_pre.{part}"]
        named[f"vision_model.post_layernorm.{part}"] = weights[f"visual.ln_post.{part}"]
        named[f"text_model.final_layer_norm.{part}"] = weights[f"ln_final.{part}"]
        for tower, blocks in (("vision_model", "visual.transformer"), ("text_model", "transformer")):
            for layer in range(2):
                source, target = f"{blocks}.resblocks.{layer}", f"{tower}.encoder.layers.{layer}"
                for here, there in layers.items():
                    named[f"{target}.{there}.{part}"] = weights[f"{source}.{here}.{part}"]
                thirds = weights[f"{source}.attn.in_proj_{part}"].chunk(3)
                for name, third in zip("qkv", thirds, strict=True):
                    named[f"{target}.self_attn.{name}_proj.{part}"] = third
    twin.load_state_dict(named)
    twin.save_pretrained(folder)
    clip_tokenizer().save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=SIDE, image_mean=MEAN, image_std=STD).save_pretrained(
        folder
    )


@pytest.mark.parametrize("masking", [{}, {"text_masker": "pad", "image_masker": "drop"}])
def test_values_are_equal(here: Path, masking: dict[str, Any]) -> None:
    options = {"device": "cpu", "precision": "fp32", **masking}
    twins = (
        Explainer.from_open_clip(here / "open_clip", **options),
        Explainer.from_transformers(here / "transformers", **options),
    )
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8))
    first, second = (
        explainer.explain(photo, CAPTION, n_image_masks=80, n_text_masks=128, random_state=0, progress=False)
        for explainer in twins
    )
    assert first.tokens == second.tokens
    assert first.tokens[-8:] == ("two", "dogs", ",", "next", "to", "a", "hydr", "ant")
    for name in ("first", "second", "stderr_second", "full_value", "empty_value", "baseline_value"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), atol=1e-4, err_msg=name)
    assert np.abs(first.second).max() > 0.01
