"""Sprites: an RGBA image of each thing in each colour."""

import math
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Rgb = tuple[int, int, int]

COLOURS: dict[str, Rgb] = {
    "red": (222, 44, 48),
    "orange": (247, 136, 28),
    "yellow": (250, 214, 40),
    "green": (52, 166, 74),
    "blue": (40, 104, 218),
    "purple": (134, 66, 178),
    "pink": (246, 124, 178),
    "black": (46, 44, 54),
}
SPRITE = 256
"""Pixels of the largest sprite."""
_OVERSAMPLING = 4
_INK: Rgb = (38, 34, 48)
_CREAM: Rgb = (255, 251, 240)
_OUTLINE = 9  # pixels of the largest sprite; odd, as MinFilter requires


class _Pen:
    """Draws a silhouette and the details within it; x and y run from -1 to 1, y downwards."""

    def __init__(self, colour: Rgb) -> None:
        side = SPRITE * _OVERSAMPLING
        self._side = side
        self.picture = Image.new("RGB", (side, side), colour)
        self.silhouette = Image.new("L", (side, side), 0)
        self._detail = ImageDraw.Draw(self.picture)
        self._body = ImageDraw.Draw(self.silhouette)
        self.dark = _mix(colour, _INK, 0.36) if sum(colour) > 200 else _mix(colour, _CREAM, 0.24)
        self.light = _mix(colour, _CREAM, 0.38)

    def _box(self, x: float, y: float, rx: float, ry: float) -> list[float]:
        return [self._px(x - rx), self._px(y - ry), self._px(x + rx), self._px(y + ry)]

    def _px(self, value: float) -> float:
        return (value + 1) / 2 * (self._side - 1)

    def _points(self, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return [(self._px(x), self._px(y)) for x, y in points]

    def body(self, points: list[tuple[float, float]]) -> None:
        self._body.polygon(self._points(points), fill=255)

    def body_oval(self, x: float, y: float, rx: float, ry: float | None = None) -> None:
        self._body.ellipse(self._box(x, y, rx, rx if ry is None else ry), fill=255)

    def body_rounded(self, x0: float, y0: float, x1: float, y1: float, r: float) -> None:
        box = [self._px(x0), self._px(y0), self._px(x1), self._px(y1)]
        self._body.rounded_rectangle(box, radius=r * self._side / 2, fill=255)

    def body_stroke(self, points: list[tuple[float, float]], width: float) -> None:
        self._body.line(self._points(points), fill=255, width=round(width * self._side / 2), joint="curve")
        for x, y in points:
            self.body_oval(x, y, width / 2)

    def hole_oval(self, x: float, y: float, r: float, ry: float | None = None) -> None:
        self._body.ellipse(self._box(x, y, r, r if ry is None else ry), fill=0)

    def detail(self, points: list[tuple[float, float]], ink: Rgb) -> None:
        self._detail.polygon(self._points(points), fill=ink)

    def detail_oval(self, x: float, y: float, rx: float, ink: Rgb, ry: float | None = None) -> None:
        self._detail.ellipse(self._box(x, y, rx, rx if ry is None else ry), fill=ink)

    def detail_stroke(self, points: list[tuple[float, float]], width: float, ink: Rgb) -> None:
        self._detail.line(self._points(points), fill=ink, width=round(width * self._side / 2), joint="curve")

    def eye(self, x: float, y: float, r: float) -> None:
        self.detail_oval(x, y, r, _CREAM)
        self.detail_oval(x + r * 0.15, y + r * 0.1, r * 0.58, _INK)


def _mix(a: Rgb, b: Rgb, share: float) -> Rgb:
    r, g, blue = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return r, g, blue


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> list[tuple[float, float]]:
    angles = [math.radians(start + (end - start) * i / 48) for i in range(49)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]


def _circle(pen: _Pen) -> None:
    pen.body_oval(0, 0, 0.94)
    pen.detail_oval(-0.34, -0.4, 0.24, pen.light, 0.17)


def _square(pen: _Pen) -> None:
    pen.body_rounded(-0.84, -0.84, 0.84, 0.84, 0.14)
    pen.detail([(-0.62, -0.62), (-0.1, -0.62), (-0.62, -0.1)], pen.light)


def _triangle(pen: _Pen) -> None:
    pen.body_stroke([(0, -0.82), (0.86, 0.7), (-0.86, 0.7), (0, -0.82)], 0.18)
    pen.body([(0, -0.82), (0.86, 0.7), (-0.86, 0.7)])
    pen.detail([(-0.04, -0.5), (-0.52, 0.4), (-0.3, 0.4)], pen.light)


def _star(pen: _Pen) -> None:
    spokes = [math.radians(-90 + 36 * i) for i in range(10)]
    radii = [0.94, 0.44] * 5
    points = [(r * math.cos(a), r * math.sin(a) + 0.06) for r, a in zip(radii, spokes, strict=True)]
    pen.body(points)
    pen.body_stroke([*points, points[0]], 0.1)
    pen.detail_oval(-0.1, -0.16, 0.14, pen.light, 0.1)


def _heart(pen: _Pen) -> None:
    turns = [2 * math.pi * i / 120 for i in range(120)]
    xs = [0.92 * math.sin(t) ** 3 for t in turns]
    waves = [13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t) for t in turns]
    pen.body([(x, -0.057 * w - 0.08) for x, w in zip(xs, waves, strict=True)])
    pen.detail_oval(-0.46, -0.4, 0.19, pen.light, 0.14)


