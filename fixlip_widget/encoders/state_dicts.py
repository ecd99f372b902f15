"""From what a checkpoint holds to the state dict of an open_clip architecture.

Checkpoints are nested, carry prefixes of wrappers, or have the layout of another library; what does not fit is named.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from open_clip.convert import convert_state_dict
from open_clip.model import convert_to_custom_text_state_dict
from torch import Tensor, nn

from fixlip_widget.errors import InputError

Weights = dict[str, Tensor]

WRAPPERS = frozenset({"module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"})
"""Names that DataParallel, torch.compile and FSDP put into those of parameters."""
ANCHOR = "logit_scale"
"""A parameter that every contrastive model has once; what stands before its name is the prefix of the model."""
USUAL_PLACES = ("", "state_dict", "model_state_dict", "model")
"""Where weights are kept in a checkpoint, the first first; others, such as "ema", are taken where they are alone."""
NO_WEIGHTS = frozenset({"input_resolution", "context_length", "vocab_size", "attn_mask"})
"""Tensors in OpenAI's archives that describe the model."""
LONG_CLIP_KEPT = 20
"""Positions that Long-CLIP leaves as CLIP has them (Zhang et al., 2024); it stores the others apart."""


def find_weights(checkpoint: Any, source: str) -> Weights:
    """The weights of the one contrastive model in a checkpoint, without the prefixes of wrappers.

    Raises:
        InputError: where there is none, or more than one.
    """
    found = dict(_models(checkpoint))
    if not found:
        raise InputError(
            f"{source} does not hold weights of a model with two towers (no {ANCHOR} among its "
            f"{_count(sum(1 for _ in _tensors(checkpoint)), 'tensor')}); save model.state_dict() of the whole model."
        )
    usual = [place for place in USUAL_PLACES if place in found]
    if not usual and len(found) > 1:
        places = ", ".join(map(repr, sorted(found)))
        raise InputError(f"{source} holds several models ({places}); save the state dict of the one to be explained.")
    return found[usual[0] if usual else next(iter(found))]


def _models(content: Any, place: str = "") -> Iterator[tuple[str, Weights]]:
    """Each dict of tensors with a logit scale, and the keys that lead to it."""
    if not isinstance(content, Mapping):
        return
    plain = {_without_wrappers(key): value for key, value in _own_tensors(content)}
    for anchor in (key for key in plain if key.rpartition(".")[2] == ANCHOR):
        prefix = anchor.removesuffix(ANCHOR)
        inner = {key.removeprefix(prefix): value for key, value in plain.items() if key.startswith(prefix)}
        yield place or "", {key: value for key, value in inner.items() if key not in NO_WEIGHTS}
    for key, value in content.items():
        yield from _models(value, f"{place}.{key}" if place else str(key))


def _own_tensors(content: Mapping[Any, Any]) -> Iterator[tuple[str, Tensor]]:
    return ((key, value) for key, value in content.items() if isinstance(key, str) and isinstance(value, Tensor))


def _tensors(content: Any) -> Iterator[Tensor]:
    if isinstance(content, Mapping):
        yield from (tensor for _, tensor in _own_tensors(content))
        for value in content.values():
            yield from _tensors(value)


def _without_wrappers(key: str) -> str:
    return ".".join(part for part in key.split(".") if part not in WRAPPERS)


def to_open_clip(weights: Weights, source: str) -> Weights:
    """Weights under open_clip's names: transformers' CLIP and Long-CLIP are translated.

    Raises:
        InputError: for the layouts of transformers that open_clip has no counterpart of.
    """
    if "vision_model.embeddings.patch_embedding.weight" in weights:
        weights = _from_transformers(weights, source)
    if (rest := weights.pop("positional_embedding_res", None)) is not None:
        kept = weights["positional_embedding"][:LONG_CLIP_KEPT]  # (20, width)
        weights["positional_embedding"] = torch.cat([kept, rest[LONG_CLIP_KEPT:]])  # (positions, width)
    return weights


