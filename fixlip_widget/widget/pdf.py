"""A still figure as a PDF file, with vectors and embedded fonts, by fpdf2."""

from __future__ import annotations

import tempfile
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.typing import Selection
from fixlip_widget.widget.canvas import Box, Canvas, Polygon, Shape, Stripes, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.fonts import SYSTEM, Font, one_line
from fixlip_widget.widget.serialize import encoded

if TYPE_CHECKING:
    from fpdf import FPDF

UNKNOWN = "?"
FAMILY, FALLBACK = "figure", "fallback"
"""The font of the canvas, and the system's for texts with letters that it lacks."""


def write_pdf(explanation: Explanation, path: str | PathLike[str], selected: Selection = (), **options: Any) -> None:
    """Write the figure that `draw` gives for the same arguments."""
    pdf = to_pdf(draw(explanation, selected, **options), explanation.caption)
    with atomic_write(path) as file:
        file.write(pdf)


def to_pdf(canvas: Canvas, title: str) -> bytes:
    """A canvas as a PDF of one page of its size.

    Raises:
        InputError: without fpdf2.
    """
    try:
        from fpdf import FPDF
    except ImportError as error:
        raise InputError("PDF files are written by fpdf2; pip install 'fixlip-widget[figures]'.") from error
    # A unit of the document is a unit of the canvas.
    points = 72 / 25.4 * canvas.unit_mm
    pdf = FPDF(unit=points, format=(canvas.width, canvas.height))
    pdf.set_auto_page_break(False)
    pdf.set_title(one_line(title))
    pdf.add_page()
    with tempfile.TemporaryDirectory() as folder:
        for family, typeface in ((FAMILY, canvas.typeface), (FALLBACK, SYSTEM)):
            file = Path(folder) / f"{family}.ttf"
            with atomic_write(file) as font:
                font.write(typeface.data().getvalue())
            pdf.add_font(family, fname=file)
        for shape in canvas.shapes:
            _draw(pdf, shape, canvas)
        return bytes(pdf.output())


def _draw(pdf: FPDF, shape: Shape, canvas: Canvas) -> None:
    if isinstance(shape, Box):
        _draw_box(pdf, shape)
    elif isinstance(shape, Stripes):
        with pdf.local_context(fill_color=shape.color, fill_opacity=shape.opacity):
            for band in shape.bands:
                pdf.polygon(band, style="F")
    elif isinstance(shape, Polygon):
        paint = {"fill_color": shape.color, "fill_opacity": shape.opacity}
        outline = {"draw_color": shape.color, "stroke_opacity": shape.line_opacity, "line_width": shape.line}
        with pdf.local_context(**paint, **(outline if shape.line else {})):
            pdf.polygon(shape.points, style="DF" if shape.line else "F")
    elif isinstance(shape, Text):
        _draw_text(pdf, shape, canvas)
    else:
        width, height = shape.picture.size
        pdf.image(encoded(shape.picture)[1], shape.x, shape.y, width, height)


def _draw_box(pdf: FPDF, box: Box) -> None:
    # A stroke is centred on the edge, but the outline of a box lies inside it.
    inset = box.line / 2 if box.outline else 0.0
    style = ("D" if box.outline else "") + ("F" if box.fill else "")
    paint: dict[str, Any] = {"fill_color": box.fill, "fill_opacity": box.opacity} if box.fill else {}
    if box.outline:
        paint |= {"draw_color": box.outline, "line_width": box.line}
    place = (box.x + inset, box.y + inset, box.width - 2 * inset, box.height - 2 * inset)
    with pdf.local_context(**paint):
        pdf.rect(*place, style, round_corners=box.radius > 0, corner_radius=max(0.0, box.radius - inset))


def _draw_text(pdf: FPDF, text: Text, canvas: Canvas) -> None:
    from fpdf.enums import TextMode

    letters = Font(text.size, canvas.typeface).printable(text.text)
    family = min((FAMILY, FALLBACK), key=lambda family: _printable(pdf, family, letters).count(UNKNOWN))
    printable = _printable(pdf, family, letters)
    font = Font(text.size, canvas.typeface if family == FAMILY else SYSTEM)
    ascent, descent = font.font.getmetrics()
    baseline = text.y + (ascent - descent) / 2
    pdf.set_font(family, size=text.size * pdf.k)
    x = text.x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor] * pdf.get_string_width(printable)
    if text.halo:
        # Of letters, the width of the outline is in points.
        outline = {"draw_color": text.halo, "line_width": text.halo_width * pdf.k, "text_mode": TextMode.STROKE}
        with pdf.local_context(**outline):
            pdf.text(x, baseline, printable)
    with pdf.local_context(text_color=text.color):
        pdf.text(x, baseline, printable)


def _printable(pdf: FPDF, family: str, text: str) -> str:
    """The text with letters that a font lacks replaced."""
    known = getattr(pdf.fonts[family], "cmap", {})
    return "".join(letter if ord(letter) in known else UNKNOWN for letter in text)
