"""The view as a PNG file, for places where nothing interactive runs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from os import PathLike
from typing import Any

from PIL import Image, ImageDraw

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import replacing
from fixlip_widget.widget.canvas import THICK, Box, Photo, Sheet, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import Lettering

ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
HALO = 2


def write_png(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the picture of attributions, or of the interactions with the `selected` tokens if there are any."""
    png = render_png(draw(explanation, selected))
    with replacing(path) as file:
        file.write(png)


def render_png(sheet: Sheet) -> bytes:
    """The PNG file of the sheet, two pixels per point of a page."""
    file = io.BytesIO()
    paint(sheet).save(file, "PNG", optimize=True)
    return file.getvalue()


def mime_png(sheet: Sheet) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata by MIME type, for places that show pictures."""
    size = {"width": sheet.width // 2, "height": sheet.height // 2}
    return {"image/png": base64.b64encode(render_png(sheet)).decode()}, {"image/png": size}


def paint(sheet: Sheet) -> Image.Image:
    """The sheet in pixels."""
    canvas = Image.new("RGB", (sheet.width, sheet.height), sheet.paper)
    pen = ImageDraw.Draw(canvas)
    for shape in sheet.shapes:
        if isinstance(shape, Photo):
            canvas.paste(shape.picture, (shape.x, shape.y))
        elif isinstance(shape, Text):
            letters, anchor = Lettering(shape.size), ANCHORS[shape.anchor]
            pen.text(
                (shape.x, shape.y),
                letters.spell(shape.text),
                font=letters.font,
                fill=shape.colour,
                anchor=anchor,
                stroke_width=HALO if shape.halo else 0,
                stroke_fill=shape.halo,
            )
        elif isinstance(shape, Stripes):
            _stripe(canvas, shape)
        elif shape.opacity < 1 and shape.fill is not None:
            _veil(canvas, shape, shape.fill)
        else:
            corners = (shape.x, shape.y, shape.x + shape.width - 1, shape.y + shape.height - 1)
            pen.rounded_rectangle(corners, shape.radius, fill=shape.fill, outline=shape.outline, width=shape.line)
    return canvas


def _stripe(canvas: Image.Image, stripes: Stripes) -> None:
    """Lay translucent lines on what is there."""
    mask = Image.new("L", canvas.size)
    pen = ImageDraw.Draw(mask)
    for line in stripes.lines:
        pen.line(line, fill=round(255 * stripes.opacity), width=THICK)
    corners = (stripes.x, stripes.y, stripes.x + stripes.width, stripes.y + stripes.height)
    canvas.paste(stripes.colour, corners, mask.crop(corners))


def _veil(canvas: Image.Image, box: Box, colour: str) -> None:
    """Lay a translucent colour on what is there."""
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    beneath = canvas.crop(corners)
    canvas.paste(Image.blend(beneath, Image.new("RGB", beneath.size, colour), box.opacity), corners)
