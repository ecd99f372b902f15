"""Loading open_clip models by name and tag, hub name, folder or checkpoint file."""

from __future__ import annotations

from pathlib import Path

import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg

from fixlip_widget.encoders.captions import BpeTokenizer
from fixlip_widget.encoders.clip import ClipEncoder
from fixlip_widget.encoders.device import pick_device
from fixlip_widget.encoders.precision import pick_precision
from fixlip_widget.errors import InputError

SCHEMAS = ("hf-hub:", "local-dir:")


def load_open_clip(
    name: str,
    *,
    pretrained: str | Path | None = None,
    device: str | torch.device | None = None,
    precision: str = "auto",
) -> ClipEncoder:
    """`name` is an architecture (with `pretrained`, a tag or a checkpoint file), "hf-hub:…" or "local-dir:…".

    Raises InputError for names and tags open_clip does not know, files that are missing or do not match the
    architecture, a hub that cannot be reached, and towers that cannot be masked.
    """
    chosen = pick_device(device)
    dtype = pick_precision(precision, chosen)
    source = None if pretrained is None else str(pretrained)
    has_schema = name.startswith(SCHEMAS)
    if not has_schema:
        _check_names(name, source)
    quick_gelu = bool(not has_schema and open_clip.get_pretrained_cfg(name, source).get("quick_gelu", False))
    try:
        # First what is small: an encoder that cannot be used is refused before its weights are fetched.
        tokenizer = open_clip.get_tokenizer(name)
        if not isinstance(tokenizer, SimpleTokenizer):
            raise InputError(f"{name} has a tokenizer that cannot be used yet; use a CLIP ViT such as ViT-B-32.")
        model = open_clip.create_model(name, source, force_quick_gelu=quick_gelu, require_pretrained=True)
    except InputError:
        raise
    except Exception as error:  # hubs, unpicklers and state dicts each have errors of their own
        raise InputError(_why(name, source, error)) from error
    label = name if source is None else f"{name}@{Path(source).name}"
    preprocess = PreprocessCfg(**model.visual.preprocess_cfg)
    return ClipEncoder(model, BpeTokenizer(tokenizer, model.context_length), preprocess, label, chosen, dtype)


def _check_names(name: str, pretrained: str | None) -> None:
    if name not in open_clip.list_models():
        raise InputError(f"open_clip knows no model {name!r}; open_clip.list_models() lists their names.")
    tags = open_clip.list_pretrained_tags_by_model(name)
    some = ", ".join(map(repr, tags[:4])) or "a checkpoint file"
    if pretrained is None:
        raise InputError(f"Without weights {name} would explain noise; give pretrained=, for example {some}.")
    if pretrained not in tags and not Path(pretrained).is_file():
        raise InputError(f"pretrained={pretrained!r} is neither a file nor a tag of {name}; it has {some}.")


def _why(name: str, pretrained: str | None, error: Exception) -> str:
    lines = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    if pretrained is not None and Path(pretrained).is_file():
        return f"{pretrained} does not hold weights of {name} ({reason}); name the architecture it was saved from."
    if name.startswith("local-dir:"):
        return f"{name} cannot be loaded ({reason}); it needs open_clip_config.json and weights beside it."
    return (
        f"{name} could not be fetched ({reason}); "
        "give pretrained= a checkpoint file, use local-dir:PATH, or the bundled encoder Explainer.demo()."
    )
