"""Random-weight CLIP models, small and non-square, and files of them as users have on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import save_file

SIZE = [48, 32]
MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
CONFIG: dict[str, Any] = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": SIZE, "patch_size": 16, "width": 64, "layers": 2, "head_width": 16},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 4, "layers": 2},
}


def loud(model: Any) -> Any:
    """The model with weights that are strong enough for masking to matter, and biases that are not all nought."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(3.0)
            elif parameter.numel() > 1:
                parameter.add_(0.03 * torch.randn_like(parameter))
    return model.eval()


def random_clip(seed: int = 0, **vision: Any) -> open_clip.CLIP:
    """A CLIP with 3×2 patches."""
    torch.manual_seed(seed)
    config = {**CONFIG, "vision_cfg": {**CONFIG["vision_cfg"], **vision}}
    return loud(open_clip.CLIP(**config))


def write_folder(folder: Path, model: torch.nn.Module, config: dict[str, Any] | None = None) -> Path:
    """A `local-dir:` of open_clip."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, folder / "model.safetensors")
    preprocess = {"size": SIZE, "mean": MEAN, "std": STD}
    text = json.dumps({"model_cfg": config or CONFIG, "preprocess_cfg": preprocess})
    (folder / "open_clip_config.json").write_text(text)
    return folder
