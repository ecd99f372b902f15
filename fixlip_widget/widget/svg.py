"""The view as an SVG file: the same drawing as the PNG, at any size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike
from xml.sax.saxutils import escape, quoteattr

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import replacing
from fixlip_widget.widget.canvas import THICK, Box, Photo, Shape, Sheet, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import FAMILY
from fixlip_widget.widget.serialize import encode_picture

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold, even escaped."""


def write_svg(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the picture of attributions, or of the interactions with the `selected` tokens if there are any."""
    svg = render_svg(explanation, selected)
    with replacing(path) as file:
        file.write(svg.encode())


def render_svg(explanation: Explanation, selected: Sequence[int] = ()) -> str:
    """The drawing as text; a point of a page is two of its units, as it is two pixels of the PNG."""
    return spell(draw(explanation, selected), explanation.caption)


def spell(sheet: Sheet, title: str) -> str:
    """The sheet as SVG 1.1, which every program reads."""
    size = f'width="{sheet.width // 2}" height="{sheet.height // 2}" viewBox="0 0 {sheet.width} {sheet.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size}'
        f" font-family={quoteattr(FAMILY)}>",
        f"<title>{_text(title)}</title>",
        f'<rect width="{sheet.width}" height="{sheet.height}" fill="{sheet.paper}"/>',
        *map(_element, sheet.shapes),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _element(shape: Shape) -> str:
    if isinstance(shape, Box):
        return _rectangle(shape)
    if isinstance(shape, Stripes):
        d = "".join(f"M{x:g} {y:g}L{right:g} {top:g}" for x, y, right, top in shape.lines)
        return f'<path d="{d}" stroke="{shape.colour}" stroke-width="{THICK}" stroke-opacity="{shape.opacity:.4g}"/>'
    if isinstance(shape, Text):
        halo = f' stroke="{shape.halo}" stroke-width="4" paint-order="stroke"' if shape.halo else ""
        place = f'x="{shape.x:g}" y="{shape.y:g}" text-anchor="{shape.anchor}" dominant-baseline="central"'
        return f'<text {place} font-size="{shape.size}" fill="{shape.colour}"{halo}>{_text(shape.text)}</text>'
    return _image(shape)


def _rectangle(box: Box) -> str:
    # A stroke is centred on its line; here it lies within the box.
    inset = box.line / 2 if box.outline else 0
    size = f'width="{box.width - 2 * inset:g}" height="{box.height - 2 * inset:g}"'
    look = f'fill="{box.fill or "none"}"'
    if box.opacity < 1:
        look += f' fill-opacity="{box.opacity:.4g}"'
    if box.outline:
        look += f' stroke="{box.outline}" stroke-width="{box.line}"'
    if box.radius:
        look += f' rx="{box.radius - inset:g}"'
    return f'<rect x="{box.x + inset:g}" y="{box.y + inset:g}" {size} {look}/>'


def _image(photo: Photo) -> str:
    width, height = photo.picture.size
    place = f'x="{photo.x}" y="{photo.y}" width="{width}" height="{height}" preserveAspectRatio="none"'
    return f'<image {place} xlink:href="{encode_picture(photo.picture)}"/>'


def _text(text: str) -> str:
    return escape(FORBIDDEN.sub("\ufffd", text))
