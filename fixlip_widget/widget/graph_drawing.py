"""The graph of a set in a still figure: its tokens as nodes, as in `js/src/view/subset-graph.ts`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from fixlip_widget.widget.canvas import Box, Photo, Shape, Text
from fixlip_widget.widget.color_scale import decimals, signed, strength
from fixlip_widget.widget.displayed_values import displayed_picture
from fixlip_widget.widget.frame import Frame
from fixlip_widget.widget.layout import BACKGROUND, BORDER, INK, NO_PICTURE, Layout
from fixlip_widget.widget.link_drawing import link_shape
from fixlip_widget.widget.tapered_stroke import stroke_outline

MAX_NODES = 12
"""More nodes than this make the graph illegible."""
MAX_STRONG = 8
"""The strongest edges are as wide as they are strong and carry their value; all others are hairlines."""
WIDTH, HEIGHT = 800, 500
RADII = 320, 192
"""Of the ellipse on which the nodes stand."""
MAX_LINE, MIN_LINE, HAIRLINE = 22, 3.2, 1.6
NUMBER_PLACES = (0.5, 0.4, 0.6, 0.31, 0.69, 0.24, 0.76)
"""Places along an edge that its number may take, as shares of its length; the first that is free."""
THUMBNAIL, NODE_HEIGHT = 80, 52
TEXT = 28
RAISE_TEXT, LOWER_TEXT = "#b3132b", "#0b53b5"


def draw_graph(frame: Frame, layout: Layout, top: int) -> list[Shape]:
    """The graph of the frame's set, in the middle, with its upper edge at `top`."""
    players, scale = ordered_members(frame), _scale(layout)
    origin = complex((layout.width - scale * WIDTH) / 2, top)
    points = [origin + scale * point for point in lay_out(players, frame.explanation.n_players_image)]
    nodes = [_node_box(frame, layout, player, point) for player, point in zip(players, points, strict=True)]
    shapes = list(_draw_edges(frame, layout, players, points, nodes))
    for player, node in zip(players, nodes, strict=True):
        shapes += _draw_node(frame, player, node)
    return shapes


def graph_height(layout: Layout) -> int:
    """Height of a graph in units."""
    return round(HEIGHT * _scale(layout))


def _scale(layout: Layout) -> float:
    """Narrow figures have a smaller graph."""
    return min(1.0, layout.inner_width / WIDTH)


def ordered_members(frame: Frame) -> list[int]:
    """The first members of the set: patches from left to right, then words in reading order."""
    columns, n_patches = frame.explanation.grid[1], frame.explanation.n_players_image
    return sorted(frame.members[:MAX_NODES], key=lambda i: (i % columns if i < n_patches else columns + i, i))


def lay_out(players: Sequence[int], n_patches: int) -> list[complex]:
    """Points on an ellipse: patches on an arc at the top, words on one at the bottom, by their share of the nodes."""
    upper = sum(player < n_patches for player in players)
    lower = len(players) - upper
    share = upper / len(players) if players else 0.0
    points = []
    for position in range(len(players)):
        if position < upper:
            arc, middle, along = share, -np.pi / 2, (position + 0.5) / upper
        else:
            # From right to left along the lower arc, so that words count backwards.
            arc, middle, along = 1 - share, np.pi / 2, (len(players) - position - 0.5) / lower
        angle = middle + 2 * np.pi * arc * (along - 0.5)
        points.append(complex(WIDTH / 2 + RADII[0] * np.cos(angle), HEIGHT / 2 + RADII[1] * np.sin(angle)))
    return points


def _node_box(frame: Frame, layout: Layout, player: int, point: complex) -> Box:
    if player < frame.explanation.n_players_image:
        width = height = round(THUMBNAIL * _scale(layout))
    else:
        width, height = layout.font(TEXT).width(frame.explanation.tokens[player]) + 28, NODE_HEIGHT
    return Box(round(point.real - width / 2), round(point.imag - height / 2), width, height)


def _draw_edges(
    frame: Frame, layout: Layout, players: Sequence[int], points: Sequence[complex], nodes: Sequence[Box]
) -> Iterator[Shape]:
    pairs = frame.explanation.second_order()
    edges = [(a, b, float(pairs[players[a], players[b]])) for a, b in itertools.combinations(range(len(players)), 2)]
    edges.sort(key=lambda edge: -abs(edge[2]))
    extent = abs(edges[0][2]) if edges else 0.0
    for rank, (a, b, value) in reversed(list(enumerate(edges))):
        share = strength(value, extent)
        width = max(MIN_LINE, MAX_LINE * share) if rank < MAX_STRONG else HAIRLINE
        line = stroke_outline(points[a], points[b], (points[a] + points[b]) / 2, (width, width)).tolist()
        yield link_shape(line, value, share if rank < MAX_STRONG else 0.0)
    yield from _draw_numbers(layout, edges[:MAX_STRONG], points, nodes, decimals(extent))


def _draw_numbers(
    layout: Layout,
    edges: Sequence[tuple[int, int, float]],
    points: Sequence[complex],
    nodes: Sequence[Box],
    digits: int,
) -> Iterator[Shape]:
    """The values of edges, each at the first place where it covers no node and no other value."""
    taken, font = list(nodes), layout.font(layout.number)
    for a, b, value in edges:
        text = signed(value, digits)
        width, height = font.width(text) + 4, round(1.25 * layout.number)
        centers = [points[a] + share * (points[b] - points[a]) for share in NUMBER_PLACES]
        boxes = [Box(round(c.real - width / 2), round(c.imag - height / 2), width, height) for c in centers]
        box = next((each for each in boxes if not any(_overlap(each, other) for other in taken)), boxes[0])
        taken.append(box)
        x, y = box.x + width / 2, box.y + height / 2
        color = RAISE_TEXT if value > 0 else LOWER_TEXT
        yield Text(x, y, text, layout.number, color, "middle", BACKGROUND)


def _draw_node(frame: Frame, player: int, node: Box) -> list[Shape]:
    outline, line = (INK, 4) if player in frame.selected else (BORDER, 2)
    frame_box = Box(
        node.x - line, node.y - line, node.width + 2 * line, node.height + 2 * line, BACKGROUND, 1.0, outline, line, 8
    )
    if player < frame.explanation.n_players_image:
        return [frame_box, Photo(node.x, node.y, thumbnail(frame, player, node.width))]
    text = frame.explanation.tokens[player]
    return [frame_box, Text(node.x + node.width / 2, node.y + node.height / 2, text, TEXT, INK, "middle")]


def thumbnail(frame: Frame, player: int, side: int) -> Image.Image:
    """The picture of one patch, `side` pixels wide and high."""
    picture, (left, top, right, bottom) = displayed_picture(frame.explanation)
    if picture is None:
        return Image.new("RGB", (side, side), NO_PICTURE)
    rows, columns = frame.explanation.grid
    row, column = divmod(player, columns)
    width, height = (right - left) / columns * picture.width, (bottom - top) / rows * picture.height
    x, y = left * picture.width + column * width, top * picture.height + row * height
    return picture.convert("RGB").resize((side, side), box=(x, y, x + width, y + height))


def _overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
