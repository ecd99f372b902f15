"""The shapes of a still figure, in pixels from the upper left corner; `png` paints them and `svg` writes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from PIL.Image import Image

STRIPE_PERIOD, STRIPE_WIDTH = 12, 4


@dataclass(frozen=True)
class Box:
    """A rectangle; its outline, `line` pixels wide, lies inside it."""

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
    def lines(self) -> list[tuple[float, float, float, float]]:
        """Start (x, y), lower left, and end (x, y) of each line."""
        lines: list[tuple[float, float, float, float]] = []
        for at in range(STRIPE_PERIOD // 2, self.width + self.height, STRIPE_PERIOD):
            left, low = max(0, at - self.height), min(at, self.height)
            length = min(at, self.width) - left
            x, y = self.x + left, self.y + low
            lines.append((x, y, x + length, y - length))
        return lines


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


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture at its own size in pixels."""

    x: int
    y: int
    picture: Image


Shape: TypeAlias = Box | Stripes | Text | Photo


@dataclass(frozen=True, eq=False)
class Canvas:
    """Shapes on a background, in drawing order."""

    width: int
    height: int
    background: str
    shapes: tuple[Shape, ...]


def translated(shape: Shape, dx: int, dy: int) -> Shape:
    """The shape moved by (dx, dy) pixels."""
    if isinstance(shape, Text):
        return replace(shape, x=shape.x + dx, y=shape.y + dy)
    return replace(shape, x=shape.x + dx, y=shape.y + dy)