def _cross(pen: _Pen) -> None:
    pen.body_rounded(-0.32, -0.92, 0.32, 0.92, 0.1)
    pen.body_rounded(-0.92, -0.32, 0.92, 0.32, 0.1)
    pen.detail_stroke([(-0.1, -0.7), (-0.1, -0.1), (-0.7, -0.1)], 0.1, pen.light)


def _ring(pen: _Pen) -> None:
    pen.body_oval(0, 0, 0.94)
    pen.hole_oval(0, 0, 0.5)
    pen.detail_stroke(_arc(0, 0, 0.72, 0.72, 190, 260), 0.12, pen.light)


def _moon(pen: _Pen) -> None:
    pen.body_oval(-0.06, 0, 0.94)
    pen.hole_oval(0.44, -0.16, 0.76)
    pen.detail_oval(-0.62, 0.1, 0.1, pen.light)
    pen.detail_oval(-0.4, 0.52, 0.13, pen.light)


def _cat(pen: _Pen) -> None:
    pen.body_stroke(_arc(0.52, 0.36, 0.34, 0.42, 100, -70), 0.17)
    pen.body_oval(-0.08, 0.48, 0.56, 0.46)
    pen.body_oval(-0.16, -0.22, 0.56, 0.48)
    pen.body([(-0.7, -0.2), (-0.72, -0.92), (-0.24, -0.6)])
    pen.body([(0.38, -0.2), (0.4, -0.92), (-0.08, -0.6)])
    pen.detail([(-0.62, -0.52), (-0.63, -0.76), (-0.46, -0.64)], pen.light)
    pen.detail([(0.3, -0.52), (0.31, -0.76), (0.14, -0.64)], pen.light)
    pen.eye(-0.38, -0.28, 0.13)
    pen.eye(0.06, -0.28, 0.13)
    pen.detail([(-0.24, -0.1), (-0.08, -0.1), (-0.16, 0.0)], _INK)
    for side in (-1, 1):
        pen.detail_stroke([(-0.16 + side * 0.16, -0.02), (-0.16 + side * 0.44, -0.08)], 0.03, _CREAM)
        pen.detail_stroke([(-0.16 + side * 0.16, 0.05), (-0.16 + side * 0.42, 0.09)], 0.03, _CREAM)
    pen.detail_oval(-0.1, 0.56, 0.26, pen.light, 0.24)


def _fish(pen: _Pen) -> None:
    pen.body_oval(-0.2, 0, 0.72, 0.5)
    pen.body([(0.3, 0), (0.94, -0.52), (0.78, 0), (0.94, 0.52)])
    pen.body([(-0.4, -0.38), (0.0, -0.78), (0.24, -0.3)])
    pen.detail_stroke(_arc(-0.66, 0, 0.34, 0.44, -50, 50), 0.07, pen.dark)
    for x in (-0.04, 0.2):
        pen.detail_stroke(_arc(x - 0.1, 0, 0.16, 0.2, -60, 60), 0.06, pen.light)
    pen.eye(-0.6, -0.12, 0.13)


def _tree(pen: _Pen) -> None:
    pen.body([(-0.14, 0.2), (0.14, 0.2), (0.22, 0.95), (-0.22, 0.95)])
    for x, y, r in ((-0.42, 0.0, 0.42), (0.42, 0.0, 0.42), (0.0, -0.46, 0.48), (0.0, 0.04, 0.5)):
        pen.body_oval(x, y, r)
    pen.detail([(-0.12, 0.52), (0.12, 0.52), (0.24, 1), (-0.24, 1)], pen.dark)
    for x, y in ((-0.36, -0.02), (0.3, 0.1), (0.06, -0.5), (-0.06, 0.22), (0.42, -0.16)):
        pen.detail_oval(x, y, 0.1, pen.light)


