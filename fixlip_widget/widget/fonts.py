"""Fonts of still figures: the one asked for, a font of the system, or Pillow's own with its few characters."""

from __future__ import annotations

import io
import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

from fixlip_widget.errors import InputError, shortened

FONT_FILES = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Helvetica.ttc", "arial.ttf")
"""Candidates on Linux, macOS and Windows, which Pillow looks up in the system's font folders."""
FONT_FAMILY = "'DejaVu Sans', 'Noto Sans', 'Liberation Sans', Helvetica, Arial, sans-serif"
"""The same for style sheets."""
ASCII_REPLACEMENTS = str.maketrans({"−": "-", "×": "x", "²": "^2"})
REGULAR_STYLES = ("Regular", "Book", "Roman", "Normal")
FALLBACK_CHARACTERS = "·±“”…"
"""Characters beyond ASCII that Pillow's own font has."""
MAX_LETTERS = 200
"""Letters of a line of text; a token of an encoder of one's own may be a whole book."""


@dataclass(frozen=True)
class Typeface:
    """The file of a font, or None for the system's.

    Example:
        >>> from fixlip_widget.widget.fonts import Typeface
        >>> Typeface().family.endswith("sans-serif")
        True
    """

    file: str | None = None

    @classmethod
    def find(cls, name: Any) -> Typeface:
        """The font of a path, of a file name in the system's font folders, or of a family name; None for the system's.

        Raises:
            InputError: where there is no such font.
        """
        if name is None:
            return cls()
        if not isinstance(name, str):
            raise InputError(f"font={name!r} is no string; give a family, or the path of a font.")
        for file in (name, f"{name}.ttf", f"{name}.otf"):
            if (found := _load((file,), 10)) is not None:
                return cls(str(found.path))
        return cls(_file_of_family(name))

    @property
    def family(self) -> str:
        """The families for style sheets, the asked one first."""
        if self.file is None:
            return FONT_FAMILY
        return f"'{ImageFont.truetype(self.file, 10).getname()[0]}', {FONT_FAMILY}"

    def data(self) -> io.BytesIO:
        """The font file."""
        path = Font(10, self).font.path
        return io.BytesIO(Path(str(path)).read_bytes()) if not isinstance(path, io.BytesIO) else path


SYSTEM = Typeface()


class Font:
    """A font of one size, in pixels."""

    def __init__(self, size: int, typeface: Typeface = SYSTEM) -> None:
        found = _load(FONT_FILES if typeface.file is None else (typeface.file,), size)
        self.font: ImageFont.FreeTypeFont = found or _own_font(size)
        self._has_few_characters = found is None

    def printable(self, text: str) -> str:
        """The text as `one_line`, with characters that Pillow's own font lacks replaced."""
        text = one_line(text)
        if not self._has_few_characters:
            return text
        replaced = text.translate(ASCII_REPLACEMENTS)
        return "".join(
            character if character.isascii() or character in FALLBACK_CHARACTERS else "?" for character in replaced
        )

    def width(self, text: str) -> int:
        """Width of a line of text in pixels."""
        return round(self.font.getlength(self.printable(text)))


def one_line(text: str) -> str:
    """The text as one line that can be set: line breaks, on which Raqm fails, are spaces, and what is no letter is �.

    Example:
        >>> from fixlip_widget.widget.fonts import one_line
        >>> one_line("a\\u2029b\\ud800")
        'a b�'
    """
    return "".join(map(_letter, shortened(text, MAX_LETTERS)))


def _letter(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "\ufffd" if kind == "Cs" or ord(character) & 0xFFFE == 0xFFFE else character


@cache
def _load(names: tuple[str, ...], size: int) -> ImageFont.FreeTypeFont | None:
    """The first of these fonts that exists."""
    for name in names:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None


def _own_font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _file_of_family(family: str) -> str:
    """The file of a family's regular font."""
    found: dict[str, str] = {}
    for file in _font_files():
        try:
            name, style = ImageFont.truetype(file, 10).getname()
        except OSError:
            continue
        if name and name.casefold() == family.casefold():
            found[style or ""] = file
    if not found:
        raise InputError(f"There is no font {family!r} on this system; give another family, or the path of a font.")
    return next((found[style] for style in REGULAR_STYLES if style in found), next(iter(found.values())))


def _font_files() -> Iterator[str]:
    """All fonts in the folders where Linux, macOS and Windows keep them."""
    environment = os.environ.get
    shared = environment("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(os.pathsep)
    folders = [
        *(Path(folder) / "fonts" for folder in (*shared, "~/.local/share", environment("WINDIR", "C:/Windows"))),
        *map(Path, ("~/.fonts", "/Library/Fonts", "/System/Library/Fonts", "~/Library/Fonts")),
        Path(environment("LOCALAPPDATA", "~")) / "Microsoft/Windows/Fonts",
    ]
    for folder in folders:
        for pattern in ("*.[to]t[fc]", "*.[TO]T[FC]"):
            yield from map(str, sorted(folder.expanduser().rglob(pattern)))
