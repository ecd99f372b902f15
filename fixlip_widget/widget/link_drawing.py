"""The links of a still figure: tapered strokes from token to token, as in `js/src/view/link-overlay.ts`."""

from __future__ import annotations

from collections.abc import Sequence

from fixlip_widget.widget.canvas import Box, Polygon, Shape
from fixlip_widget.widget.color_scale import LOWER, RAISE, strength
from fixlip_widget.widget.frame import Frame, Link
from fixlip_widget.widget.layout import BACKGROUND
from fixlip_widget.widget.tapered_stroke import left_of_middle, stroke_outline

WIDTH_AT_PATCH, MAX_SHARE_OF_PATCH = 26, 0.4
"""Width of the strongest link at a patch, at most this share of the patch, so that links from neighbours stay apart."""
WIDTH_AT_WORD, MIN_WIDTH = 8.0, 2.4
END_RADIUS = 6
"""Of the dot where a link ends at a word, which tells it from links that pass under one."""
BEND = 0.08


def draw_links(frame: Frame, patches: Sequence[Box], chips: Sequence[Box]) -> list[Shape]:
    """The links of the frame, the strongest on top."""
    tokens = [*patches, *chips]
    widest = min(WIDTH_AT_PATCH, MAX_SHARE_OF_PATCH * patches[0].width)
    extent = abs(frame.links[0].value) if frame.links else 0.0
    return [
        shape
        for link in reversed(frame.links)
        for shape in _draw_link(link, strength(link.value, extent), len(patches), tokens, widest)
    ]


def link_shape(outline: Sequence[complex], value: float, share: float) -> Polygon:
    """A stroke in the color of its value; one that lowers is outlined, so that the sign is visible without color."""
    points = tuple((round(point.real, 1), round(point.imag, 1)) for point in outline)
    if value > 0:
        return Polygon(points, RAISE, 0.25 + 0.55 * share)
    return Polygon(points, LOWER, 0.2, line=2, line_opacity=0.45 + 0.55 * share)


def _draw_link(link: Link, share: float, n_patches: int, tokens: Sequence[Box], widest: float) -> list[Shape]:
    at_patch = max(MIN_WIDTH, widest * share)
    at_word = max(MIN_WIDTH, min(WIDTH_AT_WORD, widest) * share)
    mean = (at_patch + at_word) / 2
    is_cross_modal = link.start < n_patches <= link.end
    start, end, via = _curve(tokens[link.start], tokens[link.end], link, n_patches)
    stroke = stroke_outline(start, end, via, (at_patch, at_word) if is_cross_modal else (mean, mean))
    color = RAISE if link.value > 0 else LOWER
    ends = [point for point, player in ((start, link.start), (end, link.end)) if player >= n_patches]
    return [link_shape(stroke.tolist(), link.value, share), *(_dot(point, color) for point in ends)]


def _dot(center: complex, color: str) -> Box:
    radius = END_RADIUS + 2  # with its outline
    x, y = round(center.real) - radius, round(center.imag) - radius
    return Box(x, y, 2 * radius, 2 * radius, color, outline=BACKGROUND, line=2, radius=radius)


def _curve(a: Box, b: Box, link: Link, n_patches: int) -> tuple[complex, complex, complex]:
    """Start, end and control point: from the middle of a patch, but the edge of a word, so that none crosses text."""
    start, end = _middle(a), _middle(b)
    if link.end >= n_patches:
        end = complex(end.real, b.y)
    if link.start >= n_patches:
        if a.y + a.height >= b.y:
            # Both in one line of text: an arc over the words between them.
            start, end = complex(start.real, a.y), complex(end.real, a.y)
            rise = 28 + 0.35 * abs(end.real - start.real)
            return start, end, complex((start.real + end.real) / 2, a.y - rise)
        start = complex(start.real, a.y + a.height)
    return start, end, left_of_middle(start, end, BEND)


def _middle(box: Box) -> complex:
    return complex(box.x + box.width / 2, box.y + box.height / 2)
