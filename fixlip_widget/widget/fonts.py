"""Letters for still pictures: a font of the system where there is one, else Pillow's own with plain characters."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

# On Linux, macOS and Windows, in this order; Pillow looks in the system's folders.
FACES = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Helvetica.ttc", "arial.ttf")
FAMILY = "'DejaVu Sans', 'Noto Sans', 'Liberation Sans', Helvetica, Arial, sans-serif"
"""The same, as style sheets name them."""
# Pillow's own font has little beyond ASCII.
PLAIN = str.maketrans({"−": "-", "×": "x", "²": "^2"})
KNOWN = "·±“”…"


class Lettering:
    """One size of letters, in pixels."""

    def __init__(self, size: int) -> None:
        face = _system_face(size)
        self.font = face or ImageFont.load_default(size)
        self._complete = face is not None

    def spell(self, text: str) -> str:
        """The text in characters that the font has."""
        if self._complete:
            return text
        plain = text.translate(PLAIN)
        return "".join(letter if letter.isascii() or letter in KNOWN else "?" for letter in plain)

    def width(self, text: str) -> int:
        """Pixels it takes on one line."""
        return round(self.font.getlength(self.spell(text)))


@cache
def _system_face(size: int) -> ImageFont.FreeTypeFont | None:
    for name in FACES:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None