def _house(pen: _Pen) -> None:
    pen.body([(-0.66, -0.1), (0.66, -0.1), (0.66, 0.88), (-0.66, 0.88)])
    pen.body([(0, -0.94), (0.94, -0.06), (-0.94, -0.06)])
    pen.body([(0.36, -0.86), (0.6, -0.86), (0.6, -0.2), (0.36, -0.2)])
    pen.detail([(0, -0.94), (0.98, -0.02), (-0.98, -0.02)], pen.dark)
    pen.detail([(-0.44, 0.88), (-0.44, 0.3), (-0.08, 0.3), (-0.08, 0.88)], pen.dark)
    pen.detail([(0.12, 0.24), (0.48, 0.24), (0.48, 0.56), (0.12, 0.56)], _CREAM)
    pen.detail_stroke([(0.3, 0.24), (0.3, 0.56)], 0.05, pen.dark)
    pen.detail_stroke([(0.12, 0.4), (0.48, 0.4)], 0.05, pen.dark)


def _car(pen: _Pen) -> None:
    pen.body_rounded(-0.95, -0.08, 0.95, 0.46, 0.2)
    pen.body([(-0.62, 0), (-0.4, -0.52), (0.32, -0.52), (0.64, 0)])
    pen.body_stroke([(-0.38, -0.48), (0.3, -0.48)], 0.12)
    pen.detail([(-0.46, -0.06), (-0.32, -0.4), (-0.08, -0.4), (-0.08, -0.06)], _CREAM)
    pen.detail([(0.06, -0.06), (0.06, -0.4), (0.26, -0.4), (0.46, -0.06)], _CREAM)
    for x in (-0.5, 0.5):
        pen.body_oval(x, 0.44, 0.27)
        pen.detail_oval(x, 0.44, 0.3, pen.dark)
        pen.detail_oval(x, 0.44, 0.12, _CREAM)


def _boat(pen: _Pen) -> None:
    pen.body([(-0.94, 0.3), (0.94, 0.3), (0.58, 0.82), (-0.58, 0.82)])
    pen.body([(-0.07, -0.92), (0.05, -0.92), (0.05, 0.34), (-0.07, 0.34)])
    pen.body([(0.05, -0.86), (0.76, 0.16), (0.05, 0.16)])
    pen.body([(-0.07, -0.62), (-0.07, 0.16), (-0.6, 0.16)])
    pen.detail([(0.17, -0.48), (0.55, 0.06), (0.17, 0.06)], pen.light)
    pen.detail([(-1, 0.44), (1, 0.44), (1, 0.56), (-1, 0.56)], pen.light)


def _flower(pen: _Pen) -> None:
    for i in range(6):
        angle = math.radians(60 * i + 30)
        pen.body_oval(0.54 * math.cos(angle), 0.54 * math.sin(angle), 0.38)
    pen.body_oval(0, 0, 0.4)
    for i in range(6):
        angle = math.radians(60 * i)
        end = (0.62 * math.cos(angle), 0.62 * math.sin(angle))
        pen.detail_stroke([(0, 0), end], 0.05, pen.dark)
    pen.detail_oval(0, 0, 0.3, pen.dark)
    pen.detail_oval(0, 0, 0.23, _CREAM)


def _cup(pen: _Pen) -> None:
    pen.body_stroke(_arc(0.46, 0.06, 0.4, 0.34, -90, 90), 0.17)
    pen.body([(-0.76, -0.56), (0.56, -0.56), (0.44, 0.66), (-0.64, 0.66)])
    pen.body_stroke([(-0.58, 0.68), (0.38, 0.68)], 0.22)
    pen.detail([(-0.9, -0.44), (0.62, -0.44), (0.62, -0.32), (-0.9, -0.32)], pen.light)
    pen.detail_stroke([(-0.46, -0.1), (-0.4, 0.46)], 0.11, pen.light)


_DRAWINGS: dict[str, Callable[[_Pen], None]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "heart": _heart,
    "cross": _cross,
    "ring": _ring,
    "moon": _moon,
    "cat": _cat,
    "fish": _fish,
    "tree": _tree,
    "house": _house,
    "car": _car,
    "boat": _boat,
    "flower": _flower,
    "cup": _cup,
}
THINGS: tuple[str, ...] = tuple(_DRAWINGS)


@cache
def sprite(thing: str, colour: str, level: int = 0) -> Image.Image:
    """A thing in a colour, outlined, as an RGBA image of `SPRITE >> level` pixels."""
    if level:
        return sprite(thing, colour, level - 1).reduce(2)
    pen = _Pen(COLOURS[colour])
    _DRAWINGS[thing](pen)
    alpha = pen.silhouette.reduce(_OVERSAMPLING)
    inner = alpha.filter(ImageFilter.MinFilter(_OUTLINE)).filter(ImageFilter.GaussianBlur(1))
    picture = Image.new("RGB", alpha.size, pen.dark)
    picture.paste(pen.picture.reduce(_OVERSAMPLING), mask=ImageChops.darker(inner, alpha))
    picture.putalpha(alpha)
    return picture
