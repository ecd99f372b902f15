"""The still figure as a PNG file, for places where nothing interactive runs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from os import PathLike
from typing import Any

from PIL import Image, ImageDraw

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.widget.canvas import STRIPE_WIDTH, Box, Canvas, Photo, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import Font

ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
HALO_WIDTH = 2


def write_png(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the figure of attributions, or of the interactions with the `selected` tokens if there are any."""
    png = render_png(draw(explanation, selected))
    with atomic_write(path) as file:
        file.write(png)


def render_png(canvas: Canvas) -> bytes:
    """The PNG file of a canvas, at two pixels per CSS pixel."""
    file = io.BytesIO()
    paint(canvas).save(file, "PNG", optimize=True)
    return file.getvalue()


def mime_png(canvas: Canvas) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of a canvas for Jupyter's rich display."""
    size = {"width": canvas.width // 2, "height": canvas.height // 2}
    return {"image/png": base64.b64encode(render_png(canvas)).decode()}, {"image/png": size}


def paint(canvas: Canvas) -> Image.Image:
    """The canvas in pixels."""
    picture = Image.new("RGB", (canvas.width, canvas.height), canvas.background)
    pen = ImageDraw.Draw(picture)
    for shape in canvas.shapes:
        if isinstance(shape, Photo):
            picture.paste(shape.picture, (shape.x, shape.y))
        elif isinstance(shape, Text):
            font, anchor = Font(shape.size), ANCHORS[shape.anchor]
            pen.text(
                (shape.x, shape.y),
                font.printable(shape.text),
                font=font.font,
                fill=shape.color,
                anchor=anchor,
                stroke_width=HALO_WIDTH if shape.halo else 0,
                stroke_fill=shape.halo,
            )
        elif isinstance(shape, Stripes):
            _blend_stripes(picture, shape)
        elif shape.opacity < 1 and shape.fill is not None:
            _blend_box(picture, shape, shape.fill)
        else:
            corners = (shape.x, shape.y, shape.x + shape.width - 1, shape.y + shape.height - 1)
            pen.rounded_rectangle(corners, shape.radius, fill=shape.fill, outline=shape.outline, width=shape.line)
    return picture


def _blend_stripes(picture: Image.Image, stripes: Stripes) -> None:
    mask = Image.new("L", picture.size)
    pen = ImageDraw.Draw(mask)
    for line in stripes.lines:
        pen.line(line, fill=round(255 * stripes.opacity), width=STRIPE_WIDTH)
    corners = (stripes.x, stripes.y, stripes.x + stripes.width, stripes.y + stripes.height)
    picture.paste(stripes.color, corners, mask.crop(corners))


def _blend_box(picture: Image.Image, box: Box, color: str) -> None:
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    below = picture.crop(corners)
    picture.paste(Image.blend(below, Image.new("RGB", below.size, color), box.opacity), corners)
