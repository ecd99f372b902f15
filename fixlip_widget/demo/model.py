"""The bundled encoder: a small open_clip CLIP, built fresh or loaded from the package."""

import json
import math
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, DemoTokenizer
from fixlip_widget.demo.training.codes import WIDTH as CODE_WIDTH
from fixlip_widget.demo.training.plan import Plan

IMAGE_SIZE = 112
PATCH = 16
GRID = IMAGE_SIZE // PATCH
WEIGHTS = Path(__file__).parent / "weights"
CONFIG_NAME, WEIGHTS_NAME = "open_clip_config.json", "open_clip_model.safetensors"


def configuration(pooling: str = "avg") -> dict[str, Any]:
    """What open_clip's `local-dir:` loader reads: the architecture and the preprocessing."""
    half = [0.5, 0.5, 0.5]
    return {
        "model_cfg": {
            "embed_dim": CODE_WIDTH,
            "vision_cfg": {
                "image_size": IMAGE_SIZE,
                "patch_size": PATCH,
                "width": 160,
                "layers": 5,
                "head_width": 32,
                "mlp_ratio": 3.0,
                "pool_type": pooling,
            },
            "text_cfg": {
                "context_length": CONTEXT_LENGTH,
                "vocab_size": DemoTokenizer().vocab_size,
                "width": 160,
                "heads": 5,
                "layers": 3,
            },
        },
        "preprocess_cfg": {
            "size": IMAGE_SIZE,
            "mode": "RGB",
            "mean": half,
            "std": half,
            "interpolation": "bicubic",
            "resize_mode": "shortest",
        },
    }


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


def load_model(folder: Path = WEIGHTS) -> open_clip.CLIP:
    """The trained model, in single precision and evaluation mode, on the CPU."""
    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    model = open_clip.CLIP(**config["model_cfg"])
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / WEIGHTS_NAME).items()})
    return model.eval()
