"""The bundled model: its configuration for open_clip, and loading its weights."""

import json
from pathlib import Path
from typing import Any

import open_clip
from safetensors.torch import load_file

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, END

EMBED_DIM, IMAGE_SIZE, PATCH = 256, 112, 16
GRID = IMAGE_SIZE // PATCH
WEIGHTS = Path(__file__).parent / "weights"
CONFIG_NAME, WEIGHTS_NAME = "open_clip_config.json", "open_clip_model.safetensors"


def configuration(*, width: int = 192, image_layers: int = 6, text_layers: int = 3) -> dict[str, Any]:
    """The content of `open_clip_config.json`: architecture and preprocessing; by default as bundled."""
    half = [0.5, 0.5, 0.5]
    return {
        "model_cfg": {
            "embed_dim": EMBED_DIM,
            "vision_cfg": {
                "image_size": IMAGE_SIZE,
                "patch_size": PATCH,
                "width": width,
                "layers": image_layers,
                "head_width": 32,
                "mlp_ratio": 3.0,
                "pool_type": "avg",
            },
            "text_cfg": {
                "context_length": CONTEXT_LENGTH,
                "vocab_size": END + 1,
                "width": width,
                "heads": width // 32,
                "layers": text_layers,
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


def load_model(folder: Path = WEIGHTS) -> open_clip.CLIP:
    """The trained model on the CPU, in float32 and evaluation mode."""
    config = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    model = open_clip.CLIP(**config["model_cfg"])
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(folder / WEIGHTS_NAME).items()})
    return model.eval()
