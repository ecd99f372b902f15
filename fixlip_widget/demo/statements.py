"""Statements, the content of captions: whether they are true of a scene, and how to change them into false ones."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fixlip_widget.demo.scenes import Item, Scene
from fixlip_widget.demo.sprites import COLOURS, THINGS

PLACES: dict[str, tuple[int, int]] = {
    "top left": (-1, -1),
    "top right": (1, -1),
    "bottom left": (-1, 1),
    "bottom right": (1, 1),
    "left": (-1, 0),
    "right": (1, 0),
    "top": (0, -1),
    "bottom": (0, 1),
}
"""Signs of the item's (x, y) relative to the centre of the image; 0 for either."""
RELATIONS: dict[str, tuple[int, int]] = {"above": (0, -1), "below": (0, 1), "left of": (-1, 0), "right of": (1, 0)}
"""Signs of the first item's (x, y) relative to the second item."""
CLEAR = 0.1
"""Margin, as a share of the image side, by which places and relations are clearly true or clearly false."""


@dataclass(frozen=True)
class Mention:
    """An object as it is named: by its thing, its colour, or both."""

    thing: str | None
    colour: str | None

    def fits(self, item: Item) -> bool:
        """Whether the item has this thing and this colour."""
        return self.thing in (None, item.thing) and self.colour in (None, item.colour)


@dataclass(frozen=True)
class Statement:
    """Claims that different objects are shown, and the place of the first one or its relation to the second."""

    mentions: tuple[Mention, ...]
    place: str | None = None
    relation: str | None = None


def is_true(statement: Statement, scene: Scene, margin: float = 0.0) -> bool:
    """Whether the mentions can be assigned to different items of the scene that satisfy the place and the relation.

    Coordinates must differ by more than `margin`, a share of the image side: with CLEAR only clearly true statements
    are true, with -CLEAR all but the clearly false ones.
    """
    candidates = [[item for item in scene.items if mention.fits(item)] for mention in statement.mentions]
    return any(
        all(a is not b for a, b in itertools.combinations(items, 2)) and _well_placed(statement, items, margin)
        for items in itertools.product(*candidates)
    )


def _well_placed(statement: Statement, items: tuple[Item, ...], margin: float) -> bool:
    first = items[0]
    placed = statement.place is None or _towards(PLACES[statement.place], first.x - 0.5, first.y - 0.5, margin)
    if statement.relation is None:
        return placed
    dx, dy = first.x - items[1].x, first.y - items[1].y
    return placed and _towards(RELATIONS[statement.relation], dx, dy, margin)


def _towards(signs: tuple[int, int], dx: float, dy: float, margin: float) -> bool:
    return all(sign == 0 or sign * d > margin for sign, d in zip(signs, (dx, dy), strict=True))


def draw_statement(rng: np.random.Generator, scene: Scene) -> Statement:
    """A statement that is clearly true of the scene, about some or all of its items."""
    n = len(scene.items)
    count = n if rng.random() < 0.6 else int(rng.integers(1, n + 1))
    order = [int(i) for i in rng.permutation(n)[:count]]
    plain = Statement(tuple(_mention(rng, scene.items[i]) for i in order))
    u = rng.random()
    if count >= 2 and u < 0.4:
        options = [replace(plain, relation=relation) for relation in RELATIONS]
    elif u > (0.5 if count == 1 else 0.8):
        options = [replace(plain, place=place) for place in PLACES]
    else:
        return plain
    clear = [option for option in options if is_true(option, scene, CLEAR)]
    return clear[int(rng.integers(len(clear)))] if clear else plain


def _mention(rng: np.random.Generator, item: Item) -> Mention:
    u = rng.random()
    return Mention(None if u < 0.06 else item.thing, None if u > 0.93 else item.colour)


def colour_swaps(statement: Statement) -> Iterator[Statement]:
    """With the colours of two mentions exchanged."""
    for i, j, a, b in _pairs(statement):
        if a.colour and b.colour and a.colour != b.colour:
            yield _replace_mentions(statement, {i: Mention(a.thing, b.colour), j: Mention(b.thing, a.colour)})


def thing_swaps(statement: Statement) -> Iterator[Statement]:
    """With the things of two mentions exchanged."""
    for i, j, a, b in _pairs(statement):
        if a.thing and b.thing and a.thing != b.thing:
            yield _replace_mentions(statement, {i: Mention(b.thing, a.colour), j: Mention(a.thing, b.colour)})


def colour_replacements(statement: Statement) -> Iterator[Statement]:
    """With another colour in one mention."""
    for i, mention in enumerate(statement.mentions):
        if mention.colour:
            yield from (_replace_mentions(statement, {i: Mention(mention.thing, colour)}) for colour in COLOURS)


def thing_replacements(statement: Statement) -> Iterator[Statement]:
    """With another thing in one mention."""
    for i, mention in enumerate(statement.mentions):
        if mention.thing:
            yield from (_replace_mentions(statement, {i: Mention(thing, mention.colour)}) for thing in THINGS)


def place_changes(statement: Statement) -> Iterator[Statement]:
    """With another place of the same kind: corners, left and right, or top and bottom."""
    if statement.place:
        kind = _axes(PLACES[statement.place])
        yield from (replace(statement, place=p) for p, signs in PLACES.items() if _axes(signs) == kind)


def relation_changes(statement: Statement) -> Iterator[Statement]:
    """With the opposite relation, or with its two mentions exchanged."""
    if statement.relation:
        dx, dy = RELATIONS[statement.relation]
        opposite = next(name for name, signs in RELATIONS.items() if signs == (-dx, -dy))
        yield replace(statement, relation=opposite)
        first, second, *rest = statement.mentions
        yield replace(statement, mentions=(second, first, *rest))


NEGATIVES = {
    "colour swap": colour_swaps,
    "thing swap": thing_swaps,
    "colour replaced": colour_replacements,
    "thing replaced": thing_replacements,
    "place": place_changes,
    "relation": relation_changes,
}


def falsehoods(statement: Statement, scene: Scene, kind: str) -> list[Statement]:
    """The changed statements of a kind, a key of NEGATIVES, that are clearly false of the scene."""
    return [changed for changed in NEGATIVES[kind](statement) if not is_true(changed, scene, -CLEAR)]


def _pairs(statement: Statement) -> Iterator[tuple[int, int, Mention, Mention]]:
    for (i, a), (j, b) in itertools.combinations(enumerate(statement.mentions), 2):
        yield i, j, a, b


def _replace_mentions(statement: Statement, changes: dict[int, Mention]) -> Statement:
    mentions = tuple(changes.get(i, m) for i, m in enumerate(statement.mentions))
    return Statement(mentions, statement.place, statement.relation)


def _axes(signs: tuple[int, int]) -> tuple[bool, bool]:
    return bool(signs[0]), bool(signs[1])
