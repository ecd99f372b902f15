"""Emoji and words: which thing each stands for, and which things are nearest to those that are not known."""

from __future__ import annotations

import json
from functools import cache

from fixlip_widget.demo.lexicon import SYNONYMS, nearest
from fixlip_widget.demo.sprites import FOLDER
from fixlip_widget.demo.things import ALIASES, EMOJI, TINTED

_SELECTOR = "\ufe0f"
"""Asks for a picture instead of a letter; it is often left out."""


def thing_of(text: str) -> tuple[str, str | None] | None:
    """The thing that a word in lower case or an emoji stands for, with the tint that the emoji has; None if unknown."""
    word = SYNONYMS.get(text, text)
    if word in EMOJI:
        return word, None
    return _THINGS.get(text.replace(_SELECTOR, ""))


def find_emoji(text: str) -> str | None:
    """The longest emoji that the text begins with."""
    lengths = range(min(len(text), _longest()), 0, -1)
    return next((text[:length] for length in lengths if text[:length].replace(_SELECTOR, "") in _names()), None)


def nearest_to_emoji(emoji: str, count: int = 3) -> tuple[str, str]:
    """The name of an emoji, and the known things of that name, or those nearest to it in Unicode's order."""
    emoji = emoji.replace(_SELECTOR, "")
    name = _names()[emoji]
    named = [thing for word in name.split() if (thing := thing_of(word)) is not None]
    order = list(_names())
    at = order.index(emoji)
    neighbours = sorted(_THINGS, key=lambda other: abs(order.index(other) - at))
    return name, _list([thing for thing, _ in (*named, *(_THINGS[n] for n in neighbours))], count)


def nearest_to_word(word: str, count: int = 3) -> str:
    """The known things whose words are spelled most like a word, or that stand near the emoji of this name."""
    emoji = {name: emoji for emoji, name in _names().items()}.get(word)
    if emoji is not None:
        return nearest_to_emoji(emoji, count)[1]
    return _list([SYNONYMS.get(match, match) for match in nearest(word, _words(), count)], count)


def _list(things: list[str], count: int) -> str:
    return ", ".join(f"{EMOJI[thing]} {thing}" for thing in list(dict.fromkeys(things))[:count])


@cache
def _names() -> dict[str, str]:
    """Emoji, without selectors and in Unicode's order, → name."""
    names = json.loads((FOLDER / "names.json").read_text(encoding="utf-8"))
    return {emoji.replace(_SELECTOR, ""): name for emoji, name in names.items()}


@cache
def _longest() -> int:
    return max(map(len, _names())) + 2


@cache
def _words() -> tuple[str, ...]:
    return (*EMOJI, *(other for other, word in SYNONYMS.items() if word in EMOJI))


_THINGS: dict[str, tuple[str, str | None]] = {
    emoji.replace(_SELECTOR, ""): found
    for emoji, found in (
        *((emoji, (thing, colour)) for emoji, (thing, colour) in TINTED.items()),
        *((emoji, (thing, None)) for emoji, thing in ALIASES.items()),
        *((emoji, (thing, None)) for thing, emoji in EMOJI.items()),
    )
}
