"""Loading a trained encoder of the emoji world."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from open_clip.transform import PreprocessCfg

from fixlip_widget.demo.emoji.lexicon import EmojiTokenizer
from fixlip_widget.demo.emoji.model import configuration, load_model
from fixlip_widget.encoders.device import resolve_device, resolve_precision
from fixlip_widget.encoders.masking import Masking
from fixlip_widget.encoders.openclip import OpenClipEncoder

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions


def load_encoder(
    device: str | torch.device | None = None,
    *,
    precision: str = "auto",
    weights: Path,
    **masking: Unpack[MaskingOptions],
) -> OpenClipEncoder:
    """A trained model with its own tokenizer.

    Args:
        device: "cuda", "mps" or "cpu"; the best available one if left out.
        precision: of matrix products, as for `Explainer.from_open_clip`.
        weights: folder of a trained model.
        masking: as documented at `Masking`.

    Raises:
        InputError: for a device that this machine does not have.
    """
    resolved = resolve_device(device)
    preprocess = PreprocessCfg(**configuration()["preprocess_cfg"])
    dtype = resolve_precision(precision, resolved)
    model, tokenizer = load_model(weights), EmojiTokenizer()
    return OpenClipEncoder(model, tokenizer, preprocess, "demo", resolved, dtype, Masking(**masking), "MIT")
