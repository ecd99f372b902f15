"""One image with one caption, and what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL.Image import Image

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
Targets = tuple[tuple[str, int], ...]
Report = Callable[[str], None]
"""Receives a sentence about each file that cannot be used."""


@dataclass(frozen=True)
class Pair:
    """A caption and how to get its picture; `group` is what tables tell apart.

    `targets` are words of the caption with the quadrant, 0 to 3 row by row, that shows what each names. `absent` is a
    caption of as many words about nothing in the picture.
    """

    key: str
    caption: str
    picture: Callable[[], Image]  # InputError, naming the file, where it is missing or damaged
    targets: Targets = ()
    group: str = "all"
    absent: str = ""


@dataclass(frozen=True)
class Captioned:
    """A picture with several captions, one of which is to be chosen."""

    key: str
    captions: tuple[str, ...]
    picture: Callable[[], Image]
