"""What is said of scenes, as tensors: true statements, falsehoods of each kind, and what may be true of which scene.

A statement names some items of a scene in any order, by kind, by colour or by both, and may claim the place of the
first one or its relation to the second one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.demo.rows import Rows
from fixlip_widget.demo.scenes import MAX_ITEMS, Scenes, is_unseen
from fixlip_widget.demo.things import COLOURS, THINGS

RELATIONS: tuple[str, ...] = ("", "left of", "right of", "above", "below", "in front of", "behind")
OPPOSITE: tuple[int, ...] = (0, 2, 1, 4, 3, 6, 5)
PLACES: tuple[str, ...] = (
    *("", "left", "right", "top", "top left", "top right"),
    *("bottom", "bottom left", "bottom right"),
)
"""A place is 3 · row + column, each 0 for none, 1 for left or top, 2 for right or bottom."""
CLEAR = 0.15
"""Difference of coordinates, as a share of the side, from which a relation or a place is claimed."""
UNCLEAR = 0.05
"""Difference of coordinates below which a relation or a place is neither clearly true nor clearly false."""
KINDS: tuple[str, ...] = (
    *("colour swap", "thing swap", "colour replaced", "thing replaced"),
    *("relation", "place", "overlap"),
)
"""The kinds of falsehoods, in the order of `falsehoods`."""


@dataclass(frozen=True)
class Statements(Rows):
    """b statements of at most K mentions.

    Attributes:
        count: (b,) int64, the number of mentions.
        thing: (b, K) int64, indices of THINGS.
        colour: (b, K) int64, 0 for none, else 1 + index of COLOURS; the colour of the item, told or not.
        tells_thing: (b, K) bool, whether the kind is told.
        tells_colour: (b, K) bool, whether the colour is told; false where the item has its own colours.
        relation: (b,) int64, of the first to the second mention, an index of RELATIONS.
        place: (b,) int64, of the first mention, an index of PLACES.
    """

    count: Tensor
    thing: Tensor
    colour: Tensor
    tells_thing: Tensor
    tells_colour: Tensor
    relation: Tensor
    place: Tensor

    @property
    def mentioned(self) -> Tensor:
        """(b, K) bool, which mentions there are."""
        return torch.arange(self.thing.shape[1], device=self.count.device) < self.count[:, None]


def draw_order(generator: torch.Generator, scenes: Scenes) -> Tensor:
    """(b, K) int64, items in random order, those that are shown first; most overlapping pairs come first."""
    b, device = len(scenes), scenes.count.device
    order = _rand(generator, b, MAX_ITEMS).masked_fill(~scenes.shown, 2.0).argsort(1)  # (b, K)
    pairs = torch.tensor([[0, 1, 2, 3], [1, 0, 2, 3]], device=device)
    pair = pairs[torch.randint(2, (b,), generator=generator, device=device)]
    return torch.where((scenes.overlap & (_rand(generator, b) < 0.7))[:, None], pair, order)


def draw_statements(generator: torch.Generator, scenes: Scenes, order: Tensor) -> Statements:
    """A statement for each scene that is clearly true of it; about half have a relation or a place.

    It mentions some or all of the items, in the given order (b, K).
    """
    b = len(scenes)
    count = torch.minimum(1 + (_rand(generator, b) * scenes.count).long(), scenes.count)  # (b,)
    count = torch.where(_rand(generator, b) < 0.4, scenes.count, count)
    claim = _rand(generator, b)  # (b,): low for a relation, high for a place
    relates = claim < torch.where(scenes.overlap, 0.6, 0.35)  # (b,)
    thing, colour = scenes.thing.gather(1, order), scenes.colour.gather(1, order)  # (b, K)
    two = scenes.count >= 2
    relation = torch.where(two & relates, _relation(scenes, order), 0)
    place = torch.where(claim > 0.75, _place(scenes, order), 0)
    count = torch.where(relation > 0, count.clamp(min=2), count)
    # Two of one kind are always told apart by their colours, and claims are made of things that are named.
    twice = (scenes.thing[:, 0] == scenes.thing[:, 1]) & two
    dice = _rand(generator, 2, b, MAX_ITEMS)
    tells_colour = (colour > 0) & ((dice[0] > 0.12) | twice[:, None])
    tells_thing = (dice[1] > 0.06) | (colour == 0) | ((relation > 0) | (place > 0))[:, None] | ~tells_colour
    return Statements(count, thing, colour, tells_thing, tells_colour, relation, place)


def full_statements(scenes: Scenes, order: Tensor | None = None) -> Statements:
    """All that can be said of the items of scenes, without relations and places; in the order (b, K), if given."""
    order = torch.arange(MAX_ITEMS, device=scenes.count.device).expand(len(scenes), -1) if order is None else order
    thing, colour = scenes.thing.gather(1, order), scenes.colour.gather(1, order)
    none = torch.zeros_like(scenes.count)
    return Statements(scenes.count, thing, colour, torch.ones_like(colour, dtype=torch.bool), colour > 0, none, none)


def falsehoods(
    generator: torch.Generator, statements: Statements, scenes: Scenes
) -> tuple[tuple[Statements, ...], Tensor]:
    """For each kind of KINDS, the statements with a change, and (b, kinds) bool, where that makes them false.

    Args:
        generator: of the colours, things and places that replace others.
        statements: true of the scenes.
        scenes: b scenes.
    """
    s, b, device = statements, len(statements), statements.count.device
    swap = torch.tensor([1, 0, 2, 3], device=device)
    a, c = s.colour[:, 0], s.colour[:, 1]
    told = s.tells_thing[:, :2].all(1) & s.tells_colour[:, :2].any(1)
    can_swap = (s.count >= 2) & told & (a != c) & (s.thing[:, 0] != s.thing[:, 1])  # (b,)
    colours_swapped = s.replace(colour=s.colour[:, swap], tells_colour=s.tells_colour[:, swap])
    things_swapped = s.replace(thing=s.thing[:, swap])
    colour = (a + torch.randint(len(COLOURS) - 1, (b,), generator=generator, device=device)) % len(COLOURS) + 1
    recoloured = s.replace(colour=_with_first(s.colour, colour))
    shown_so = (scenes.thing == s.thing[:, :1]) & (scenes.colour == colour[:, None]) & scenes.shown  # (b, K)
    can_recolour = s.tells_colour[:, 0] & s.tells_thing[:, 0] & ~shown_so.any(1)
    thing = torch.randint(len(THINGS), (b,), generator=generator, device=device)
    replaced = s.replace(
        thing=_with_first(s.thing, thing), tells_thing=_with_first(s.tells_thing, torch.ones_like(s.count).bool())
    )
    can_replace = ~(scenes.thing == thing[:, None]).any(1)
    opposite = s.replace(relation=torch.tensor(OPPOSITE, device=device)[s.relation])
    elsewhere = s.replace(place=_other_place(generator, s.place))
    kinds = (colours_swapped, things_swapped, recoloured, replaced, opposite, elsewhere, opposite)
    spatial = (s.relation > 0) & (s.relation < 5)
    valid = [can_swap, can_swap, can_recolour, can_replace, spatial, s.place > 0, s.relation >= 5]
    seen = [~(is_unseen(k.thing, k.colour) & k.tells_thing & k.tells_colour & k.mentioned).any(1) for k in kinds]
    return kinds, torch.stack([v & n for v, n in zip(valid, seen, strict=True)], 1)


def may_be_true(statements: Statements, scenes: Scenes) -> Tensor:
    """(scenes, statements) bool, where a statement is not clearly false of a scene.

    Different mentions may be of the same item, which errs towards truth.
    """
    possible = torch.ones(len(scenes), len(statements), dtype=torch.bool, device=scenes.count.device)
    for m in range(statements.thing.shape[1]):
        possible &= _fits(scenes, statements, m).any(-1) | (statements.count <= m)
    i, j = possible.nonzero().unbind(1)  # few pairs
    at, said = scenes[i], statements[j]
    first, second = (_fits(at, said, m, paired=True) for m in (0, 1))  # each (pairs, K)
    rows = torch.arange(len(i), device=i.device)
    placed = first & _holds_place(at)[rows, said.place]  # (pairs, K)
    related = first[:, :, None] & second[:, None] & _holds_relation(at)[rows, said.relation]  # (pairs, K, K)
    possible[i, j] = placed.any(1) & ((said.relation == 0) | related.any((1, 2)))
    return possible


def _fits(scenes: Scenes, statements: Statements, m: int, *, paired: bool = False) -> Tensor:
    """Whether mention m names an item: (scenes, statements, K), or (pairs, K) row by row."""
    s = (slice(None), m, None) if paired else (None, slice(None), m, None)
    i = slice(None) if paired else (slice(None), None)
    thing = (scenes.thing[i] == statements.thing[s]) | ~statements.tells_thing[s]
    colour = (scenes.colour[i] == statements.colour[s]) | ~statements.tells_colour[s]
    return thing & colour & scenes.shown[i]


def _relation(scenes: Scenes, order: Tensor) -> Tensor:
    """(b,) the clear relation of the first to the second item of an order (b, K), or 0."""
    difference = _position(scenes, order[:, 0]) - _position(scenes, order[:, 1])  # (b, 2)
    x, y = difference.unbind(1)
    across = torch.where(x < 0, 1, 2)
    along = torch.where(y < 0, 3, 4)
    spatial = torch.where(difference.abs().amax(1) < CLEAR, 0, torch.where(x.abs() > y.abs(), across, along))
    covers = scenes.overlap & (order[:, :2].amax(1) == 1)
    return torch.where(covers, torch.where(order[:, 0] == 1, 5, 6), spatial)


def _place(scenes: Scenes, order: Tensor) -> Tensor:
    """(b,) the clear place of the first item of an order (b, K), or 0."""
    position = _position(scenes, order[:, 0]) - 0.5  # (b, 2)
    sides = torch.where(position < -0.12, 1, torch.where(position > 0.12, 2, 0))
    return sides[:, 0] + 3 * sides[:, 1]


def _other_place(generator: torch.Generator, place: Tensor) -> Tensor:
    """(b,) the opposite place; of a corner any other corner."""
    column, row = place % 3, place // 3
    other_column, other_row = torch.where(column > 0, 3 - column, 0), torch.where(row > 0, 3 - row, 0)
    dice = _rand(generator, len(place))
    corner = torch.where(
        dice < 1 / 3,
        other_column + 3 * row,
        torch.where(dice < 2 / 3, column + 3 * other_row, other_column + 3 * other_row),
    )
    return torch.where((column > 0) & (row > 0), corner, other_column + 3 * other_row)


def _holds_place(scenes: Scenes) -> Tensor:
    """(b, places, K) bool, where an item is not clearly elsewhere."""
    x, y = (scenes.position - 0.5).unbind(-1)  # each (b, K)
    any_ = torch.ones_like(scenes.shown)
    columns = torch.stack([any_, x < UNCLEAR, x > -UNCLEAR], 1)  # (b, 3, K)
    rows = torch.stack([any_, y < UNCLEAR, y > -UNCLEAR], 1)  # (b, 3, K)
    return (rows[:, :, None] & columns[:, None]).flatten(1, 2)


def _holds_relation(scenes: Scenes) -> Tensor:
    """(b, relations, K, K) bool, where the first item is not clearly in another relation to the second one."""
    x, y = (scenes.position[:, :, None] - scenes.position[:, None]).unbind(-1)  # each (b, K, K)
    front = torch.zeros_like(x, dtype=torch.bool)
    front[:, 1, 0] = scenes.overlap
    spatial = [x < UNCLEAR, x > -UNCLEAR, y < UNCLEAR, y > -UNCLEAR]
    return torch.stack([torch.ones_like(front), *spatial, front, front.transpose(1, 2)], 1)


def _position(scenes: Scenes, item: Tensor) -> Tensor:
    return scenes.position[torch.arange(len(scenes), device=item.device), item]  # (b, 2)


def _with_first(tensor: Tensor, first: Tensor) -> Tensor:
    return torch.cat([first[:, None], tensor[:, 1:]], 1)


def _rand(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(*shape, generator=generator, device=generator.device)