LAYER = r"encoder\.layers\.(\d+)\."
TRANSFORMERS_NAMES = (
    (r"vision_model\.embeddings\.class_embedding", "visual.class_embedding"),
    (r"vision_model\.embeddings\.patch_embedding\.weight", "visual.conv1.weight"),
    (r"vision_model\.embeddings\.position_embedding\.weight", "visual.positional_embedding"),
    (r"vision_model\.pre_layrnorm", "visual.ln_pre"),
    (r"vision_model\.post_layernorm", "visual.ln_post"),
    (r"visual_projection\.weight", "visual.proj"),
    (r"text_model\.embeddings\.token_embedding", "token_embedding"),
    (r"text_model\.embeddings\.position_embedding\.weight", "positional_embedding"),
    (r"text_model\.final_layer_norm", "ln_final"),
    (r"text_projection\.weight", "text_projection"),
    (rf"vision_model\.{LAYER}", r"visual.transformer.resblocks.\1."),
    (rf"text_model\.{LAYER}", r"transformer.resblocks.\1."),
    (r"(?<=\.)self_attn\.out_proj", "attn.out_proj"),
    (r"(?<=\.)layer_norm(?=[12])", "ln_"),
    (r"(?<=\.)mlp\.fc1", "mlp.c_fc"),
    (r"(?<=\.)mlp\.fc2", "mlp.c_proj"),
)
"""Names of transformers' CLIP → those of open_clip, each a pattern applied to the whole name in turn."""
QUERY = re.compile(r"(.*)self_attn\.q_proj\.(weight|bias)")


def _from_transformers(weights: Weights, source: str) -> Weights:
    if "vision_model.pre_layrnorm.weight" not in weights:
        raise InputError(
            f"{source} holds weights in transformers' layout of another model than CLIP; save the model with its "
            "processor by save_pretrained, and load the folder with Explainer.from_transformers."
        )
    renamed: Weights = {}
    for name, tensor in weights.items():
        if name.endswith("position_ids") or re.search(r"self_attn\.[kv]_proj\.", name):
            continue
        if match := QUERY.fullmatch(name):
            parts = [weights[f"{match[1]}self_attn.{part}_proj.{match[2]}"] for part in "qkv"]
            name, tensor = f"{match[1]}attn.in_proj_{match[2]}", torch.cat(parts)  # (3 · width[, width])
        for pattern, replacement in TRANSFORMERS_NAMES:
            name = re.sub(pattern, replacement, name)
        renamed[name] = tensor.T if name in ("visual.proj", "text_projection") else tensor
    return renamed


def sizes_of(weights: Weights, model_cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The architecture with the text positions, and the square image size, that the weights were trained with."""
    vision, text = dict(model_cfg["vision_cfg"]), dict(model_cfg["text_cfg"])
    positions = weights.get("positional_embedding", weights.get("text.positional_embedding"))
    if positions is not None and not text.get("embed_cls"):
        text["context_length"] = len(positions)
    patches = weights.get("visual.positional_embedding")
    side, size = vision.get("image_size"), vision.get("patch_size")
    if patches is not None and isinstance(side, int) and isinstance(size, int):
        trained = math.isqrt(len(patches) - 1)
        if trained**2 == len(patches) - 1 and trained != side // size:
            vision["image_size"] = trained * size
    return {**model_cfg, "vision_cfg": vision, "text_cfg": text}


def load_weights(model: nn.Module, weights: Weights, source: str, name: str) -> None:
    """Load weights under open_clip's names into a model of open_clip.

    Raises:
        InputError: with the names and numbers of weights that do not fit.
    """
    state: Weights = convert_state_dict(model, weights)
    expected = model.state_dict()
    if "positional_embedding" in state and "positional_embedding" not in expected:
        state = convert_to_custom_text_state_dict(state)
    elif "text.positional_embedding" in state and "positional_embedding" in expected:
        state = {key.removeprefix("text."): tensor for key, tensor in state.items()}
    for scalar in ("logit_scale", "logit_bias"):
        if scalar in state and scalar in expected and state[scalar].numel() == expected[scalar].numel():
            state[scalar] = state[scalar].reshape(expected[scalar].shape)
    # Buffers that older releases of transformers saved.
    state = {key: tensor for key, tensor in state.items() if key in expected or not key.endswith("position_ids")}
    missing = [key for key in expected if key not in state]
    other = [key for key in state if key not in expected]
    shapes = [
        f"{key} {_shape(state[key])} instead of {_shape(tensor)}"
        for key, tensor in expected.items()
        if key in state and state[key].shape != tensor.shape
    ]
    kinds = (missing, "missing"), (other, "unknown to it"), (shapes, "of another shape")
    misfits = [f"{_count(len(keys), 'weight')} {kind} ({_first(keys)})" for keys, kind in kinds if keys]
    if misfits:
        raise InputError(
            f"{source} does not hold weights of {name}: {'; '.join(misfits)}; name the architecture it was saved from, "
            "or rename its keys."
        )
    model.load_state_dict(state)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "scalar"


def _first(keys: list[str], shown: int = 3) -> str:
    return ", ".join(keys[:shown]) + (", …" if len(keys) > shown else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
