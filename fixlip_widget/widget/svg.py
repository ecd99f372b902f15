"""A still figure as an SVG file."""

from __future__ import annotations

import re
from os import PathLike
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.typing import Selection
from fixlip_widget.widget.canvas import Box, Canvas, Photo, Polygon, Shape, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import one_line
from fixlip_widget.widget.serialize import data_url

INVALID_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_svg(explanation: Explanation, path: str | PathLike[str], selected: Selection = (), **options: Any) -> None:
    """Write the figure that `draw` gives for the same arguments."""
    svg = to_svg(draw(explanation, selected, **options), explanation.caption)
    with atomic_write(path) as file:
        file.write(svg.encode())


def to_svg(canvas: Canvas, title: str) -> str:
    """A canvas as SVG 1.1."""
    size = f'width="{canvas.width_mm:.4g}mm" height="{canvas.height_mm:.4g}mm"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}'
        f' viewBox="0 0 {canvas.width} {canvas.height}" font-family={quoteattr(canvas.typeface.family)}>',
        f"<title>{_text(title)}</title>",
        f'<rect width="{canvas.width}" height="{canvas.height}" fill="{canvas.background}"/>',
        *map(_element, canvas.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        return _rectangle(shape)
    if isinstance(shape, Stripes):
        d = "".join("M" + "L".join(f"{x:.5g} {y:.5g}" for x, y in band) + "z" for band in shape.bands)
        return f'<path d="{d}" fill="{shape.color}" fill-opacity="{shape.opacity:.4g}"/>'
    if isinstance(shape, Polygon):
        return _polygon(shape)
    if isinstance(shape, Text):
        position = f'x="{shape.x:g}" y="{shape.y:g}" text-anchor="{shape.anchor}" dominant-baseline="central"'
        text = f'font-size="{shape.size}">{_text(one_line(shape.text))}</text>'
        # A text of its own: some programs draw outlines over the letters.
        outline = f'fill="none" stroke="{shape.halo}" stroke-width="{shape.halo_width:g}"'
        halo = f"<text {position} {outline} {text}" if shape.halo else ""
        return f'{halo}<text {position} fill="{shape.color}" {text}'
    return _image(shape)


def _polygon(polygon: Polygon) -> str:
    points = " ".join(f"{x:g},{y:g}" for x, y in polygon.points)
    style = f'fill="{polygon.color}" fill-opacity="{polygon.opacity:.4g}"'
    if polygon.line:
        style += (
            f' stroke="{polygon.color}" stroke-width="{polygon.line:g}" stroke-opacity="{polygon.line_opacity:.4g}"'
        )
    return f'<polygon points="{points}" {style}/>'


def _rectangle(box: Box) -> str:
    # An SVG stroke is centred on the edge, but the outline of a box lies inside it.
    inset = box.line / 2 if box.outline else 0
    size = f'width="{box.width - 2 * inset:g}" height="{box.height - 2 * inset:g}"'
    style = f'fill="{box.fill or "none"}"'
    if box.opacity < 1:
        style += f' fill-opacity="{box.opacity:.4g}"'
    if box.outline:
        style += f' stroke="{box.outline}" stroke-width="{box.line}"'
    if box.radius:
        style += f' rx="{box.radius - inset:g}"'
    return f'<rect x="{box.x + inset:g}" y="{box.y + inset:g}" {size} {style}/>'


def _image(photo: Photo) -> str:
    width, height = photo.picture.size
    position = f'x="{photo.x}" y="{photo.y}" width="{width}" height="{height}" preserveAspectRatio="none"'
    return f'<image {position} xlink:href="{data_url(photo.picture)}"/>'


def _text(text: str) -> str:
    return escape(INVALID_IN_XML.sub("\ufffd", text))
