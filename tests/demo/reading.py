"""An independent reading of captions: whether their words are true of a scene, by trying every assignment of items."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from fixlip_widget.demo.scenes import Scenes
from fixlip_widget.demo.things import COLOURS, THINGS

RELATION = re.compile(
    r"\b(above|over|below|under|to the left of|left of|to the right of|right of|in front of|behind)\b"
)
PLACE = re.compile(r"\b(?:at|in|on) the ((?:top|bottom|left|right)(?: left| right)?)\b")


@dataclass(frozen=True)
class Shown:
    """An item of a scene as words and numbers."""

    index: int
    thing: str
    colour: str | None
    x: float
    y: float
    covers: int | None


def items_of(scenes: Scenes, row: int) -> list[Shown]:
    n = int(scenes.count[row])
    items = []
    for k in range(n):
        colour = int(scenes.colour[row, k])
        x, y = scenes.position[row, k].tolist()
        covers = 0 if bool(scenes.overlap[row]) and k == 1 else None
        thing = THINGS[int(scenes.thing[row, k])]
        items.append(Shown(k, thing, COLOURS[colour - 1] if colour else None, x, y, covers))
    return items


def reads_as_true(caption: str, items: list[Shown]) -> bool:
    """Whether a caption is true of the items."""
    text = re.sub(r"^(a picture of|there is|here is) ", "", caption.replace(",", "")).replace(" is ", " ")
    relation = RELATION.search(text)
    kind = relation[1] if relation else ""
    text = RELATION.sub("|", text)
    place = PLACE.search(text)
    where = place[1] if place else ""
    named = _mentions(PLACE.sub("|", text))

    def agrees(chosen: tuple[Shown, ...]) -> bool:
        first, second = chosen[0], chosen[-1] if len(chosen) < 2 else chosen[1]
        claims = [
            all(thing in (None, item.thing) for item, (_, thing) in zip(chosen, named, strict=True)),
            all(colour in (None, item.colour) for item, (colour, _) in zip(chosen, named, strict=True)),
            "left" not in where or first.x < 0.5,
            "right" not in where or first.x > 0.5,
            "top" not in where or first.y < 0.5,
            "bottom" not in where or first.y > 0.5,
            kind not in ("above", "over") or first.y < second.y,
            kind not in ("below", "under") or first.y > second.y,
            "left" not in kind or first.x < second.x,
            "right" not in kind or first.x > second.x,
            kind != "in front of" or first.covers == second.index,
            kind != "behind" or second.covers == first.index,
        ]
        return all(claims)

    return any(agrees(chosen) for chosen in itertools.permutations(items, len(named)))


def _mentions(text: str) -> list[tuple[str | None, str | None]]:
    """(colour, thing) of each mention: a mention ends with its noun, and "something" has its colour after it."""
    mentions: list[tuple[str | None, str | None]] = []
    colour: str | None = None
    words = [word for word in text.replace("|", " ").split() if word not in ("a", "an", "the", "and", "with")]
    for before, word in zip(["", *words], words, strict=False):
        if before == "something":
            mentions.append((word, None))
        elif word in COLOURS:
            colour = word
        elif word != "something":
            assert word in (*THINGS, "thing"), word
            mentions.append((colour, None if word == "thing" else word))
            colour = None
    return mentions
