"""Building the model for training, and saving it for the package."""

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
    """A fresh model.

    The places of the patches begin as sines and cosines, with the part that all places share taken out, as strong as
    the patches themselves: open_clip's own start, far weaker, drowns beside them.
    """
    bias = {"init_logit_scale": math.log(10), "init_logit_bias": -10.0} if plan.loss == "sigmoid" else {}
    model = open_clip.CLIP(**configuration(plan.pooling)["model_cfg"], **bias)
    visual = model.visual
    width = visual.positional_embedding.shape[1]
    with torch.no_grad():
        line = _waves(GRID, width // 2)
        code = torch.cat([line.repeat_interleave(GRID, dim=0), line.repeat(GRID, 1)], dim=1)  # (patches, width)
        visual.positional_embedding[0] = 0
        visual.positional_embedding[1:] = plan.image_places * code
        places = model.positional_embedding
        places += plan.text_places * _waves(*places.shape)
    return model


def _waves(n: int, width: int) -> Tensor:
    """(n, width): sines and cosines of places 0 to n - 1, from a quarter of a turn per place to one in the whole."""
    frequencies = torch.logspace(math.log10(math.pi / 2), math.log10(math.pi / 2 / n), width // 2)
    angles = torch.arange(n)[:, None] * frequencies  # (n, width / 2)
    code = torch.cat([angles.sin(), angles.cos()], dim=1)  # (n, width)
    code = code - code.mean(dim=0)
    return code / code.square().mean().sqrt()


def save_model(model: open_clip.CLIP, folder: Path) -> None:
    """Write the configuration and the weights, in half precision, where open_clip's `local-dir:` finds them."""
    folder.mkdir(parents=True, exist_ok=True)
    config = configuration(model.visual.pool_type)
    if model.logit_bias is not None:
        config["model_cfg"]["init_logit_bias"] = float(model.logit_bias)
    (folder / CONFIG_NAME).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    weights = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS_NAME)
