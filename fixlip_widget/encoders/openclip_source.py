"""What an open_clip model is made of: its architecture, preprocessing and activation, and where its weights are.

Nothing here runs code of a repository: its configuration is data, of which parts that would run code are refused.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import open_clip
import torch
from open_clip.coca_model import CoCa
from open_clip.model import CLIP, CustomTextCLIP
from open_clip.pretrained import download_pretrained_from_hf
from open_clip.transform import PreprocessCfg, merge_preprocess_dict
from open_clip.transformer import QuickGELU
from torch import nn

from fixlip_widget.encoders.hub import check_folder
from fixlip_widget.encoders.preprocessing import Transform
from fixlip_widget.errors import InputError

LOCAL = "local-dir:"
HUB = "hf-hub:"
SCHEMAS = (HUB, LOCAL)
CONFIG_NAME = "open_clip_config.json"
WEIGHT_NAMES = (
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.safetensors",
    "model.safetensors",
    "model.safetensors.index.json",
    "open_clip_pytorch_model.bin",
    "pytorch_model.bin",
)
"""Files of weights in a folder, the preferred first; others are taken where there are none of these."""
PREPROCESSING = ("mean", "std", "interpolation", "resize_mode")
RESIZE_MODES = {"shortest": "centre crop", "longest": "padded", "squash": "squashed"}

Preprocess: TypeAlias = "PreprocessCfg | Mapping[str, Any] | Transform"
"""What users give: fields of open_clip's `PreprocessCfg`, or a transform from a picture to pixels (3, H, W)."""


class OpenClipSource(NamedTuple):
    """A model that is not built yet."""

    name: str
    """An architecture, or a schema and what it names."""
    label: str
    """The name that explanations carry."""
    model_cfg: dict[str, Any]
    """The architecture as open_clip writes it."""
    preprocess_cfg: dict[str, Any]
    """As far as it is known; see `PREPROCESSING`."""
    assumed: dict[str, str]
    """What is taken from elsewhere, by the option that settles it: why, as part of a sentence."""
    repository: str
    """Where the model card is; empty where there is none."""
    fetch: Callable[[], Path]
    """Fetches the weights and gives their file."""

    def with_options(self, *, preprocess: Preprocess | None, quick_gelu: bool | None) -> OpenClipSource:
        """With what the user says of it, which is then no longer assumed."""
        given = {"preprocess": preprocess, "quick_gelu": quick_gelu}
        assumed = {option: reason for option, reason in self.assumed.items() if given[option] is None}
        activation = {} if quick_gelu is None else {"quick_gelu": quick_gelu}
        return self._replace(model_cfg={**self.model_cfg, **activation}, assumed=assumed)


def read_source(name: str, pretrained: str | None) -> OpenClipSource:
    """Read what a model is made of, without its weights.

    Args:
        name: an architecture, or "hf-hub:…" or "local-dir:…".
        pretrained: for an architecture, a tag or a file; otherwise a file in place of the weights that come with it.

    Raises:
        InputError: for names, tags and files that do not exist.
        Exception: those of the hub, and of damaged configurations.
    """
    if not name.startswith(SCHEMAS):
        return _from_architecture(name, pretrained)
    source = _from_folder(name) if name.startswith(LOCAL) else _from_hub(name)
    if pretrained is None:
        return source
    if not Path(pretrained).is_file():
        raise InputError(f"pretrained={pretrained!r} is no file; leave it out, as {name} comes with its own weights.")
    return source._replace(label=f"{name}@{Path(pretrained).name}", fetch=lambda: Path(pretrained))


def _from_folder(name: str) -> OpenClipSource:
    folder = Path(name.removeprefix(LOCAL))
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; check the path.")
    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    return _configured(name, str(folder), config, lambda: _weights_in(folder))


def _weights_in(folder: Path) -> Path:
    named = [folder / name for name in WEIGHT_NAMES if (folder / name).is_file()]
    others = [path for suffix in ("safetensors", "bin", "pth", "pt") for path in sorted(folder.glob(f"*.{suffix}"))]
    if not named and not others:
        raise InputError(f"{folder} holds no weights; put model.safetensors beside {CONFIG_NAME}.")
    if not named and len(others) > 1:
        names = ", ".join(path.name for path in others[:4])
        raise InputError(f"{folder} holds several files of weights ({names}); name the right one model.safetensors.")
    return (named or others)[0]


