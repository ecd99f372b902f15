"""Painted scenes of up to four objects in a 2×2 grid, with captions that name all or some of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

import numpy as np

from fixlip_widget.demo.captions import phrase
from fixlip_widget.demo.model import IMAGE_SIZE
from fixlip_widget.demo.scenes import draw_grid_scene, quadrant, render
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import Mention, Statement
from fixlip_widget.evaluation.data.pairs import Pair

SEED = 2**42
"""Differs from the seeds of training and of the bundled encoder's own evaluations."""
MAX_OBJECTS = 4


def scenes() -> Iterator[Pair]:
    """An endless, reproducible sequence of scenes with one, two, three, four, one, … objects, all in the caption."""
    for index in count():
        n_shown = index % MAX_OBJECTS + 1
        yield _pair("scene", index, n_shown, n_shown, f"{n_shown} object{'s' * (n_shown > 1)}")


def pointing_games() -> Iterator[Pair]:
    """An endless, reproducible sequence of scenes of four objects with one, two, three, four, one, … in the caption."""
    for index in count():
        n_named = index % MAX_OBJECTS + 1
        yield _pair("pointing", index, MAX_OBJECTS, n_named, f"{n_named} of {MAX_OBJECTS} named")


def _pair(kind: str, index: int, n_shown: int, n_named: int, group: str) -> Pair:
    rng = np.random.default_rng((SEED, n_shown, n_named, index))
    scene = draw_grid_scene(rng, n_shown)
    items = scene.items[:n_named]
    mentions = [Mention(item.thing, item.colour) for item in items]
    things = [thing for thing in THINGS if thing not in {item.thing for item in scene.items}]
    colours = [colour for colour in COLOURS if colour not in {item.colour for item in scene.items}]
    absent = zip(rng.permutation(things)[:n_named], rng.permutation(colours)[:n_named], strict=True)
    return Pair(
        key=f"{kind}-{index:05}",
        caption=phrase(Statement(tuple(mentions))),
        load_image=partial(render, scene, IMAGE_SIZE),
        targets=tuple((word, quadrant(item.x, item.y)) for item in items for word in (item.colour, item.thing)),
        group=group,
        absent=phrase(Statement(tuple(Mention(str(thing), str(colour)) for thing, colour in absent))),
    )
