"""Measure the bundled encoder on held-out scenes: `python -m fixlip_widget.demo.training.evaluate`.

It writes `evaluation.json` beside the weights. The third family of emoji is downloaded for this command alone.
"""

import argparse
import json
from pathlib import Path

import open_clip
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from fixlip_widget.demo.model import WEIGHTS, load_model
from fixlip_widget.demo.sprites import sprites
from fixlip_widget.demo.statements import KINDS
from fixlip_widget.demo.training.choices import (
    GALLERY,
    SEED,
    choice_accuracy,
    draw_choices,
    retrieval_accuracy,
)
from fixlip_widget.demo.training.third_family import PACKAGE, VERSION, openmoji

EVALUATION_NAME = "evaluation.json"
UNSEEN_KINDS = ("colour swap", "thing swap", "colour replaced", "thing replaced")


def evaluate(
    model: open_clip.CLIP, count: int, galleries: int, third: Tensor | None = None
) -> dict[str, dict[str, float]]:
    """Accuracies by group and kind.

    Args:
        model: the encoder, in evaluation mode on the CPU.
        count: choices of each kind.
        galleries: galleries of retrieval.
        third: (things, 1, 4, side, side) sprites of a family that is not in training.

    Returns:
        Retrieval; choices of every kind; those about combinations of thing and tint that are not in training
        ("unseen"); and retrieval and choices in scenes by the third hand.
    """
    figures = _figures(model, count, galleries, sprites())
    unseen = {kind: choice_accuracy(model, *draw_choices(kind, count, unseen=True), sprites()) for kind in UNSEEN_KINDS}
    return (
        figures
        | {"unseen": unseen}
        | (
            {}
            if third is None
            else {
                f"{group}, third family": values for group, values in _figures(model, count, galleries, third).items()
            }
        )
    )


def _figures(model: open_clip.CLIP, count: int, galleries: int, drawings: Tensor) -> dict[str, dict[str, float]]:
    kept = {"retrieval": 1.0, "retrieval, half of the patches hidden": 0.5}
    return {
        "retrieval": {name: retrieval_accuracy(model, drawings, galleries, keep=keep) for name, keep in kept.items()},
        "choices": {kind: choice_accuracy(model, *draw_choices(kind, count), drawings) for kind in KINDS},
    }


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="their folder (default: the bundled one)")
    parser.add_argument("--count", type=int, default=1000, help="choices of each kind (default: %(default)s)")
    parser.add_argument("--galleries", type=int, default=4, help=f"of {GALLERY} scenes (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=Path(), help="folder for the third family (default: this one)")
    arguments = parser.parse_args()
    with sdpa_kernel([SDPBackend.MATH]):  # three times as fast as the fused attention for sequences as short as these
        figures = evaluate(
            load_model(arguments.weights), arguments.count, arguments.galleries, openmoji(arguments.cache)
        )
    settings = {"seed": SEED, "choices": arguments.count, "galleries": arguments.galleries, "gallery": GALLERY}
    report = settings | {"third family": f"{PACKAGE} {VERSION}", "figures": figures}
    (arguments.weights / EVALUATION_NAME).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
