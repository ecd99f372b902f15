"""Loading CLIP, SigLIP and SigLIP-2 of transformers, by repository or folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from open_clip.transform import PreprocessCfg
from PIL import Image

from fixlip_widget.encoders.device import pick_device, pick_precision
from fixlip_widget.encoders.hub import card_of, hub_or_cache, licence_of, reason_of
from fixlip_widget.encoders.images import field_of_view
from fixlip_widget.encoders.masked_inputs import Unmaskable
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.tokenizers import HubTokenizer
from fixlip_widget.encoders.tower_encoder import Sight, TowerEncoder
from fixlip_widget.encoders.transformers_towers import HubImageTower, HubTextTower, unflatten_patches
from fixlip_widget.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions

KINDS = ("clip", "siglip", "siglip2")


def load_transformers(
    name: str | Path,
    *,
    device: str | torch.device | None = None,
    precision: str = "auto",
    **masking: Unpack[MaskingOptions],
) -> TowerEncoder:
    """`name` is a repository of the hub or a folder with a model, its image processor and its tokenizer.

    Raises InputError where transformers is not installed, for a model of another kind, for weights that are missing
    or do not match, a hub that cannot be reached, and a masking that is none.
    """
    game = Masking(**masking)
    chosen = pick_device(device)
    dtype = pick_precision(precision, chosen)
    source = str(name)
    try:
        transformers: Any = import_module("transformers")
    except ImportError as error:
        raise InputError(
            f"{source} needs transformers, which is not installed; run pip install 'fixlip-widget[transformers]'."
        ) from error
    with hub_or_cache(wanted=not Path(source).is_dir()) as out_of_reach:
        try:
            # First what is small: an encoder that cannot be used is refused before its weights are fetched.
            kind = transformers.AutoConfig.from_pretrained(source).model_type
            if kind not in KINDS:
                raise InputError(
                    f"{source} is a model of kind {kind!r}, which cannot be masked; use one of kind "
                    f"{' or '.join(map(repr, KINDS))}."
                )
            tokenizer = transformers.AutoTokenizer.from_pretrained(source)
            processor = transformers.AutoImageProcessor.from_pretrained(source)
            model, report = transformers.AutoModel.from_pretrained(source, output_loading_info=True)
            licence = licence_of(source)
        except InputError:
            raise
        except Exception as error:  # hubs, configurations and state dicts each have errors of their own
            raise InputError(_why(source, error, out_of_reach)) from error
    if missing := sorted(report["missing_keys"]):
        raise InputError(f"{source} holds no weights for {missing[0]}; use the folder that the model was saved to.")
    return _encoder(source, licence, model, tokenizer, processor, chosen, dtype, game)


def _encoder(
    name: str,
    licence: str | None,
    model: Any,
    tokenizer: Any,
    processor: Any,
    device: torch.device,
    precision: torch.dtype,
    game: Masking,
) -> TowerEncoder:
    model = model.float().eval().requires_grad_(False).to(device)
    padded = model.config.model_type != "clip"
    bias = getattr(model, "logit_bias", None)
    try:
        HubImageTower(model, (1, 1))
    except Unmaskable as reason:
        raise InputError(f"{name} {reason}, so it cannot be masked; use one with a head.") from reason
    vision, positions = model.config.vision_config, model.config.text_config.max_position_embeddings
    side = vision.image_size // vision.patch_size if hasattr(vision, "image_size") else None
    patches = f"{side}×{side}" if side else f"up to {processor.max_num_patches}"
    return TowerEncoder(
        name=name,
        card=card_of(name, model, patches=patches, positions=positions, licence=licence),
        see=lambda picture: _see(model, processor, picture),
        read=HubTokenizer(tokenizer, positions, padded=padded),
        text_tower=HubTextTower(model, padded=padded),
        scale=float(model.logit_scale.exp()),
        bias=0.0 if bias is None else float(bias),
        device=device,
        precision=precision,
        masking=game,
    )


def _see(model: Any, processor: Any, picture: Image.Image) -> Sight:
    """The picture as the model's own processor prepares it."""
    inputs = processor(images=picture, return_tensors="pt")
    pixels = inputs["pixel_values"]  # (1, 3, H, W), or (1, places, size · size · 3) of SigLIP-2's flexible model
    size = model.config.vision_config.patch_size
    if "spatial_shapes" in inputs:
        rows, columns = inputs["spatial_shapes"][0].tolist()
        pixels = unflatten_patches(pixels[:, : rows * columns], (rows, columns), size)  # (1, 3, H, W)
    height, width = pixels.shape[2:]
    mode = "shortest" if getattr(processor, "do_center_crop", False) else "squash"
    view = PreprocessCfg(size=(height, width), resize_mode=mode)
    grid = height // size, width // size
    return Sight(HubImageTower(model, grid), pixels, field_of_view(picture, view, grid))


def _why(name: str, error: Exception, out_of_reach: bool) -> str:
    reason = reason_of(error, out_of_reach)
    if Path(name).is_dir():
        return f"{name} cannot be loaded ({reason}); it needs a model, its image processor and its tokenizer."
    return (
        f"{name} could not be fetched ({reason}); give a folder it was saved to, or use the bundled encoder "
        "Explainer.demo()."
    )
