"""Several stills in one, for a comparison where nothing interactive runs."""

from __future__ import annotations

from collections.abc import Sequence

from fixlip_widget.explanation import Explanation
from fixlip_widget.widget.shapes import Shape, Sheet, moved
from fixlip_widget.widget.still import PAPER, WIDTH, Drawing, extent_of

COLUMNS = 3


def draw_beside(
    explanations: Sequence[Explanation], titles: Sequence[str], selected: Sequence[int], *, common: bool
) -> Sheet:
    """Every explanation under its title, at most three in a row; on one scale where it is `common`."""
    extents = [extent_of(one, selected) for one in explanations]
    if common:
        extents = [max(extents)] * len(extents)
    sheets = [
        Drawing(one, tuple(selected), extent, title).sheet()
        for one, extent, title in zip(explanations, extents, titles, strict=True)
    ]
    shapes: list[Shape] = []
    height = 0
    for start in range(0, len(sheets), COLUMNS):
        row = sheets[start : start + COLUMNS]
        for column, sheet in enumerate(row):
            shapes += [moved(shape, column * WIDTH, height) for shape in sheet.shapes]
        height += max(sheet.height for sheet in row)
    return Sheet(WIDTH * min(len(sheets), COLUMNS), height, PAPER, tuple(shapes))
