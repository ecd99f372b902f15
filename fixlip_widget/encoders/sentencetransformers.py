"""Loading CLIP and SigLIP models of sentence-transformers, which wrap those of transformers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from huggingface_hub import hf_hub_download, snapshot_download
from torch import nn

from fixlip_widget.encoders.hub import check_folder, hub_or_cache, reason_of
from fixlip_widget.encoders.huggingface import load_transformers
from fixlip_widget.encoders.tower_encoder import TowerEncoder
from fixlip_widget.encoders.whole_picture import Crop
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions

MODULES = "modules.json"
ORGANIZATION = "sentence-transformers"
"""The owner of repositories that are named without one."""
WITHOUT_EFFECT = frozenset({"Normalize"})
"""Modules that leave the cosine of embeddings as it is."""


def load_sentence_transformers(
    name: str | Path | nn.Module,
    *,
    crop: Crop = "model",
    truncate: bool = False,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> TowerEncoder:
    """Load the model of transformers inside; the arguments are those of `Explainer.from_sentence_transformers`.

    Classes that a folder names are not imported: its first module is read by transformers.

    Raises:
        InputError: where the model inside is none that can be masked, or where modules follow that change embeddings.
    """
    source, processor = _inside(name) if isinstance(name, nn.Module) else (_folder_of(str(name)), None)
    return load_transformers(
        source, processor=processor, crop=crop, truncate=truncate, device=device, precision=precision, **masking
    )


def _inside(model: nn.Module) -> tuple[str | nn.Module, object]:
    """The model of transformers in the first module, and its processor."""
    first: Any = next(model.children(), None)
    _check_modules(type(model).__name__, [type(part).__name__ for part in model.children()])
    inner = getattr(first, "auto_model", None)
    if not isinstance(inner, nn.Module):
        raise InputError(
            f"{type(model).__name__} is no model of sentence-transformers; use one with a transformer inside."
        )
    return inner, getattr(first, "processor", None)


def _folder_of(name: str) -> str:
    """The folder of the first module."""
    check_folder(name)
    is_folder = Path(name).is_dir()
    repository = name if "/" in name else f"{ORGANIZATION}/{name}"
    with hub_or_cache(needed=not is_folder) as out_of_reach:
        try:
            path = Path(name) / MODULES if is_folder else Path(hf_hub_download(repository, MODULES))
            modules = json.loads(path.read_text(encoding="utf-8"))
            _check_modules(name, [entry["type"].rpartition(".")[2] for entry in modules])
            subfolder = Path(modules[0]["path"])
            if subfolder.is_absolute() or ".." in subfolder.parts:
                raise InputError(f"{name} keeps its first module outside of its folder ({subfolder}); move it inside.")
            if is_folder:
                return str(Path(name) / subfolder)
            pattern = None if subfolder == Path() else f"{subfolder.as_posix()}/*"
            return str(Path(snapshot_download(repository, allow_patterns=pattern)) / subfolder)
        except InputError:
            raise
        except Exception as error:  # the hub and configurations each raise their own
            raise InputError(
                f"{name} cannot be loaded ({reason_of(error, out_of_reach)}); give a folder or a repository of "
                f"sentence-transformers, with {MODULES}."
            ) from error


def _check_modules(name: str, kinds: list[str]) -> None:
    if others := [kind for kind in kinds[1:] if kind not in WITHOUT_EFFECT]:
        raise InputError(
            f"{name} changes embeddings by {others[0]} after its first module, which cannot be explained; use one such "
            "as clip-ViT-B-32."
        )
