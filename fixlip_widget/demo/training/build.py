"""Initialising the model for training, from random or from trained weights, and writing its weights."""

import json
import math
from pathlib import Path

import open_clip
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from fixlip_widget.demo.model import CONFIG_NAME, GRID, WEIGHTS_NAME, configuration

_PLACES = 0.7
"""Root mean square of the initial position embedding of the patches, the magnitude of the patch embeddings.

open_clip's are so small beside them that short runs do not learn where things are.
"""
_WORDS = "token_embedding.weight"


def build_model(config: dict[str, object] | None = None) -> open_clip.CLIP:
    """A model with random weights and sinusoidal position embeddings of the patches."""
    model = open_clip.CLIP(**(configuration()["model_cfg"] if config is None else config))
    positions = model.visual.positional_embedding  # (1 + patches, width)
    with torch.no_grad():
        line = _sinusoids(GRID, positions.shape[1] // 2)  # (GRID, width / 2)
        code = torch.cat([line.repeat_interleave(GRID, dim=0), line.repeat(GRID, 1)], dim=1)  # (patches, width)
        positions[0] = 0
        positions[1:] = _PLACES * code
    return model


def load_initial(model: open_clip.CLIP, path: Path) -> None:
    """Begin from a state of this architecture, a `.safetensors` file or one of `torch.save`.

    Its vocabulary may be a beginning of the present one, with the end token after its own words; words that were
    appended since keep their random embeddings.
    """
    state = (
        load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    )
    words, old = model.state_dict()[_WORDS].clone(), state[_WORDS].float()
    words[: len(old) - 1], words[-1] = old[:-1], old[-1]
    own = model.state_dict()
    model.load_state_dict({name: tensor.float() for name, tensor in state.items() if name in own} | {_WORDS: words})


def save_model(model: open_clip.CLIP, folder: Path) -> None:
    """Write configuration and half-precision weights in the layout of open_clip's `local-dir:`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_NAME).write_text(json.dumps(configuration(), indent=2) + "\n", encoding="utf-8")
    weights = {name: tensor.detach().half().cpu().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / WEIGHTS_NAME)


def _sinusoids(n: int, width: int) -> Tensor:
    """(n, width): sines and cosines of positions 0 to n - 1, centred and with root mean square 1.

    Frequencies run from a quarter turn per position to a quarter turn over all positions.
    """
    frequencies = torch.logspace(math.log10(math.pi / 2), math.log10(math.pi / 2 / n), width // 2)  # (width / 2,)
    angles = torch.arange(n)[:, None] * frequencies  # (n, width / 2)
    code = torch.cat([angles.sin(), angles.cos()], dim=1)  # (n, width)
    code = code - code.mean(dim=0)
    return code / code.square().mean().sqrt()
