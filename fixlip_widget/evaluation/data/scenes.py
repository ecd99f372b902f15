"""Painted scenes of four things in a 2×2 grid, of which the caption names one to four."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

import numpy as np

from fixlip_widget.demo.captions import phrase
from fixlip_widget.demo.model import IMAGE_SIZE
from fixlip_widget.demo.scenes import render
from fixlip_widget.demo.statements import Mention, Statement
from fixlip_widget.evaluation.bundled import grid_scene, quadrant
from fixlip_widget.evaluation.data.pairs import Pair

SEED = 2**42  # neither training's nor another evaluation's
SHOWN = 4


def scenes() -> Iterator[Pair]:
    """Endless, the same every time; one thing named, then two, three, four, and again."""
    for index in count():
        named = index % SHOWN + 1
        scene = grid_scene(np.random.default_rng((SEED, index)), SHOWN)
        items = scene.items[:named]
        yield Pair(
            key=f"scene-{index:05}",
            caption=phrase(Statement(tuple(Mention(item.thing, item.colour) for item in items))),
            picture=partial(render, scene, IMAGE_SIZE),
            targets=tuple((word, quadrant(item.x, item.y)) for item in items for word in (item.colour, item.thing)),
            group=f"{named} of {SHOWN} named",
        )
