"""Measure explanations of the bundled encoder, by the pointing game and R².

    python -m fixlip_widget.demo.training.evaluate_explanations --out FILE

The scenes have objects of different things and colours in a 2×2 grid; their captions name two to four objects, of four
or of as many that are shown.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fixlip_widget.demo.captions import phrase
from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.model import GRID, IMAGE_SIZE, WEIGHTS
from fixlip_widget.demo.scenes import draw_grid_scene, quadrant, render
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import Mention, Statement
from fixlip_widget.estimation.fidelity import FidelityCheck, fresh_masks
from fixlip_widget.evaluation.pointing_game import pointing_scores
from fixlip_widget.explainer import Explainer

SEED = 2**41
"""Differs from the seeds of training and of the encoder's own evaluation."""
N_MASKS, N_FRESH_MASKS, N_PATCHES = 4096, 1000, GRID * GRID
NAMED = (2, 3, 4)
KINDS = {"colours": frozenset(COLOURS), "things": frozenset(THINGS)}


def measure(explainer: Explainer, named: int, shown: int, count: int, n_masks: int = N_MASKS) -> dict[str, float]:
    """PGR and mean R² over scenes.

    Args:
        explainer: of the bundled encoder.
        named: objects in the caption.
        shown: objects in the scene.
        count: number of scenes.
        n_masks: image masks of the second-order explanations.
    """
    scores = {kind: np.zeros(2) for kind in KINDS}  # (correct, wrong)
    r2: dict[int, list[float]] = {1: [], 2: []}
    for index in range(count):
        scene = draw_grid_scene(np.random.default_rng((SEED, shown, named, index)), shown)
        items = scene.items[:named]
        caption = phrase(Statement(tuple(Mention(item.thing, item.colour) for item in items)))
        picture = render(scene, IMAGE_SIZE)
        masks = fresh_masks(np.full(N_PATCHES + len(caption.split()), 0.5), N_FRESH_MASKS, random_state=0)
        values = explainer.game(picture, caption)(masks)
        # A first-order fit has 20 times fewer terms, for which an eighth of the masks is ample.
        for order, n_image_masks in ((1, max(n_masks // 8, 256)), (2, n_masks)):
            explanation = explainer.explain(
                picture, caption, max_order=order, n_image_masks=n_image_masks, random_state=index + 1, progress=False
            )
            r2[order].append(FidelityCheck.of(explanation, masks, values).r2 or 0.0)
        quadrants = {word: quadrant(item.x, item.y) for item in items for word in (item.thing, item.colour)}
        for kind, words in KINDS.items():
            targets = {k: quadrants[token] for k, token in enumerate(explanation.tokens) if token in words}
            scores[kind] += pointing_scores(explanation, targets)
    figures = {f"PGR, {kind}": float(correct / (correct + wrong)) for kind, (correct, wrong) in scores.items()}
    return figures | {f"R², order {order}": float(np.mean(values)) for order, values in r2.items()}


def evaluate(explainer: Explainer, count: int, named: Sequence[int] = NAMED) -> list[dict[str, float]]:
    """`measure` for each number of named objects, in scenes of four objects and in scenes of the named ones alone."""
    cells = sorted({(shown, k) for k in named for shown in (4, k)}, reverse=True)
    return [{"shown": shown, "named": k} | measure(explainer, k, shown, count) for shown, k in cells]


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=50, help="scenes of each kind")
    arguments = parser.parse_args()
    cells = evaluate(Explainer(load_encoder(weights=arguments.weights)), arguments.count)
    report = {"seed": SEED, "scenes": arguments.count, "masks": N_MASKS, "cells": cells}
    arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(cells, indent=2))


if __name__ == "__main__":
    main()
