"""Loading and masking CLIP, SigLIP and SigLIP-2 models of transformers, by repository or folder."""

from __future__ import annotations

import json
import warnings
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from huggingface_hub import file_exists, try_to_load_from_cache
from PIL import Image
from torch import Tensor, nn

from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.hub import (
    check_folder,
    hub_or_cache,
    license_of,
    model_card_line,
    needs_own_code,
    own_code_error,
    reason_of,
)
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.model_objects import snapshot, unwrap
from fixlip_widget.encoders.preprocessing import Preprocessor
from fixlip_widget.encoders.tokenizers import TRUNCATES, TransformersTokenizer, has_own_code
from fixlip_widget.encoders.tower_encoder import PreprocessedImage, TowerEncoder
from fixlip_widget.encoders.towers import Unmaskable
from fixlip_widget.encoders.transformers_towers import (
    TransformersImageTower,
    TransformersTextTower,
    interpolates_positions,
    unflatten_patches,
)
from fixlip_widget.encoders.whole_picture import WHOLE, Crop, check_crop, whole_grid
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions

PADDED = frozenset({"siglip", "siglip2"})
"""Types of models whose text towers attend to padding, as in their training."""
BIDIRECTIONAL = frozenset({"altclip", "chinese_clip"})
"""Types whose text towers are those of BERT and RoBERTa, which never attend to padding."""
MODEL_TYPES = ("clip", "siglip", "siglip2", "metaclip_2", "altclip", "chinese_clip", "clipseg")
NOT_TWO_TOWERS = {
    "xclip": "reads captions together with the video",
    "blip": "generates captions",
    "blip-2": "generates captions",
    "flava": "mixes image and text",
    "vision-text-dual-encoder": "has towers of any kind",
}
"""Types that people ask for, and why they cannot be masked."""
OWN_CODE = {"trust_remote_code": False}
"""Only code of transformers runs; it would ask on the terminal otherwise."""


class Parts(NamedTuple):
    """What a model consists of."""

    name: str
    model: Any
    tokenizer: Any
    image_processor: Any
    license_name: str | None = None