def _from_hub(name: str) -> OpenClipSource:
    repository = name.removeprefix(HUB)
    path = Path(download_pretrained_from_hf(repository, filename=CONFIG_NAME))
    config = json.loads(path.read_text(encoding="utf-8"))
    return _configured(name, repository, config, lambda: Path(download_pretrained_from_hf(repository)))


def _configured(name: str, repository: str, config: dict[str, Any], fetch: Callable[[], Path]) -> OpenClipSource:
    preprocess = {key: value for key, value in config.get("preprocess_cfg", {}).items() if value is not None}
    assumed = {} if "mean" in preprocess else {"preprocess": "its configuration names none"}
    return OpenClipSource(name, name, _without_downloads(config["model_cfg"]), preprocess, assumed, repository, fetch)


def _from_architecture(name: str, pretrained: str | None) -> OpenClipSource:
    if Path(name).is_file():
        raise InputError(f"{name} is a file; name the architecture it was saved from, and give pretrained={name!r}.")
    check_folder(name)
    if "/" in name:
        raise InputError(f"There is no folder {name}; check the path, or write {HUB}{name} for a repository.")
    if name not in open_clip.list_models():
        raise InputError(
            f"open_clip knows no model {name!r}, and there is no such folder; open_clip.list_models() lists its models."
        )
    model_cfg = _without_downloads(open_clip.get_model_config(name))
    tags = open_clip.list_pretrained_tags_by_model(name)
    examples = ", ".join(map(repr, tags[:4])) or "a checkpoint file"
    if pretrained is None:
        raise InputError(f"Without weights {name} would explain noise; give pretrained=, for example {examples}.")
    label = f"{name}@{Path(pretrained).name}"
    if pretrained in tags:
        tag: dict[str, Any] = open_clip.get_pretrained_cfg(name, pretrained)
        model_cfg["quick_gelu"] = bool(model_cfg.get("quick_gelu") or tag.get("quick_gelu"))
        preprocess = {key: tag[key] for key in (*PREPROCESSING, "fill_color") if key in tag}
        repository = "/".join(tag.get("hf_hub", "").split("/")[:2])
        return OpenClipSource(
            name, label, model_cfg, preprocess, {}, repository, lambda: Path(open_clip.download_pretrained(tag))
        )
    if not Path(pretrained).is_file():
        raise InputError(f"pretrained={pretrained!r} is neither a file nor a tag of {name}; it has {examples}.")
    preprocess, assumed = _assume_for_file(name, bool(model_cfg.get("quick_gelu")))
    return OpenClipSource(name, label, model_cfg, preprocess, assumed, "", lambda: Path(pretrained))


def _assume_for_file(name: str, quick_gelu: bool) -> tuple[dict[str, Any], dict[str, str]]:
    """Preprocessing of weights in a file, which says nothing of it, from the published weights of the architecture."""
    tags = [open_clip.get_pretrained_cfg(name, tag) for tag in open_clip.list_pretrained_tags_by_model(name)]
    default = asdict(PreprocessCfg())
    published = Counter(
        json.dumps({key: merge_preprocess_dict(default, tag)[key] for key in PREPROCESSING}) for tag in tags
    )
    assumed: dict[str, str] = {}
    if len(published) != 1:
        assumed["preprocess"] = "published weights differ" if published else "no weights are published"
    if not quick_gelu and f"{name}-quickgelu" in open_clip.list_models():
        assumed["quick_gelu"] = "OpenAI's weights and their fine-tuned ones need QuickGELU, most others GELU"
    return json.loads(published.most_common(1)[0][0]) if published else {}, assumed


