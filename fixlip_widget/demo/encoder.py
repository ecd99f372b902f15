"""The bundled encoder, ready to be explained."""

from __future__ import annotations

from pathlib import Path

import torch
from open_clip.transform import PreprocessCfg

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.model import WEIGHTS, configuration, load_model
from fixlip_widget.encoders.clip import ClipEncoder
from fixlip_widget.encoders.device import pick_device
from fixlip_widget.encoders.precision import pick_precision


def load_encoder(
    device: str | torch.device | None = None, *, precision: str = "auto", weights: Path = WEIGHTS
) -> ClipEncoder:
    """The bundled model with its own small vocabulary; InputError for a device this machine lacks."""
    chosen = pick_device(device)
    preprocess = PreprocessCfg(**configuration()["preprocess_cfg"])
    return ClipEncoder(
        load_model(weights), DemoTokenizer(), preprocess, "demo", chosen, pick_precision(precision, chosen)
    )
