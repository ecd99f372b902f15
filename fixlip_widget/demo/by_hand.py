"""Scenes by hand: pictures of things that are written as emoji or as words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image

from fixlip_widget.demo.emoji_names import find_emoji, nearest_to_emoji, nearest_to_word, thing_of
from fixlip_widget.demo.painting import tinted
from fixlip_widget.demo.sprites import CREDIT, FAMILIES, read_sprite
from fixlip_widget.demo.things import COLOURS
from fixlip_widget.errors import InputError

Item: TypeAlias = tuple[str, str | None, tuple[float, float], float]
"""A thing as a word or an emoji, its colour or None for its own, the centre (x, y), and the size.

Lengths are shares of the side of the picture, and y points downwards.
"""
SIDE = 448  # pixels: 64 for each patch of the bundled encoder
MAX_THINGS, MAX_IN_LINE = 36, 6
EMPTY = "."
_FILL = 0.86  # of a cell by its thing
_LARGEST = 0.7
BACKDROP = ((247, 243, 236), (229, 237, 246))  # at the top left and at the bottom right


def scene(content: str | Iterable[Item], family: str = "fluent") -> Image.Image:
    """A picture of things of the bundled encoder's world, 448 × 448 pixels, for any explainer.

    Args:
        content: rows of emoji or words, such as "🦊 🚀" above "🏠 purple cat", where a dot leaves a cell empty; or a
            list of (thing, colour or None, (x, y), size), of which later ones cover earlier ones, with lengths as
            shares of the side of the picture.
        family: the hand that drew the emoji, "fluent" or "noto".

    Raises:
        InputError: for an unknown thing or colour, naming the nearest known ones; for nothing or too much to show; and
            for a position or a size outside of the picture.

    Examples:
        >>> import fixlip_widget as fw
        >>> fw.scene("🦊 🚀\\n🏠 purple cat").size
        (448, 448)
        >>> fw.scene([("cat", "purple", (0.3, 0.3), 0.4), ("🚗", None, (0.7, 0.7), 0.4)]).mode
        'RGB'
        >>> fw.scene("🦤")
        Traceback (most recent call last):
        ...
        fixlip_widget.errors.InputError: There is no picture of '🦤' (dodo); near are 🦉 owl, 🪶 feather, 🦢 swan.
    """
    if family not in FAMILIES:
        raise InputError(f"There is no family of emoji {_show(family)}; use {' or '.join(map(repr, FAMILIES))}.")
    items = _items_of_rows(content) if isinstance(content, str) else _items_of_list(content)
    if not items:
        raise InputError("The scene has no things; write emoji or words, such as '🦊 🚀'.")
    canvas = _backdrop()
    for thing, colour, (x, y), size in items:
        side = round(size * SIDE)
        stamp = drawing(thing, colour, family).resize((side, side), Image.Resampling.LANCZOS)
        canvas.paste(stamp, (round(x * SIDE - side / 2), round(y * SIDE - side / 2)), stamp)
    canvas.info["Copyright"] = CREDIT
    return canvas


def drawing(thing: str, colour: str | None, family: str) -> Image.Image:
    """The thing on transparency, in its own colours or tinted."""
    tint = torch.tensor([0 if colour is None else COLOURS.index(colour) + 1])
    pixels = tinted(read_sprite(thing, family)[None], tint)[0]  # (4, s, s)
    return Image.fromarray((255 * pixels).round().byte().permute(1, 2, 0).numpy())


def _backdrop() -> Image.Image:
    """A gradient along the diagonal."""
    steps = np.linspace(0, 1, SIDE)
    blend = (steps + steps[:, None])[..., None] / 2  # (SIDE, SIDE, 1)
    near, far = np.array(BACKDROP)
    return Image.fromarray((near + (far - near) * blend).round().astype(np.uint8))


def _items_of_rows(text: str) -> list[Item]:
    rows = [cells for line in re.split(r"[\r\n]+", text) if (cells := _cells(line))]
    longest = max((len(row) for row in rows), default=0)
    n = sum(len(row) for row in rows)
    if longest > MAX_IN_LINE or len(rows) > MAX_IN_LINE:
        raise InputError(
            f"The scene has {n} cells in {len(rows)} row{'s' * (len(rows) > 1)}, but takes at most {MAX_IN_LINE} rows"
            f" of {MAX_IN_LINE}; leave some out."
        )
    size = min(_FILL / max(longest, len(rows), 1), _LARGEST)
    return [
        (cell[0], cell[1], ((column + 0.5) / len(row), (line + 0.5) / len(rows)), size)
        for line, row in enumerate(rows)
        for column, cell in enumerate(row)
        if cell is not None
    ]


def _cells(line: str) -> list[tuple[str, str | None] | None]:
    """The things of a row with their colours; None for an empty cell."""
    cells: list[tuple[str, str | None] | None] = []
    colour: str | None = None
    for part in _parts(line):
        if part in COLOURS and colour is None:
            colour = part
        elif part == EMPTY and colour is None:
            cells.append(None)
        else:
            thing, own_colour = _thing(part)
            cells.append((thing, colour or own_colour))
            colour = None
    if colour is not None:
        raise InputError(f"After the colour {colour!r} there is no thing; write one, such as '{colour} cat'.")
    return cells


def _parts(line: str) -> list[str]:
    """The words, emoji and dots of a row; emoji need no space between them."""
    parts: list[str] = []
    for chunk in re.split(r"[\s,;]+", line):
        while chunk:
            emoji = find_emoji(chunk)
            end = len(emoji) if emoji else 1 if chunk[0] == EMPTY else _end_of_word(chunk)
            parts.append(chunk[:end] if emoji else chunk[:end].lower())
            chunk = chunk[end:]
    return [part for part in parts if part not in ("a", "an", "the", "and")]


def _end_of_word(chunk: str) -> int:
    return next((i for i in range(1, len(chunk)) if chunk[i] == EMPTY or find_emoji(chunk[i:])), len(chunk))


def _items_of_list(content: object) -> list[Item]:
    if isinstance(content, bytes | bytearray | dict) or not isinstance(content, Iterable):
        raise InputError(f"A scene is text or a list of things, not {type(content).__name__}; write fw.scene('🦊 🚀').")
    entries = list(islice(content, MAX_THINGS + 1))
    if len(entries) > MAX_THINGS:
        raise InputError(f"The scene has more than the {MAX_THINGS} things that one takes; leave some out.")
    return [_item(entry) for entry in entries]


def _item(entry: object) -> Item:
    if isinstance(entry, str) or not isinstance(entry, Sequence) or len(entry) != 4:
        raise InputError(
            f"{_show(entry)} is not (thing, colour, (x, y), size), as in ('cat', 'purple', (0.3, 0.3), 0.4)."
        )
    thing, colour, position, size = entry
    if not isinstance(thing, str):
        raise InputError(f"The thing {_show(thing)} is not text; write an emoji or a word, such as 'cat'.")
    if colour is not None and colour not in COLOURS:
        raise InputError(f"There is no colour {_show(colour)}; use None for its own, or {', '.join(COLOURS)}.")
    x, y = position if isinstance(position, Sequence | np.ndarray) and len(position) == 2 else (np.nan, np.nan)
    if not (_is_within(x, 0, 1) and _is_within(y, 0, 1)):
        raise InputError(f"The position {_show(position)} is not a pair (x, y) of numbers from 0 to 1; use (0.5, 0.5).")
    if not _is_within(size, 0.05, 1):
        raise InputError(f"The size {_show(size)} is not a number from 0.05 to 1; use 0.4.")
    name, own_colour = _thing(thing.strip() if find_emoji(thing.strip()) else thing.strip().lower())
    return name, colour or own_colour, (float(x), float(y)), float(size)


def _is_within(value: object, low: float, high: float) -> bool:
    """Whether the value is a number in this range, which NaN is not."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(low <= value <= high)


def _thing(part: str) -> tuple[str, str | None]:
    """The thing and, where the emoji has it, the tint that a word or an emoji stands for."""
    if (found := thing_of(part)) is not None:
        return found
    if emoji := find_emoji(part):
        name, near = nearest_to_emoji(emoji)
        raise InputError(f"There is no picture of {emoji!r} ({name}); near are {near}.")
    near = nearest_to_word(part)
    advice = f"near are {near}" if near else "write emoji or words, such as '🦊 🚀'"
    raise InputError(f"There is no thing {_show(part)}; {advice}.")


def _show(value: object) -> str:
    """The value in a message, shortened."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…{text[-1]}"
