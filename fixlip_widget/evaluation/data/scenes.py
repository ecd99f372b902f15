"""Painted scenes of up to four things in a 2×2 grid, all of which the caption names, or only some."""

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

SEED = 2**42  # neither training's nor another evaluation's
MOST = 4


def scenes() -> Iterator[Pair]:
    """Endless, the same every time; one thing shown and named, then two, three, four, and again."""
    for index in count():
        shown = index % MOST + 1
        yield _pair("scene", index, shown, shown, f"{shown} object{'s' * (shown > 1)}")


def pointing_games() -> Iterator[Pair]:
    """Endless, the same every time; of four things shown one named, then two, three, four, and again."""
    for index in count():
        named = index % MOST + 1
        yield _pair("pointing", index, MOST, named, f"{named} of {MOST} named")


def _pair(kind: str, index: int, shown: int, named: int, group: str) -> Pair:
    rng = np.random.default_rng((SEED, shown, named, index))
    scene = draw_grid_scene(rng, shown)
    items = scene.items[:named]
    mentioned = [Mention(item.thing, item.colour) for item in items]
    things = [thing for thing in THINGS if thing not in {item.thing for item in scene.items}]
    colours = [colour for colour in COLOURS if colour not in {item.colour for item in scene.items}]
    strangers = zip(rng.permutation(things)[:named], rng.permutation(colours)[:named], strict=True)
    return Pair(
        key=f"{kind}-{index:05}",
        caption=phrase(Statement(tuple(mentioned))),
        picture=partial(render, scene, IMAGE_SIZE),
        targets=tuple((word, quadrant(item.x, item.y)) for item in items for word in (item.colour, item.thing)),
        group=group,
        absent=phrase(Statement(tuple(Mention(str(thing), str(colour)) for thing, colour in strangers))),
    )
