"""The view as a PNG file, for places where nothing interactive runs."""

from __future__ import annotations

import io
from collections.abc import Sequence
from os import PathLike

from PIL import Image, ImageDraw

from fixlip_widget.explanation import Explanation
from fixlip_widget.files import replacing
from fixlip_widget.widget.lettering import Lettering
from fixlip_widget.widget.shapes import Box, Photo, Sheet, Text
from fixlip_widget.widget.still import draw

ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
HALO = 2


def write_png(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the picture of attributions, or of the interactions with the `selected` tokens if there are any."""
    png, _ = render_png(explanation, selected)
    with replacing(path) as file:
        file.write(png)


def render_png(explanation: Explanation, selected: Sequence[int] = ()) -> tuple[bytes, tuple[int, int]]:
    """The PNG file's bytes, and its width and height in pixels: two per point of a page."""
    picture = paint(draw(explanation, selected))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue(), picture.size


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
        elif shape.opacity < 1 and shape.fill is not None:
            _veil(canvas, shape, shape.fill)
        else:
            corners = (shape.x, shape.y, shape.x + shape.width - 1, shape.y + shape.height - 1)
            pen.rounded_rectangle(corners, shape.radius, fill=shape.fill, outline=shape.outline, width=shape.line)
    return canvas


def _veil(canvas: Image.Image, box: Box, colour: str) -> None:
    """Lay a translucent colour on what is there."""
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    beneath = canvas.crop(corners)
    canvas.paste(Image.blend(beneath, Image.new("RGB", beneath.size, colour), box.opacity), corners)
