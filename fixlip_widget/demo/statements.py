"""What a caption claims, as data: whether a scene bears it out, and how to say it falsely."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fixlip_widget.demo.scenes import Item, Scene
from fixlip_widget.demo.sprites import COLOURS, THINGS

# Signs of (x, y) - middle of the picture; 0 where the place says nothing.
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
# Signs of the first item's (x, y) - the second's.
RELATIONS: dict[str, tuple[int, int]] = {"above": (0, -1), "below": (0, 1), "left of": (-1, 0), "right of": (1, 0)}
CLEAR = 0.1  # share of the image side by which a place must hold to be called true, or fail to be called false


@dataclass(frozen=True)
class Mention:
    """An object as named: by its thing, its colour, or both."""

    thing: str | None
    colour: str | None

    def fits(self, item: Item) -> bool:
        """Whether the item answers to this name."""
        return self.thing in (None, item.thing) and self.colour in (None, item.colour)


@dataclass(frozen=True)
class Statement:
    """Different objects that are in the picture; where the first is; how it lies to the second."""

    mentions: tuple[Mention, ...]
    place: str | None = None
    relation: str | None = None


def is_true(statement: Statement, scene: Scene, margin: float = 0.0) -> bool:
    """Whether different items of the scene can play the mentions.

    A positive `margin` (share of the image side) asks for places and relations to hold clearly; with a negative
    one, only a statement that is clearly false fails.
    """
    candidates = [[item for item in scene.items if mention.fits(item)] for mention in statement.mentions]
    return any(
        all(a is not b for a, b in itertools.combinations(cast, 2)) and _well_placed(statement, cast, margin)
        for cast in itertools.product(*candidates)
    )


def _well_placed(statement: Statement, cast: tuple[Item, ...], margin: float) -> bool:
    first = cast[0]
    placed = statement.place is None or _towards(PLACES[statement.place], first.x - 0.5, first.y - 0.5, margin)
    if statement.relation is None:
        return placed
    dx, dy = first.x - cast[1].x, first.y - cast[1].y
    return placed and _towards(RELATIONS[statement.relation], dx, dy, margin)


def _towards(signs: tuple[int, int], dx: float, dy: float, margin: float) -> bool:
    return all(sign == 0 or sign * d > margin for sign, d in zip(signs, (dx, dy), strict=True))


def draw_statement(rng: np.random.Generator, scene: Scene) -> Statement:
    """A statement clearly true of the scene: some or all of its items, perhaps with a place or a relation."""
    n = len(scene.items)
    count = n if rng.random() < 0.6 else int(rng.integers(1, n + 1))
    order = [int(i) for i in rng.permutation(n)[:count]]
    plain = Statement(tuple(_mention(rng, scene.items[i]) for i in order))
    dice = rng.random()
    if count >= 2 and dice < 0.4:
        options = [replace(plain, relation=relation) for relation in RELATIONS]
    elif dice > (0.5 if count == 1 else 0.8):
        options = [replace(plain, place=place) for place in PLACES]
    else:
        return plain
    clear = [option for option in options if is_true(option, scene, CLEAR)]
    return clear[int(rng.integers(len(clear)))] if clear else plain


def _mention(rng: np.random.Generator, item: Item) -> Mention:
    dice = rng.random()
    return Mention(None if dice < 0.06 else item.thing, None if dice > 0.93 else item.colour)


def colour_swaps(statement: Statement) -> Iterator[Statement]:
    """Two mentions exchange their colours."""
    for i, j, a, b in _pairs(statement):
        if a.colour and b.colour and a.colour != b.colour:
            yield _put(statement, {i: Mention(a.thing, b.colour), j: Mention(b.thing, a.colour)})


def thing_swaps(statement: Statement) -> Iterator[Statement]:
    """Two mentions exchange their things."""
    for i, j, a, b in _pairs(statement):
        if a.thing and b.thing and a.thing != b.thing:
            yield _put(statement, {i: Mention(b.thing, a.colour), j: Mention(a.thing, b.colour)})


def colour_replacements(statement: Statement) -> Iterator[Statement]:
    """One mention takes another colour."""
    for i, mention in enumerate(statement.mentions):
        if mention.colour:
            yield from (_put(statement, {i: Mention(mention.thing, colour)}) for colour in COLOURS)


def thing_replacements(statement: Statement) -> Iterator[Statement]:
    """One mention becomes another thing."""
    for i, mention in enumerate(statement.mentions):
        if mention.thing:
            yield from (_put(statement, {i: Mention(thing, mention.colour)}) for thing in THINGS)


def place_changes(statement: Statement) -> Iterator[Statement]:
    """The first mention is said to be elsewhere, in a place of the same kind."""
    if statement.place:
        kind = _axes(PLACES[statement.place])
        yield from (replace(statement, place=p) for p, signs in PLACES.items() if _axes(signs) == kind)


def relation_changes(statement: Statement) -> Iterator[Statement]:
    """The relation is turned round, in the relation or in the order of the mentions."""
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
    """All changes of one kind (a key of NEGATIVES) that are clearly false of the scene."""
    return [changed for changed in NEGATIVES[kind](statement) if not is_true(changed, scene, -CLEAR)]


def _pairs(statement: Statement) -> Iterator[tuple[int, int, Mention, Mention]]:
    for (i, a), (j, b) in itertools.combinations(enumerate(statement.mentions), 2):
        yield i, j, a, b


def _put(statement: Statement, changes: dict[int, Mention]) -> Statement:
    mentions = tuple(changes.get(i, m) for i, m in enumerate(statement.mentions))
    return Statement(mentions, statement.place, statement.relation)


def _axes(signs: tuple[int, int]) -> tuple[bool, bool]:
    return bool(signs[0]), bool(signs[1])
