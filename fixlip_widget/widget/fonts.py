"""Fonts of still figures: a system font where there is one, or Pillow's own with its few characters."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

FONT_FILES = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Helvetica.ttc", "arial.ttf")
"""Candidates on Linux, macOS and Windows, which Pillow looks up in the system's font folders."""
FONT_FAMILY = "'DejaVu Sans', 'Noto Sans', 'Liberation Sans', Helvetica, Arial, sans-serif"
"""The same for style sheets."""
ASCII_REPLACEMENTS = str.maketrans({"−": "-", "×": "x", "²": "^2"})
FALLBACK_CHARACTERS = "·±“”…"
"""Characters beyond ASCII that Pillow's own font has."""


class Font:
    """A font of one size, in pixels."""

    def __init__(self, size: int) -> None:
        system_font = _first_font(FONT_FILES, size)
        self.font = system_font or ImageFont.load_default(size)
        self._is_system_font = system_font is not None

    def printable(self, text: str) -> str:
        """The text with characters that the font lacks replaced."""
        if self._is_system_font:
            return text
        replaced = text.translate(ASCII_REPLACEMENTS)
        return "".join(
            character if character.isascii() or character in FALLBACK_CHARACTERS else "?" for character in replaced
        )

    def width(self, text: str) -> int:
        """Width of a line of text in pixels."""
        return round(self.font.getlength(self.printable(text)))


@cache
def _first_font(names: tuple[str, ...], size: int) -> ImageFont.FreeTypeFont | None:
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None
