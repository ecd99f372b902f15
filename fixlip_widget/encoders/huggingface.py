"""Loading and masking CLIP, SigLIP and SigLIP-2 models of transformers, by repository or folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from open_clip.transform import PreprocessCfg
from PIL import Image

from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.hub import hub_or_cache, license_of, model_card_line, reason_of
from fixlip_widget.encoders.images import field_of_view
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.tokenizers import TransformersTokenizer
from fixlip_widget.encoders.tower_encoder import PreprocessedImage, TowerEncoder
from fixlip_widget.encoders.towers import Unmaskable
from fixlip_widget.encoders.transformers_towers import TransformersImageTower, TransformersTextTower, unflatten_patches
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions

MODEL_TYPES = ("clip", "siglip", "siglip2")


def load_transformers(
    name: str | Path,
    *,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> TowerEncoder:
    """Load a transformers model for masking; the arguments are those of `Explainer.from_transformers`.

    Args:
        name: a repository of the hub, or a folder with a model, its image processor and its tokenizer.
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
    with hub_or_cache(needed=not Path(source).is_dir()) as out_of_reach:
        try:
            # A model that cannot be masked is refused before its weights are downloaded.
            model_type = transformers.AutoConfig.from_pretrained(source).model_type
            if model_type not in MODEL_TYPES:
                raise InputError(
                    f"{source} is a model of type {model_type!r}, which cannot be masked; use one of type "
                    f"{' or '.join(map(repr, MODEL_TYPES))}."
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(source)
            processor = transformers.AutoImageProcessor.from_pretrained(source)
            model, report = transformers.AutoModel.from_pretrained(source, output_loading_info=True)
            license_name = license_of(source)
        except InputError:
            raise
        except Exception as error:  # the hub, configurations and state dicts each raise their own
            raise InputError(_load_error(source, error, out_of_reach)) from error
    if missing := sorted(report["missing_keys"]):
        raise InputError(f"{source} holds no weights for {missing[0]}; use the folder that the model was saved to.")
    return _encoder(source, license_name, model, tokenizer, processor, chosen, dtype, settings)


def _encoder(
    name: str,
    license_name: str | None,
    model: Any,
    tokenizer: Any,
    processor: Any,
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
        card=model_card_line(name, model, patches=patches, positions=positions, license_name=license_name),
        preprocess=lambda picture: preprocess_image(model, processor, picture),
        tokenize=TransformersTokenizer(tokenizer, positions, padded=padded),
        text_tower=TransformersTextTower(model, padded=padded),
        scale=float(model.logit_scale.exp()),
        bias=0.0 if bias is None else float(bias),
        device=device,
        precision=precision,
        masking=masking,
    )


def preprocess_image(model: Any, processor: Any, picture: Image.Image) -> PreprocessedImage:
    """The picture as the image processor of the model prepares it."""
    inputs = processor(images=picture, return_tensors="pt")
    pixels = inputs["pixel_values"]  # (1, 3, H, W), or (1, patches, size · size · 3) of SigLIP-2's NaFlex model
    size = model.config.vision_config.patch_size
    if "spatial_shapes" in inputs:
        rows, columns = inputs["spatial_shapes"][0].tolist()
        pixels = unflatten_patches(pixels[:, : rows * columns], (rows, columns), size)  # (1, 3, H, W)
    height, width = pixels.shape[2:]
    resize_mode = "shortest" if getattr(processor, "do_center_crop", False) else "squash"
    grid = height // size, width // size
    view = field_of_view(picture, PreprocessCfg(size=(height, width), resize_mode=resize_mode), grid)
    return PreprocessedImage(TransformersImageTower(model, grid), pixels, view)


def _load_error(name: str, error: Exception, out_of_reach: bool) -> str:
    reason = reason_of(error, out_of_reach)
    if Path(name).is_dir():
        return f"{name} cannot be loaded ({reason}); it needs a model, its image processor and its tokenizer."
    return (
        f"{name} could not be fetched ({reason}); give a folder it was saved to, or use the bundled encoder "
        "Explainer.demo()."
    )
