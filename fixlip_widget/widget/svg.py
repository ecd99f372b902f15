"""The still figure as an SVG file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike
from xml.sax.saxutils import escape, quoteattr

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.widget.canvas import STRIPE_WIDTH, Box, Canvas, Photo, Shape, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import FONT_FAMILY
from fixlip_widget.widget.serialize import data_url

INVALID_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_svg(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the figure of attributions, or of the interactions with the `selected` tokens if there are any."""
    svg = render_svg(explanation, selected)
    with atomic_write(path) as file:
        file.write(svg.encode())


def render_svg(explanation: Explanation, selected: Sequence[int] = ()) -> str:
    """The SVG file of an explanation, with two user units per CSS pixel, as the PNG has two pixels."""
    return to_svg(draw(explanation, selected), explanation.caption)


def to_svg(canvas: Canvas, title: str) -> str:
    """A canvas as SVG 1.1."""
    size = f'width="{canvas.width // 2}" height="{canvas.height // 2}" viewBox="0 0 {canvas.width} {canvas.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}'
        f" font-family={quoteattr(FONT_FAMILY)}>",
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
        d = "".join(f"M{x:g} {y:g}L{right:g} {top:g}" for x, y, right, top in shape.lines)
        stroke = f'stroke="{shape.color}" stroke-width="{STRIPE_WIDTH}" stroke-opacity="{shape.opacity:.4g}"'
        return f'<path d="{d}" {stroke}/>'
    if isinstance(shape, Text):
        position = f'x="{shape.x:g}" y="{shape.y:g}" text-anchor="{shape.anchor}" dominant-baseline="central"'
        text = f'font-size="{shape.size}">{_text(shape.text)}</text>'
        # A text of its own: some programs draw outlines over the letters.
        halo = f'<text {position} fill="none" stroke="{shape.halo}" stroke-width="4" {text}' if shape.halo else ""
        return f'{halo}<text {position} fill="{shape.color}" {text}'
    return _image(shape)


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
