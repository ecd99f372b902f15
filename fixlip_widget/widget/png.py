"""A still figure as a PNG file, for places where nothing interactive runs."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable
from os import PathLike
from typing import Any

from PIL import Image, ImageChops, ImageDraw

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.typing import Selection
from fixlip_widget.widget.canvas import (
    MM_PER_INCH,
    Box,
    Canvas,
    Photo,
    Polygon,
    Shape,
    Stripes,
    Text,
)
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import Font

ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
SMOOTHING = 4
"""Pixels of a mask for each pixel, in each direction, as Pillow draws slanted edges without smoothing."""


def write_png(explanation: Explanation, path: str | PathLike[str], selected: Selection = (), **options: Any) -> None:
    """Write the figure that `draw` gives for the same arguments."""
    png = render_png(draw(explanation, selected, **options))
    with atomic_write(path) as file:
        file.write(png)


def render_png(canvas: Canvas) -> bytes:
    """The PNG file of a canvas, with its resolution."""
    file = io.BytesIO()
    per_inch = canvas.pixels * MM_PER_INCH / canvas.unit_mm
    paint(canvas).save(file, "PNG", optimize=canvas.pixels == 1, dpi=(per_inch, per_inch))
    return file.getvalue()


def mime_png(canvas: Canvas) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata of a canvas for Jupyter's rich display."""
    size = {"width": canvas.width // 2, "height": canvas.height // 2}
    return {"image/png": base64.b64encode(render_png(canvas)).decode()}, {"image/png": size}


def paint(canvas: Canvas) -> Image.Image:
    """The canvas in pixels."""
    picture = Image.new("RGB", (canvas.width * canvas.pixels, canvas.height * canvas.pixels), canvas.background)
    for shape in canvas.shapes:
        _paint(picture, shape, canvas)
    return picture


def _paint(picture: Image.Image, shape: Shape, canvas: Canvas) -> None:
    scale = canvas.pixels
    if isinstance(shape, Photo):
        size = (shape.picture.width * scale, shape.picture.height * scale)
        picture.paste(shape.picture.resize(size), (shape.x * scale, shape.y * scale))
    elif isinstance(shape, Text):
        font = Font(shape.size * scale, canvas.typeface)
        ImageDraw.Draw(picture).text(
            (shape.x * scale, shape.y * scale),
            font.printable(shape.text),
            font=font.font,
            fill=shape.color,
            anchor=ANCHORS[shape.anchor],
            stroke_width=shape.halo_width / 2 * scale if shape.halo else 0,
            stroke_fill=shape.halo,
        )
    elif isinstance(shape, Stripes):
        _paint_stripes(picture, shape, scale)
    elif isinstance(shape, Polygon):
        _paint_polygon(picture, shape, scale)
    else:
        _paint_box(picture, shape, scale)


def _paint_stripes(picture: Image.Image, stripes: Stripes, scale: int) -> None:
    fine = scale * SMOOTHING
    mask = Image.new("L", (stripes.width * fine, stripes.height * fine))
    pen = ImageDraw.Draw(mask)
    for band in stripes.bands:
        pen.polygon([((x - stripes.x) * fine, (y - stripes.y) * fine) for x, y in band], fill=255)
    place = (stripes.x * scale, stripes.y * scale)
    _blend(picture, mask.reduce(SMOOTHING), place, stripes.color, stripes.opacity)


def _paint_polygon(picture: Image.Image, polygon: Polygon, scale: int) -> None:
    xs, ys = zip(*polygon.points, strict=True)
    margin = math.ceil(polygon.line)
    left, top = math.floor(min(xs)) - margin, math.floor(min(ys)) - margin
    size = (math.ceil(max(xs)) + margin - left, math.ceil(max(ys)) + margin - top)
    fine = scale * SMOOTHING
    points = [((x - left) * fine, (y - top) * fine) for x, y in polygon.points]

    def blend(opacity: float, paint_shape: Callable[[ImageDraw.ImageDraw], None]) -> None:
        mask = Image.new("L", (size[0] * fine, size[1] * fine))
        paint_shape(ImageDraw.Draw(mask))
        smooth = mask.reduce(SMOOTHING)
        _blend(picture, smooth, (left * scale, top * scale), polygon.color, opacity)

    blend(polygon.opacity, lambda pen: pen.polygon(points, fill=255))
    if polygon.line:
        width = round(polygon.line * fine)
        blend(polygon.line_opacity, lambda pen: pen.line([*points, points[0]], fill=255, width=width, joint="curve"))


def _paint_box(picture: Image.Image, box: Box, scale: int) -> None:
    fine = SMOOTHING if box.radius else 1
    width, height = (side * scale * fine for side in (box.width, box.height))

    def rounded(inset: int) -> Image.Image:
        mask = Image.new("L", (width, height))
        corners = (inset, inset, width - inset - 1, height - inset - 1)
        ImageDraw.Draw(mask).rounded_rectangle(corners, max(0, box.radius * scale * fine - inset), fill=255)
        return mask.reduce(fine)

    place = (box.x * scale, box.y * scale)
    line = box.line if box.outline else 0
    inner = rounded(line * scale * fine)
    if box.fill:
        _blend(picture, inner, place, box.fill, box.opacity)
    if box.outline:
        _blend(picture, ImageChops.subtract(rounded(0), inner), place, box.outline, 1.0)


def _blend(picture: Image.Image, mask: Image.Image, place: tuple[int, int], color: str, opacity: float) -> None:
    """Paint a color where the mask is, as opaque as this is times `opacity`."""
    shade = mask if opacity == 1 else mask.point([round(opacity * level) for level in range(256)])
    picture.paste(color, (*place, place[0] + mask.width, place[1] + mask.height), shade)
