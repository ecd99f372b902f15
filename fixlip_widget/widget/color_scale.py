"""The diverging color scale and the number format of still figures, equal to those of the front end.

There the colors are in `js/src/styles/theme.css`, the scale in `color-scale.ts` and the number format in `format.ts`.
"""

from __future__ import annotations

import math

RAISE, LOWER = "#f5152e", "#0b93e6"
"""Red for values that raise the similarity, blue for those that lower it; zero is transparent."""
UNDER_TEXT = "#f8656f", "#4fb1ed"
"""The strongest colors behind text: paler, so that it is legible."""
MAX_OPACITY = 0.9
"""Opacity of the strongest color, through which the picture stays visible."""
SIGN_THRESHOLD = 0.5
"""Patches with at least this share of the extent carry a plus or minus sign."""
PICTURE_OPACITY = 0.45
"""Opacity of the picture under the colors, which is grey, so that they are legible on any picture."""


def strength(value: float, extent: float) -> float:
    """Share of the strongest color: 0 for zero, 1 from ±extent on."""
    return min(1.0, abs(value) / extent) if extent > 0 else 0.0


def decimals(extent: float) -> int:
    """Decimals that give the largest displayed number three significant digits."""
    if not extent > 0:
        return 2
    return min(6, max(0, 2 - math.floor(math.log10(extent))))


def signed(value: float, digits: int) -> str:
    """A number with a typographic sign.

    Example:
        >>> from fixlip_widget.widget.color_scale import signed
        >>> signed(1.567, 2), signed(-1.2, 2), signed(0.001, 2)
        ('+1.57', '−1.20', '0.00')
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return ("−" if value < 0 else "+") + text


def plain(value: float, digits: int) -> str:
    """A number with a typographic minus and without a plus."""
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text
