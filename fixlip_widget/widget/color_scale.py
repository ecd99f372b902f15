"""From a number to colour and text: the Python twin of `js/src/scale.ts`, held equal to it by a test."""

from __future__ import annotations

import math

FULL = 0.72
"""Opacity of the strongest colour: the picture stays visible beneath it."""
SIGNED = 0.5
"""Above this strength a patch carries its sign as well."""
SATURATION = 0.6
"""What the picture keeps of its own colours, so that those of the values can be told apart."""


def strength(value: float, extent: float) -> float:
    """0 for zero, 1 at ±extent and beyond."""
    return min(1.0, abs(value) / extent) if extent > 0 else 0.0


def decimals(extent: float) -> int:
    """Decimals that give the largest number shown three significant digits."""
    if not extent > 0:
        return 2
    return min(6, max(0, 2 - math.floor(math.log10(extent))))


def signed(value: float, digits: int) -> str:
    """With a sign that can be read: "+1.57", "−1.20", "0.00"."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text


def plain(value: float, digits: int) -> str:
    """With a typographic minus, and no plus."""
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
