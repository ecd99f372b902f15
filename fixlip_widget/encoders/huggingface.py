"""Loading and masking CLIP, SigLIP and SigLIP-2 models of transformers, by repository or folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from PIL import Image
from torch import Tensor

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
from fixlip_widget.encoders.preprocessing import Preprocessor
from fixlip_widget.encoders.tokenizers import TRUNCATES, TransformersTokenizer, has_own_code
from fixlip_widget.encoders.tower_encoder import PreprocessedImage, TowerEncoder
from fixlip_widget.encoders.towers import Unmaskable
from fixlip_widget.encoders.transformers_towers import TransformersImageTower, TransformersTextTower, unflatten_patches
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions

MODEL_TYPES = ("clip", "siglip", "siglip2")
OWN_CODE = {"trust_remote_code": False}
"""Only code of transformers runs; it would ask on the terminal otherwise."""


def load_transformers(
    name: str | Path,
    *,
    truncate: bool = False,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> TowerEncoder:
    """Load a transformers model for masking; the arguments are those of `Explainer.from_transformers`.

    Args:
        name: a repository of the hub, or a folder with a model, its image processor and its tokenizer.
        truncate: whether captions that are too long are cut, and not refused.
        device: where it runs.
        precision: data type of matrix products.
        masking: what hiding a token means.

    Raises:
        InputError: where transformers is not installed, for models of other types, weights that are missing or do not
            match, a hub that cannot be reached, and invalid masking options.
    """
    settings = Masking(**masking)
    chosen = resolve_device(device)
    dtype = resolve_precision(precision, chosen)
    source = str(name)
    try:
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise InputError(
            f"{source} needs transformers, which is not installed; run pip install 'fixlip-widget[transformers]'."
        ) from error
    check_folder(source)
    with hub_or_cache(needed=not Path(source).is_dir()) as out_of_reach:
        try:
            # A model that cannot be masked is refused before its weights are downloaded.
            model_type = transformers.AutoConfig.from_pretrained(source, **OWN_CODE).model_type
            if model_type not in MODEL_TYPES:
                raise InputError(
                    f"{source} is a model of type {model_type!r}, which cannot be masked; use one of type "
                    f"{' or '.join(map(repr, MODEL_TYPES))}."
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(source, **OWN_CODE)
            processor = transformers.AutoImageProcessor.from_pretrained(source, **OWN_CODE)
            model, report = transformers.AutoModel.from_pretrained(source, output_loading_info=True, **OWN_CODE)
            license_name = license_of(source)
        except InputError:
            raise
        except Exception as error:  # the hub, configurations and state dicts each raise their own
            if needs_own_code(error):
                raise own_code_error(source) from error
            raise InputError(_load_error(source, error, out_of_reach)) from error
    if has_own_code(tokenizer):
        raise own_code_error(f"The tokenizer of {source}")
    if missing := sorted(report["missing_keys"]):
        raise InputError(f"{source} holds no weights for {missing[0]}; use the folder that the model was saved to.")
    return _encoder(source, license_name, model, tokenizer, processor, truncate, chosen, dtype, settings)


def _encoder(
    name: str,
    license_name: str | None,
    model: Any,
    tokenizer: Any,
    processor: Any,
    truncate: bool,
    device: torch.device,
    precision: torch.dtype,
    masking: Masking,
) -> TowerEncoder:
    model = model.float().eval().requires_grad_(False).to(device)
    padded = model.config.model_type != "clip"
    bias = getattr(model, "logit_bias", None)
    try:
        TransformersImageTower(model, (1, 1))
    except Unmaskable as reason:
        raise InputError(f"{name} {reason}, so it cannot be masked; use one with a head.") from reason
    vision, positions = model.config.vision_config, model.config.text_config.max_position_embeddings
    side = vision.image_size // vision.patch_size if hasattr(vision, "image_size") else None
    patches = f"{side}×{side}" if side else f"up to {processor.max_num_patches}"
    return TowerEncoder(
        name=name,
        card=model_card_line(
            name,
            model,
            patches=patches,
            positions=positions,
            license_name=license_name,
            facts=[TRUNCATES] if truncate else [],
        ),
        preprocess=ProcessorPreprocessing(model, processor, name),
        tokenize=TransformersTokenizer(tokenizer, positions, padded=padded, truncate=truncate),
        text_tower=TransformersTextTower(model, padded=padded),
        scale=float(model.logit_scale.exp()),
        bias=0.0 if bias is None else float(bias),
        device=device,
        precision=precision,
        masking=masking,
    )


class ProcessorPreprocessing:
    """From a picture to pixels and tower, as the image processor of the model prepares it.

    Args:
        model: of transformers.
        processor: its image processor.
        name: of the model, for messages.
    """

    def __init__(self, model: Any, processor: Any, name: str) -> None:
        self._model, self._processor, self._name = model, processor, name
        self._patch_size: int = model.config.vision_config.patch_size
        self._preprocessor = Preprocessor(self._pixels, name)

    def __call__(self, picture: Image.Image) -> PreprocessedImage:
        """Pixels, their tower and what they show; InputError where the model does not take pixels of this size."""
        pixels = self._preprocessor(picture)  # (1, 3, H, W)
        height, width = pixels.shape[2:]
        side: int | None = getattr(self._model.config.vision_config, "image_size", None)
        if side is not None and (height, width) != (side, side):
            raise InputError(
                f"The image processor of {self._name} makes {width}×{height} pixels of a picture of {picture.width}×"
                f"{picture.height}, but the model takes {side}×{side}; have it resize and crop."
            )
        grid = height // self._patch_size, width // self._patch_size
        shown = self._preprocessor.shown(picture, pixels, grid, (self._patch_size, self._patch_size))
        return PreprocessedImage(TransformersImageTower(self._model, grid), pixels, shown)

    def _pixels(self, picture: Image.Image) -> Tensor:
        inputs = self._processor(images=picture, return_tensors="pt")
        pixels: Tensor = inputs["pixel_values"]  # (1, 3, H, W), or (1, patches, size · size · 3) of SigLIP-2's NaFlex
        if "spatial_shapes" in inputs:
            rows, columns = inputs["spatial_shapes"][0].tolist()
            pixels = unflatten_patches(pixels[:, : rows * columns], (rows, columns), self._patch_size)  # (1, 3, H, W)
        return pixels[0]


def _load_error(name: str, error: Exception, out_of_reach: bool) -> str:
    reason = reason_of(error, out_of_reach)
    if Path(name).is_dir():
        return f"{name} cannot be loaded ({reason}); it needs a model, its image processor and its tokenizer."
    return (
        f"{name} could not be fetched ({reason}); give a folder it was saved to, or use the bundled encoder "
        "Explainer.demo()."
    )
