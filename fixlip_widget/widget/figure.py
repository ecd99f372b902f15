"""Still figures of a view, for PNG, SVG and PDF; their colors and scales are those of the page."""

from __future__ import annotations

from collections.abc import Sequence

from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import Selection
from fixlip_widget.widget.canvas import Canvas, Shape, translated
from fixlip_widget.widget.caption_drawing import draw_caption
from fixlip_widget.widget.frame import Frame, color_extent, create_frame
from fixlip_widget.widget.graph_drawing import draw_graph, graph_height
from fixlip_widget.widget.layout import BACKGROUND, GAP, PAGE, Layout, create_layout
from fixlip_widget.widget.legend_drawing import draw_header, draw_legend
from fixlip_widget.widget.link_drawing import draw_links
from fixlip_widget.widget.picture_drawing import draw_picture

MAX_COLUMNS = 3
"""Figures in a row of a comparison."""


def draw(
    explanation: Explanation,
    selected: Selection = (),
    *,
    mode: str | None = None,
    figure: bool = False,
    width_mm: float | None = None,
    font: str | None = None,
    count: int | None = None,
) -> Canvas:
    """The still figure that `Explanation.to_svg` writes, which documents the arguments."""
    layout = create_layout(figure=figure, width_mm=width_mm, font=font)
    return compose(create_frame(explanation, selected, mode, count=count), layout)


def draw_side_by_side(
    explanations: Sequence[Explanation], titles: Sequence[str], selected: Sequence[Sequence[int]], *, common: bool
) -> Canvas:
    """Figures of several explanations under their titles, up to three in a row; `common` gives them one scale.

    `selected` are the tokens that each is conditioned on.
    """
    extents = [color_extent(one, chosen) for one, chosen in zip(explanations, selected, strict=True)]
    if common:
        extents = [max(extents)] * len(extents)
    figures = [
        compose(create_frame(one, chosen, extent=extent), PAGE, title)
        for one, chosen, extent, title in zip(explanations, selected, extents, titles, strict=True)
    ]
    shapes: list[Shape] = []
    height = 0
    for start in range(0, len(figures), MAX_COLUMNS):
        row = figures[start : start + MAX_COLUMNS]
        for column, figure in enumerate(row):
            shapes += [translated(shape, column * PAGE.width, height) for shape in figure.shapes]
        height += max(figure.height for figure in row)
    return _canvas(PAGE, PAGE.width * min(len(figures), MAX_COLUMNS), height, shapes)


def compose(frame: Frame, layout: Layout, title: str = "") -> Canvas:
    """The parts of a figure one below the other."""
    shapes: list[Shape] = []
    y = layout.margin
    if not layout.is_figure:
        shapes, y = draw_header(frame, layout, title, y)
    picture = draw_picture(frame, layout, y)
    caption = draw_caption(frame, layout, picture.bottom + GAP)
    links = draw_links(frame, picture.patches, caption.chips)
    shapes += [*picture.shapes, *links, *caption.shapes]
    y = caption.bottom
    if frame.mode == "subset":
        shapes += draw_graph(frame, layout, y + GAP)
        y += GAP + graph_height(layout)
    if not layout.is_figure:
        legend, y = draw_legend(frame, layout, y + GAP + 8, has_signs=picture.has_signs)
        shapes += legend
    return _canvas(layout, layout.width, y + layout.margin, shapes)


def _canvas(layout: Layout, width: int, height: int, shapes: Sequence[Shape]) -> Canvas:
    return Canvas(width, height, BACKGROUND, tuple(shapes), layout.unit_mm, layout.pixels, layout.typeface)
