"""Measure explanations of the bundled encoder, by the pointing game and R².

    python -m fixlip_widget.demo.training.evaluate_explanations

It writes `explanations.json` beside the weights. The scenes have tinted things in a 2 × 2 grid; their captions name two
to four of them, of four or of as many that are shown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.grid_scenes import draw_grid_scene
from fixlip_widget.demo.model import GRID, WEIGHTS
from fixlip_widget.estimation.fidelity import FidelityCheck, fresh_masks
from fixlip_widget.evaluation.pointing_game import pointing_scores
from fixlip_widget.explainer import Explainer

EXPLANATIONS_NAME = "explanations.json"
SEED = 2**41
"""Differs from the seeds of training and of the encoder's own evaluation."""
N_MASKS, N_FRESH_MASKS, N_PATCHES = 2048, 1000, GRID * GRID
NAMED = (2, 3, 4)


def measure(explainer: Explainer, named: int, shown: int, count: int, n_masks: int = N_MASKS) -> dict[str, float]:
    """PGR of colours and of things, and mean R², over scenes.

    Args:
        explainer: of the bundled encoder.
        named: things in the caption.
        shown: things in the scene.
        count: number of scenes.
        n_masks: image masks of the second-order explanations.
    """
    scores = {"colours": np.zeros(2), "things": np.zeros(2)}  # (correct, wrong)
    r2: dict[int, list[float]] = {1: [], 2: []}
    for index in range(count):
        scene = draw_grid_scene(SEED + (10 * shown + named) * 10_000 + index, shown)
        picture, caption = scene.render(), scene.caption(named)
        n_words = len(caption.split())
        masks = fresh_masks(np.full(N_PATCHES + n_words, 0.5), N_FRESH_MASKS, random_state=0)
        values = explainer.game(picture, caption)(masks)
        # A first-order fit has 20 times fewer terms, for which a quarter of the masks is ample.
        for order, n_image_masks in ((1, n_masks // 4), (2, n_masks)):
            explanation = explainer.explain(
                picture, caption, max_order=order, n_image_masks=n_image_masks, random_state=index + 1, progress=False
            )
            r2[order].append(FidelityCheck.of(explanation, masks, values).r2 or 0.0)
        for kind, words in (("colours", scene.colours), ("things", scene.things)):
            places = dict(zip(words[:named], scene.quadrants, strict=False))
            targets = {k: places[token] for k, token in enumerate(explanation.tokens) if token in places}
            scores[kind] += pointing_scores(explanation, targets)
    figures = {f"PGR, {kind}": float(correct / (correct + wrong)) for kind, (correct, wrong) in scores.items()}
    return figures | {f"R², order {order}": float(np.mean(values)) for order, values in r2.items()}


def evaluate(explainer: Explainer, count: int, named: Sequence[int] = NAMED) -> list[dict[str, float]]:
    """`measure` for each number of named things, in scenes of four things and in scenes of the named ones alone."""
    cells = sorted({(shown, k) for k in named for shown in (4, k)}, reverse=True)
    return [{"shown": shown, "named": k} | measure(explainer, k, shown, count) for shown, k in cells]


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="their folder (default: the bundled one)")
    parser.add_argument("--count", type=int, default=50, help="scenes of each kind (default: %(default)s)")
    arguments = parser.parse_args()
    cells = evaluate(Explainer(load_encoder(weights=arguments.weights)), arguments.count)
    report = {"seed": SEED, "scenes": arguments.count, "masks": N_MASKS, "cells": cells}
    (arguments.weights / EXPLANATIONS_NAME).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(cells, indent=2))


if __name__ == "__main__":
    main()
