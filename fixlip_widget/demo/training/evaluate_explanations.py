"""Measure explanations of the bundled encoder: `python -m fixlip_widget.demo.training.evaluate_explanations --out FILE`.

Scenes of four objects in a 2 × 2 grid, all of different things and colours;
the caption names two to four of them. And scenes of as many objects as are named.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from fixlip_widget.demo.captions import phrase
from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.model import GRID, IMAGE_SIZE, WEIGHTS
from fixlip_widget.demo.scenes import UNSEEN, Scene, draw_scene, render
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import Mention, Statement
from fixlip_widget.evaluation.faithfulness import fresh_values, r2
from fixlip_widget.evaluation.pointing_game import pointing_scores
from fixlip_widget.explainer import Explainer

SEED = 2**41  # neither training's nor the encoder's own evaluation's
N_MASKS, N_PATCHES = 4096, GRID * GRID
NAMED = (2, 3, 4)
KINDS = {"colours": frozenset(COLOURS), "things": frozenset(THINGS)}


def grid_scene(rng: np.random.Generator, n_items: int) -> Scene:
    """A scene of `n_items` in a 2 × 2 grid, no thing and no colour twice, nothing UNSEEN."""
    while True:
        scene = draw_scene(rng, n_items, gridded=True)
        things = [str(thing) for thing in rng.choice(THINGS, size=n_items, replace=False)]
        colours = [str(colour) for colour in rng.choice(list(COLOURS), size=n_items, replace=False)]
        if not set(zip(things, colours, strict=True)) & UNSEEN:
            kinds = zip(scene.items, things, colours, strict=True)
            return replace(scene, items=tuple(replace(i, thing=t, colour=c) for i, t, c in kinds))


def quadrant(x: float, y: float) -> int:
    """0 to 3, row by row."""
    return 2 * (y >= 0.5) + (x >= 0.5)


def measure(explainer: Explainer, named: int, shown: int, count: int, n_masks: int = N_MASKS) -> dict[str, float]:
    """Mean figures over `count` scenes of `shown` objects, `named` of them in the caption."""
    scores = {kind: np.zeros(2) for kind in KINDS}
    shares: dict[int, list[float]] = {1: [], 2: []}
    for index in range(count):
        scene = grid_scene(np.random.default_rng((SEED, shown, named, index)), shown)
        items = scene.items[:named]
        caption = phrase(Statement(tuple(Mention(item.thing, item.colour) for item in items)))
        picture = render(scene, IMAGE_SIZE)
        fresh = fresh_values(explainer.game(picture, caption), np.full(N_PATCHES + len(caption.split()), 0.5))
        # A first-order fit has 20 times fewer terms and needs no more masks than this.
        for order, masks in ((1, max(n_masks // 8, 256)), (2, n_masks)):
            explanation = explainer.explain(
                picture, caption, max_order=order, n_image_masks=masks, random_state=index + 1, progress=False
            )
            shares[order].append(r2(explanation, *fresh))
        places = {word: quadrant(item.x, item.y) for item in items for word in (item.thing, item.colour)}
        for kind, words in KINDS.items():
            targets = {k: places[t] for k, t in enumerate(explanation.tokens) if t in words}
            scores[kind] += pointing_scores(explanation, targets)
    figures = {f"PGR, {kind}": float(right / (right + wrong)) for kind, (right, wrong) in scores.items()}
    return figures | {f"R², order {order}": float(np.mean(values)) for order, values in shares.items()}


def evaluate(explainer: Explainer, count: int, named: Sequence[int] = NAMED) -> list[dict[str, float]]:
    """Every cell: four objects of which some are named, and as many objects as are named."""
    cells = sorted({(shown, k) for k in named for shown in (4, k)}, reverse=True)
    return [{"shown": shown, "named": k} | measure(explainer, k, shown, count) for shown, k in cells]


def main() -> None:
    """Read the command line, explain, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=50, help="scenes of each kind")
    given = parser.parse_args()
    cells = evaluate(Explainer(load_encoder(weights=given.weights)), given.count)
    report = {"seed": SEED, "scenes": given.count, "masks": N_MASKS, "cells": cells}
    given.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(cells, indent=2))


if __name__ == "__main__":
    main()