def load_transformers(
    name: str | Path | nn.Module,
    *,
    processor: object = None,
    crop: Crop = "model",
    truncate: bool = False,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> TowerEncoder:
    """Load a transformers model for masking; the arguments are those of `Explainer.from_transformers`.

    Args:
        name: a repository of the hub, a folder with a model, its image processor and its tokenizer, or a folder of a
            PEFT adapter; or a model in memory.
        processor: for a model in memory, its processor.
        crop: which part of a picture the model takes: what its image processor keeps, or all of it.
        truncate: whether captions that are too long are cut, and not refused.
        device: where it runs.
        precision: data type of matrix products.
        masking: what hiding a token means.

    Raises:
        InputError: where transformers is not installed, for models of other types, weights that are missing or do not
            match, a hub that cannot be reached, and invalid masking options.
    """
    check_crop(crop)
    settings = Masking(**masking)
    chosen = resolve_device(device)
    dtype = resolve_precision(precision, chosen)
    parts = _from_memory(name, processor) if isinstance(name, nn.Module) else _fetch(str(name))
    if has_own_code(parts.tokenizer):
        raise own_code_error(f"The tokenizer of {parts.name}")
    return _encoder(parts, crop, truncate, chosen, dtype, settings)


def _from_memory(model: nn.Module, processor: Any) -> Parts:
    copied = snapshot(model)
    name = f"{type(copied).__name__} in memory"
    _check_type(getattr(getattr(copied, "config", None), "model_type", None), name)
    if not (hasattr(processor, "tokenizer") and hasattr(processor, "image_processor")):
        raise InputError(f"A {name} needs its processor; give processor=AutoProcessor.from_pretrained(...).")
    return Parts(name, copied, processor.tokenizer, processor.image_processor)


def _fetch(source: str) -> Parts:
    try:
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise InputError(
            f"{source} needs transformers, which is not installed; run pip install 'fixlip-widget[transformers]'."
        ) from error
    check_folder(source)
    with hub_or_cache(needed=not Path(source).is_dir()) as out_of_reach:
        try:
            base = _base_of_adapter(source)
            # A model that cannot be masked is refused before its weights are downloaded.
            _check_type(transformers.AutoConfig.from_pretrained(base or source, **OWN_CODE).model_type, source)
            own = source if base is None or _has_processor(source) else base
            tokenizer = transformers.AutoTokenizer.from_pretrained(own, **OWN_CODE)
            processor = transformers.AutoImageProcessor.from_pretrained(own, **OWN_CODE)
            model, report = transformers.AutoModel.from_pretrained(base or source, output_loading_info=True, **OWN_CODE)
            if base is not None:
                model = _with_adapter(model, source)
            license_name = license_of(source)
        except InputError:
            raise
        except Exception as error:  # the hub, configurations and state dicts each raise their own
            if needs_own_code(error):
                raise own_code_error(source) from error
            raise InputError(_load_error(source, error, out_of_reach)) from error
    if missing := sorted(report["missing_keys"]):
        raise InputError(f"{source} holds no weights for {missing[0]}; use the folder that the model was saved to.")
    return Parts(source, model, tokenizer, processor, license_name)


def _check_type(model_type: str | None, name: str) -> None:
    if model_type not in MODEL_TYPES:
        kind = f"a model of type {model_type!r}" if model_type else "no model of transformers"
        reason = f", as it {NOT_TWO_TOWERS[model_type]}" if model_type in NOT_TWO_TOWERS else ""
        raise InputError(
            f"{name} is {kind}, which cannot be masked{reason}; use one of type {' or '.join(map(repr, MODEL_TYPES))}."
        )


def _base_of_adapter(source: str) -> str | None:
    """The model that an adapter of PEFT belongs to; None for what is no adapter."""
    from transformers.utils.peft_utils import find_adapter_config_file

    path = find_adapter_config_file(source)
    if path is None:
        return None
    base: str = json.loads(Path(path).read_text(encoding="utf-8"))["base_model_name_or_path"]
    return base


def _has_processor(source: str) -> bool:
    names = "preprocessor_config.json", "processor_config.json"
    if Path(source).is_dir():
        return any((Path(source) / name).is_file() for name in names)
    return any(isinstance(try_to_load_from_cache(source, name), str) or file_exists(source, name) for name in names)


def _with_adapter(model: Any, source: str) -> Any:
    try:
        peft: Any = import_module("peft")
    except ImportError as error:
        raise InputError(f"{source} is an adapter of PEFT, which is not installed; run pip install peft.") from error
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*missing adapter keys")
        try:
            return unwrap(peft.PeftModel.from_pretrained(model, source))
        except UserWarning as misfit:
            keys = str(misfit).partition(": ")[2][:80]
            raise InputError(f"{source} is no adapter of its base model (it lacks {keys} …); check both.") from misfit


def _encoder(
    parts: Parts, crop: Crop, truncate: bool, device: torch.device, precision: torch.dtype, masking: Masking
) -> TowerEncoder:
    name, processor = parts.name, parts.image_processor
    model = parts.model.float().eval().requires_grad_(False).to(device)
    padded = model.config.model_type in PADDED
    pad_id = parts.tokenizer.pad_token_id if model.config.model_type in BIDIRECTIONAL else None
    bias = getattr(model, "logit_bias", None)
    try:
        TransformersImageTower(model, (1, 1))
    except Unmaskable as reason:
        raise InputError(f"{name} {reason}, so it cannot be masked; use one with a head.") from reason
    vision, positions = model.config.vision_config, _positions(model.config.text_config, parts.tokenizer)
    side = vision.image_size // vision.patch_size if hasattr(vision, "image_size") else None
    preprocess = ProcessorPreprocessing(model, processor, name, crop)
    facts = [*([WHOLE] if preprocess.is_whole else ()), *([TRUNCATES] if truncate else ())]
    patches = f"{side}×{side}" if side else f"up to {processor.max_num_patches}"
    return TowerEncoder(
        name=name,
        card=model_card_line(
            name,
            model,
            patches=patches,
            positions=positions,
            license_name=parts.license_name,
            facts=facts,
        ),
        preprocess=preprocess,
        tokenize=TransformersTokenizer(parts.tokenizer, positions, padded=padded, truncate=truncate),
        text_tower=TransformersTextTower(model, padded=padded, pad_id=pad_id),
        scale=float(model.logit_scale.exp()),
        bias=0.0 if bias is None else float(bias),
        device=device,
        precision=precision,
        masking=masking,
    )


def _positions(text: Any, tokenizer: Any) -> int:
    """Positions of the text tower, as far as its tokenizer fills them; RoBERTa's begin after that of the padding."""
    unused = text.pad_token_id + 1 if text.model_type.endswith(("roberta", "altclip_text_model")) else 0
    return min(int(text.max_position_embeddings) - unused, int(tokenizer.model_max_length))


class ProcessorPreprocessing:
    """From a picture to pixels and tower, as the image processor of the model prepares it.

    Args:
        model: of transformers.
        processor: its image processor.
        name: of the model, for messages.
        crop: which part of a picture the model takes.
    """

    def __init__(self, model: Any, processor: Any, name: str, crop: Crop = "model") -> None:
        self._model, self._processor, self._name = model, processor, name
        self._takes_any_size = interpolates_positions(model)
        # Where there is no crop, whole pictures are what the processor gives.
        self.is_whole = crop == "none" and bool(getattr(processor, "do_center_crop", False))
        if self.is_whole:
            self._processor, self._takes_any_size = partial(_whole, processor, model.config.vision_config), True
        self._patch_size: int = model.config.vision_config.patch_size
        self._preprocessor = Preprocessor(self._pixels, name)

    def __call__(self, picture: Image.Image) -> PreprocessedImage:
        """Pixels, their tower and what they show; InputError where the model does not take pixels of this size."""
        pixels = self._preprocessor(picture)  # (1, 3, H, W)
        height, width = pixels.shape[2:]
        side: int | None = getattr(self._model.config.vision_config, "image_size", None)
        if side is not None and (height, width) != (side, side) and not self._takes_any_size:
            raise InputError(
                f"The image processor of {self._name} makes {width}×{height} pixels of a picture of {picture.width}×"
                f"{picture.height}, but the model takes {side}×{side}; have it resize and crop."
            )
        grid = height // self._patch_size, width // self._patch_size
        tower = TransformersImageTower(self._model, grid)
        return PreprocessedImage(tower, pixels, *self._preprocessor.shown(picture, pixels, grid, tower.patch_size))

    def _pixels(self, picture: Image.Image) -> Tensor:
        inputs = self._processor(images=picture, return_tensors="pt")
        pixels: Tensor = inputs["pixel_values"]  # (1, 3, H, W), or (1, patches, size · size · 3) of SigLIP-2's NaFlex
        if "spatial_shapes" in inputs:
            rows, columns = inputs["spatial_shapes"][0].tolist()
            pixels = unflatten_patches(pixels[:, : rows * columns], (rows, columns), self._patch_size)  # (1, 3, H, W)
        return pixels[0]


def _whole(processor: Any, vision: Any, *, images: Image.Image, return_tensors: str) -> Any:
    """What an image processor makes of a whole picture, resized to as many patches as in training."""
    side: int = vision.patch_size
    rows, columns = whole_grid(images.size, (vision.image_size // side) ** 2, (side, side))
    size = {"height": rows * side, "width": columns * side}
    return processor(images=images, size=size, do_center_crop=False, return_tensors=return_tensors)


def _load_error(name: str, error: Exception, out_of_reach: bool) -> str:
    reason = reason_of(error, out_of_reach)
    if Path(name).is_dir():
        return f"{name} cannot be loaded ({reason}); it needs a model, its image processor and its tokenizer."
    return (
        f"{name} could not be fetched ({reason}); give a folder it was saved to, or use the bundled encoder "
        "Explainer.demo()."
    )
