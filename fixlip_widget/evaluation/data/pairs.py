"""`Pair`: one image with one caption, and the annotations that metrics need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PIL.Image import Image

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
Targets = tuple[tuple[str, int], ...]
Report = Callable[[str], None]
"""A callback that receives a one-line message about something that was skipped."""


@dataclass(frozen=True)
class Pair:
    """An image and a caption.

    Attributes:
        key: identifies the pair within its data set; the masks of a measurement are seeded by it.
        caption: the text.
        load_image: reads or renders the image; raises InputError, naming the file, where it is missing or damaged.
        targets: words of the caption, each with the quadrant of the image (0 to 3, row by row) that shows it.
        group: the group over which tables average the pointing game.
        absent: a caption of as many words about things that are not in the image, where one is known.
    """

    key: str
    caption: str
    load_image: Callable[[], Image]
    targets: Targets = ()
    group: str = "all"
    absent: str = ""


@dataclass(frozen=True)
class CaptionedImage:
    """An image with several captions, of which one is selected.

    Attributes:
        key: identifies the image within its data set.
        captions: the texts.
        load_image: as in `Pair`.
    """

    key: str
    captions: tuple[str, ...]
    load_image: Callable[[], Image]
