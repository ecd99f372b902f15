"""What a still picture is made of, in pixels from the upper left corner; `png` paints it and `svg` writes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from PIL.Image import Image

STEP, THICK = 12, 4
"""From one stripe to the next, and across."""


@dataclass(frozen=True)
class Box:
    """A rectangle; its outline, `line` pixels wide, lies within it."""

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
    """Lines that rise to the right all over a rectangle."""

    x: int
    y: int
    width: int
    height: int
    colour: str
    opacity: float

    @property
    def lines(self) -> list[tuple[float, float, float, float]]:
        """Where each begins, lower left, and ends."""
        found: list[tuple[float, float, float, float]] = []
        for at in range(STEP // 2, self.width + self.height, STEP):
            left, low = max(0, at - self.height), min(at, self.height)
            length = min(at, self.width) - left
            x, y = self.x + left, self.y + low
            found.append((x, y, x + length, y - length))
        return found


@dataclass(frozen=True)
class Text:
    """One line of letters; `y` is their middle, and `anchor` says what of them is at `x`."""

    x: float
    y: float
    text: str
    size: int
    colour: str
    anchor: Literal["start", "middle", "end"] = "start"
    halo: str | None = None


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture of as many pixels as it covers."""

    x: int
    y: int
    picture: Image


Shape: TypeAlias = Box | Stripes | Text | Photo


@dataclass(frozen=True, eq=False)
class Sheet:
    """Shapes on paper, the first lowest."""

    width: int
    height: int
    paper: str
    shapes: tuple[Shape, ...]


def moved(shape: Shape, right: int, down: int) -> Shape:
    """The shape so many pixels further right and down."""
    if isinstance(shape, Text):
        return replace(shape, x=shape.x + right, y=shape.y + down)
    return replace(shape, x=shape.x + right, y=shape.y + down)
