"""Outlines of curved strokes whose width changes from one end to the other, as in `js/src/view/tapered-stroke.ts`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.complex128]
"""Points of the plane, x + iy with y downwards."""

STEPS = 24
"""Segments of a curve."""
CAP_STEPS = 8
"""Segments of a round end."""


def stroke_outline(start: complex, end: complex, via: complex, widths: tuple[float, float]) -> Points:
    """The outline of a quadratic curve with round ends, `widths` wide at its start and its end; `via` is its control
    point, for a straight stroke on the line between the ends.
    """
    a, b = widths[0] / 2, widths[1] / 2
    at_start, at_end = _normal(start, via, end), _normal(via, end, start)
    middle = (a + b) / 2 * _normal(start, end, via)
    turn = np.exp(1j * np.linspace(0, np.pi, CAP_STEPS + 1))
    return np.concatenate(
        [
            _curve(start - a * at_start, via - middle, end - b * at_end),
            end - b * at_end * turn,
            _curve(end + b * at_end, via + middle, start + a * at_start),
            start + a * at_start * turn,
        ]
    )


def left_of_middle(start: complex, end: complex, share: float) -> complex:
    """A point to the left of the way from one point to another, off its middle by a share of its length."""
    return (start + end) / 2 - 1j * share * (end - start)


def _curve(start: complex, via: complex, end: complex) -> Points:
    t = np.linspace(0, 1, STEPS + 1)
    points: Points = (1 - t) ** 2 * start + 2 * t * (1 - t) * via + t**2 * end
    return points


def _normal(a: complex, b: complex, c: complex) -> complex:
    """The unit vector normal to the line from a to b, or from a to c if a and b coincide."""
    way = (c if a == b else b) - a
    return 1j * way / (abs(way) or 1)
