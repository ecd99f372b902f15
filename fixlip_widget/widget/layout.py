"""Sizes, fonts and neutral colors of still figures."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from PIL import ImageColor

from fixlip_widget.errors import InputError
from fixlip_widget.widget.canvas import MM_PER_INCH
from fixlip_widget.widget.fonts import SYSTEM, Font, Typeface

GAP = 20
BACKGROUND, INK, SECONDARY, BORDER, NO_PICTURE = "#ffffff", "#1c1e22", "#5c626c", "#dfe2e7", "#f1f2f4"
BODY, WORD = 23, 32
"""Font sizes in units."""
COLUMN_MM = 85.0
"""Width of a column in most journals."""
MIN_MM, MAX_MM = 20.0, 1000.0
FIGURE_UNIT_MM = MM_PER_INCH / 288
"""A quarter of a point, so that words in a figure have 8 points and numbers 6."""
OUTLINE = 8
"""Room that outlines of selected patches take around a picture."""


@dataclass(frozen=True)
class Layout:
    """How a still is laid out: as the page, with header and legend, or as a figure for print without them.

    Attributes:
        width: in units, two for each CSS pixel of the page.
        margin: on all sides.
        number: font size of numbers.
        unit_mm: millimetres of a unit in print.
        pixels: of a PNG for each unit.
        is_figure: picture and caption only.
        typeface: of all texts.
    """

    width: int = 960
    margin: int = 32
    number: int = 21
    unit_mm: float = MM_PER_INCH / 192
    pixels: int = 1
    is_figure: bool = False
    typeface: Typeface = SYSTEM

    @property
    def inner_width(self) -> int:
        """Width without margins."""
        return self.width - 2 * self.margin

    def font(self, size: int) -> Font:
        """A font of one size, for measuring."""
        return Font(size, self.typeface)


PAGE = Layout()


def create_layout(*, figure: bool = False, width_mm: float | None = None, font: str | None = None) -> Layout:
    """The layout of a still.

    Args:
        figure: picture and caption only, with words of 8 points in any width.
        width_mm: width in print, by default 85 for a figure; the page's layout is scaled to it.
        font: family, or path of a font.

    Raises:
        InputError: for widths that cannot be drawn, and fonts that do not exist.
    """
    typeface = Typeface.find(font)
    if not figure:
        unit_mm = PAGE.unit_mm if width_mm is None else _valid_mm(width_mm) / PAGE.width
        return Layout(unit_mm=unit_mm, typeface=typeface)
    millimetres = COLUMN_MM if width_mm is None else _valid_mm(width_mm)
    width = round(millimetres / FIGURE_UNIT_MM)
    return Layout(width, OUTLINE, 24, millimetres / width, 2, True, typeface)


def on_background(color: str, opacity: float) -> str:
    """The opaque color of a translucent one on white."""
    mixed = (round(255 + (channel - 255) * opacity) for channel in ImageColor.getrgb(color)[:3])
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _valid_mm(width_mm: Any) -> float:
    if not isinstance(width_mm, Real) or not MIN_MM <= float(width_mm) <= MAX_MM:
        raise InputError(
            f"width_mm={width_mm!r} is no width of a figure; give millimetres from {MIN_MM:.0f} to {MAX_MM:.0f}, "
            f"such as {COLUMN_MM:.0f} for a column."
        )
    return float(width_mm)
