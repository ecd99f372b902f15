"""Ablations: short training runs that each change a few hyperparameters of the recipe.

    python -m fixlip_widget.demo.training.ablate --out DIR

When it is called again, finished runs are skipped and an interrupted one is resumed. Like the training, it may be
started by torchrun.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import torch

from fixlip_widget.demo.training.distributed import init_process_group, rank
from fixlip_widget.demo.training.evaluate import evaluate
from fixlip_widget.demo.training.plan import Plan
from fixlip_widget.demo.training.train import train

VARIANTS: dict[str, dict[str, Any]] = {
    "the recipe": {},
    "no codes": {"code_weight": 0.0},
    "no naming of patches": {"naming_weight": 0.0},
    "neither codes nor naming": {"code_weight": 0.0, "naming_weight": 0.0},
    "no masks": {"p_masked": 0.0},
    "class token instead of the mean of the patches": {"pooling": "tok"},
    "places of the patches at open_clip's strength": {"image_places": 0.08},
    "stronger places of the words": {"text_places": 0.05},
    "sigmoid instead of softmax": {"loss": "sigmoid"},
}
ABLATIONS_NAME = "ablations.json"


def main() -> None:
    """Entry point of the command: train and evaluate every variant, and update the JSON file after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the runs and of " + ABLATIONS_NAME)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch-size", type=int, default=128, help="images per step and process")
    parser.add_argument("--count", type=int, default=500, help="choices of each kind")
    arguments = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if "WORLD_SIZE" in os.environ:  # set by torchrun
        init_process_group(device)
    path = arguments.out / ABLATIONS_NAME
    arguments.out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name, changes in VARIANTS.items():
        if name in results:
            continue
        plan = Plan(arguments.steps, batch_size=arguments.batch_size, **changes)
        folder = arguments.out / name.replace(" ", "-")
        state = train(folder, plan, device, workers=0, log_every=50, save_every=200)
        if rank() == 0:
            figures = evaluate(state.model.cpu().eval(), arguments.count, galleries=1)
            results[name] = {"changes": changes, "images": state.images, "figures": figures}
            path.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
