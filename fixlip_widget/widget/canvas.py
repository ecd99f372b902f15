"""The shapes of a still figure, in units from the upper left corner; `png` paints them, `svg` and `pdf` write them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from PIL.Image import Image

from fixlip_widget.widget.fonts import Typeface

STRIPE_PERIOD, HALF_STRIPE = 12, 2 * 2**0.5
"""Distance of stripes and half their width, both along an edge."""
MM_PER_INCH = 25.4
Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle; its outline, `line` units wide, lies inside it, and `opacity` is that of its `fill`."""

    x: int
    y: int
    width: int
    height: int
    fill: str | None = None
    opacity: float = 1.0
    outline: str | None = None
    line: int = 0
    radius: int = 0


@dataclass(frozen=True)
class Stripes:
    """A rectangle of diagonal lines that rise to the right."""

    x: int
    y: int
    width: int
    height: int
    color: str
    opacity: float

    @property
    def bands(self) -> list[list[Point]]:
        """The outline of each stripe, which ends at the edges of the rectangle."""
        right, below = self.x + self.width, self.y + self.height
        bands = []
        for middle in range(STRIPE_PERIOD // 2, self.width + self.height, STRIPE_PERIOD):
            low, high = max(0.0, middle - HALF_STRIPE), min(self.width + self.height, middle + HALF_STRIPE)
            (start, end), (far_start, far_end) = self._diagonal(low), self._diagonal(high)
            lower_left = [(float(self.x), float(below))] if low < self.height < high else []
            upper_right = [(float(right), float(self.y))] if low < self.width < high else []
            bands.append([start, *lower_left, far_start, far_end, *upper_right, end])
        return bands

    def _diagonal(self, at: float) -> tuple[Point, Point]:
        """The lower left and the upper right end of the diagonal on which the distances from the corner sum to `at`."""
        left, low, right = max(0.0, at - self.height), min(at, self.height), min(at, self.width)
        return (self.x + left, self.y + low), (self.x + right, self.y + at - right)


@dataclass(frozen=True)
class Polygon:
    """A closed outline through `points` (x, y), filled and, where `line` is not 0, stroked in the same color."""

    points: tuple[Point, ...]
    color: str
    opacity: float = 1.0
    line: float = 0.0
    line_opacity: float = 1.0


@dataclass(frozen=True)
class Text:
    """One line of text; `y` is its vertical middle, and `anchor` the part of it that is at `x`."""

    x: float
    y: float
    text: str
    size: int
    color: str
    anchor: Literal["start", "middle", "end"] = "start"
    halo: str | None = None

    @property
    def halo_width(self) -> float:
        """Width of the outline in the color of the halo, half of which the letters cover."""
        return min(4.0, self.size / 5)


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture that is as many units wide and high as it has pixels."""

    x: int
    y: int
    picture: Image


Shape: TypeAlias = Box | Stripes | Polygon | Text | Photo


@dataclass(frozen=True, eq=False)
class Canvas:
    """Shapes on a background, in drawing order.

    Attributes:
        unit_mm: millimetres of a unit in print.
        pixels: of a PNG for each unit.
        typeface: of all texts.
    """

    width: int
    height: int
    background: str
    shapes: tuple[Shape, ...]
    unit_mm: float
    pixels: int
    typeface: Typeface

    @property
    def width_mm(self) -> float:
        """Width in print, in millimetres."""
        return self.width * self.unit_mm

    @property
    def height_mm(self) -> float:
        """Height in print, in millimetres."""
        return self.height * self.unit_mm


def translated(shape: Shape, dx: int, dy: int) -> Shape:
    """The shape moved by (dx, dy) units."""
    if isinstance(shape, Polygon):
        return replace(shape, points=tuple((x + dx, y + dy) for x, y in shape.points))
    if isinstance(shape, Text):
        return replace(shape, x=shape.x + dx, y=shape.y + dy)
    return replace(shape, x=shape.x + dx, y=shape.y + dy)
