"""Initializing the model for training, and writing its weights for the package."""

import json
import math
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file
from torch import Tensor

from fixlip_widget.demo.model import CONFIG_NAME, GRID, WEIGHTS_NAME, configuration
from fixlip_widget.demo.training.plan import Plan


def build_model(plan: Plan) -> open_clip.CLIP:
    """A model with random weights and sinusoidal position embeddings of the patches.

    Those have the magnitude of the patch embeddings; open_clip's initial position embeddings are so small beside them
    that short runs do not learn where things are.
    """
    bias = {"init_logit_scale": math.log(10), "init_logit_bias": -10.0} if plan.loss == "sigmoid" else {}
    model = open_clip.CLIP(**configuration(plan.pooling)["model_cfg"], **bias)
    visual = model.visual
    width = visual.positional_embedding.shape[1]
    with torch.no_grad():
        line = _sinusoids(GRID, width // 2)  # (GRID, width / 2)
        code = torch.cat([line.repeat_interleave(GRID, dim=0), line.repeat(GRID, 1)], dim=1)  # (patches, width)
        visual.positional_embedding[0] = 0
        visual.positional_embedding[1:] = plan.image_places * code
        text_positions = model.positional_embedding
        text_positions += plan.text_places * _sinusoids(*text_positions.shape)
    return model


def _sinusoids(n: int, width: int) -> Tensor:
    """(n, width): sines and cosines of positions 0 to n - 1, centred and with root mean square 1.

    Frequencies run from a quarter turn per position to a quarter turn over all positions.
    """
    frequencies = torch.logspace(math.log10(math.pi / 2), math.log10(math.pi / 2 / n), width // 2)  # (width / 2,)
    angles = torch.arange(n)[:, None] * frequencies  # (n, width / 2)
    code = torch.cat([angles.sin(), angles.cos()], dim=1)  # (n, width)
    code = code - code.mean(dim=0)
    return code / code.square().mean().sqrt()


def save_model(model: open_clip.CLIP, folder: Path) -> None:
    """Write configuration and half-precision weights in the layout of open_clip's `local-dir:`."""
    folder.mkdir(parents=True, exist_ok=True)
    config = configuration(model.visual.pool_type)
    if model.logit_bias is not None:
        config["model_cfg"]["init_logit_bias"] = float(model.logit_bias)
    (folder / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weights = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS_NAME)