def choose_preprocess(given: Preprocess | None, known: Mapping[str, Any], size: Any) -> PreprocessCfg | Transform:
    """The preprocessing that the user gives, completed by what is known and by open_clip's defaults.

    Args:
        given: a transform, which is taken as it is, or a `PreprocessCfg` or some of its fields.
        known: fields of the model's configuration.
        size: side, or height and width, of the model's input.

    Raises:
        InputError: for fields and values that open_clip does not have.
    """
    if callable(given):
        return given
    fields = asdict(given) if isinstance(given, PreprocessCfg) else dict(given or {})
    if unknown := sorted(fields.keys() - asdict(PreprocessCfg()).keys()):
        raise InputError(f"preprocess= has no field {unknown[0]!r}; it has {', '.join(PREPROCESSING)} and fill_color.")
    merged = merge_preprocess_dict(merge_preprocess_dict(PreprocessCfg(), dict(known)), fields) | {"size": size}
    for field, values in (("interpolation", ("bicubic", "bilinear")), ("resize_mode", tuple(RESIZE_MODES))):
        if merged[field] not in values:
            raise InputError(f"preprocess= has {field} {merged[field]!r}; use {' or '.join(map(repr, values))}.")
    for field in ("mean", "std"):
        numbers = tuple(float(value) for value in merged[field])
        if len(numbers) != 3 or (field == "std" and min(numbers) <= 0):
            raise InputError(f"preprocess= has {field} {numbers}; give three numbers, those of std above 0.")
        merged[field] = numbers
    return PreprocessCfg(**merged)


def warn_of_assumptions(source: OpenClipSource, model: nn.Module, preprocess: PreprocessCfg | Transform) -> None:
    """One warning with all that is assumed about a model."""
    settings = {"preprocess": describe_preprocess(preprocess), "quick_gelu": describe_activation(model)}
    facts = [f"{settings[option]} ({reason}; {option}= settles it)" for option, reason in source.assumed.items()]
    if facts:
        warnings.warn(f"{source.label} is taken to have {' and '.join(facts)}.", UserWarning, stacklevel=4)


def describe_preprocess(preprocess: PreprocessCfg | Transform) -> str:
    """Mean, standard deviation, interpolation and resize mode in a few words."""
    if not isinstance(preprocess, PreprocessCfg):
        return "preprocessing of its own"
    mean, std = (",".join(f"{value:.3g}" for value in values) for values in (preprocess.mean, preprocess.std))
    return f"mean {mean}, std {std}, {preprocess.interpolation}, {RESIZE_MODES[preprocess.resize_mode]}"


def describe_activation(model: nn.Module) -> str:
    """The activation of the towers' MLPs, where it is open_clip's own choice."""
    return "QuickGELU" if any(isinstance(part, QuickGELU) for part in model.modules()) else "GELU"


def _without_downloads(model_cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The architecture, whose parts bring no weights of their own: those of the model are loaded afterwards."""
    safe = deepcopy(dict(model_cfg))
    if "timm_model_name" in safe["vision_cfg"]:
        safe["vision_cfg"]["timm_model_pretrained"] = False
    if "hf_model_name" in safe["text_cfg"]:
        safe["text_cfg"]["hf_model_pretrained"] = False
    return safe


def build_model(model_cfg: Mapping[str, Any]) -> CLIP | CustomTextCLIP:
    """The model with random weights."""
    parts = deepcopy(dict(model_cfg))
    has_own_text = parts.pop("custom_text", False) or "hf_model_name" in parts["text_cfg"]
    kind = CLIP if not has_own_text else CoCa if "multimodal_cfg" in parts else CustomTextCLIP
    model: CLIP | CustomTextCLIP = kind(**parts)
    return model


def build_outline(model_cfg: Mapping[str, Any]) -> CLIP | CustomTextCLIP:
    """The model on the meta device, which takes no memory.

    A text tower that is defined on the hub only is replaced by open_clip's own.
    """
    text = {} if "hf_model_name" in model_cfg["text_cfg"] else model_cfg["text_cfg"]
    with torch.device("meta"):
        return build_model({**model_cfg, "text_cfg": text})


def open_tokenizer(source: OpenClipSource) -> Any:
    """The tokenizer of open_clip; one that needs code of its repository is refused by transformers."""
    text = source.model_cfg["text_cfg"]
    options = {"trust_remote_code": False} if text.get("hf_tokenizer_name") else {}
    return open_clip.get_tokenizer(source.name, **options)


def check_text_model(model_cfg: Mapping[str, Any]) -> None:
    """Have transformers refuse a text tower that needs code of its repository, before open_clip builds it.

    open_clip leaves the question open, and transformers would ask it on the terminal.
    """
    name = model_cfg["text_cfg"].get("hf_model_name")
    if name:
        transformers: Any = import_module("transformers")
        config = transformers.AutoConfig.from_pretrained(name, trust_remote_code=False)
        with torch.device("meta"):
            transformers.AutoModel.from_config(config, trust_remote_code=False)
