"""Scenes of up to four emoji in a 2×2 grid, with captions that name all or some of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from fixlip_widget.demo.grid_scenes import draw_grid_scene
from fixlip_widget.demo.scenes import MAX_ITEMS
from fixlip_widget.evaluation.data.pairs import Pair

SEED = 2**42
"""Differs from the seeds of training and of the bundled encoder's own evaluations."""


def scenes() -> Iterator[Pair]:
    """An endless, reproducible sequence of scenes with one, two, three, four, one, … things, all in the caption."""
    for index in count():
        n_shown = index % MAX_ITEMS + 1
        yield _pair("scene", index, n_shown, n_shown, f"{n_shown} object{'s' * (n_shown > 1)}")


def pointing_games() -> Iterator[Pair]:
    """An endless, reproducible sequence of scenes of four things with one, two, three, four, one, … in the caption."""
    for index in count():
        n_named = index % MAX_ITEMS + 1
        yield _pair("pointing", index, MAX_ITEMS, n_named, f"{n_named} of {MAX_ITEMS} named")


def _pair(kind: str, index: int, n_shown: int, n_named: int, group: str) -> Pair:
    scene = draw_grid_scene(SEED + index * 100 + 10 * n_shown + n_named, n_shown)
    named = list(zip(scene.colours, scene.things, scene.quadrants, strict=True))[:n_named]
    return Pair(
        key=f"{kind}-{index:05}",
        caption=scene.caption(n_named),
        load_image=scene.render,
        targets=tuple((word, quadrant) for colour, thing, quadrant in named for word in (colour, thing)),
        group=group,
        absent=scene.absent_caption(n_named),
    )
