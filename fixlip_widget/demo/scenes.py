"""Random scenes as tensors: a batch of scenes is drawn at once, on any device, from a generator."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.demo.rows import Rows
from fixlip_widget.demo.things import COLOURS, THINGS

MAX_ITEMS = 4
BACKDROP_SIDE = 5
"""Pixels of a backdrop before it is enlarged."""
_TURN = math.radians(25)
QUADRANTS = ((0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73))
_NINTHS = tuple((x, y) for y in (0.2, 0.5, 0.8) for x in (0.2, 0.5, 0.8))


@dataclass(frozen=True)
class Scenes(Rows):
    """b scenes of one to K things; lengths are shares of the side of the picture, y points downwards.

    Attributes:
        count: (b,) int64, how many of the K items are shown; later items cover earlier ones.
        thing: (b, K) int64, indices of THINGS.
        colour: (b, K) int64, 0 for the thing's own colours, else 1 + index of COLOURS.
        family: (b, K) int64, indices of FAMILIES.
        position: (b, K, 2) float32, x and y of the centre.
        size: (b, K) float32, the longer side.
        turn: (b, K) float32, radians, counter-clockwise.
        overlap: (b,) bool, whether the second item covers a part of the first one.
        backdrop: (b, 3, 5, 5) float32 in 0 … 1, a small picture to be enlarged.
    """

    count: Tensor
    thing: Tensor
    colour: Tensor
    family: Tensor
    position: Tensor
    size: Tensor
    turn: Tensor
    overlap: Tensor
    backdrop: Tensor

    @property
    def shown(self) -> Tensor:
        """(b, K) bool, which items are shown."""
        return torch.arange(self.thing.shape[1], device=self.count.device) < self.count[:, None]


def is_unseen(thing: Tensor, colour: Tensor) -> Tensor:
    """Whether a combination of thing and tint is kept out of training: one colour of every other thing."""
    return (colour > 0) & ((3 * thing + colour) % 16 == 0)


def seen_colours(thing: Tensor, colour: Tensor) -> Tensor:
    """The colours, with the next one where the combination with the thing is not in training."""
    return torch.where(is_unseen(thing, colour), colour % len(COLOURS) + 1, colour)


def draw_scenes(generator: torch.Generator, b: int, max_items: int = MAX_ITEMS, *, p_overlap: float = 0.3) -> Scenes:
    """b scenes of one to `max_items` things, drawn without combinations that are kept out of training.

    Half of the things are tinted. In 15 % of the scenes of several things two are of one kind, in different colours.
    Things lie in quadrants, on a grid of nine, or one in front of another.
    """
    draw = _Draw(generator)
    count = draw.integers(b, high=max_items) + 1  # (b,)
    thing = draw.uniform(b, len(THINGS)).topk(MAX_ITEMS).indices  # (b, K)
    colour = torch.where(draw.uniform(b, MAX_ITEMS) < 0.5, 0, draw.integers(b, MAX_ITEMS, high=len(COLOURS)) + 1)
    colour = seen_colours(thing, colour)  # (b, K)
    twice = (draw.uniform(b) < 0.15) & (count >= 2)  # (b,)
    thing[:, 1] = torch.where(twice, thing[:, 0], thing[:, 1])
    first = seen_colours(thing[:, 0], draw.integers(b, high=len(COLOURS)) + 1)  # (b,)
    second = seen_colours(thing[:, 0], (first + draw.integers(b, high=len(COLOURS) - 1)) % len(COLOURS) + 1)
    second = torch.where(second == first, seen_colours(thing[:, 0], second % len(COLOURS) + 1), second)
    colour[:, 0] = torch.where(twice, first, colour[:, 0])
    colour[:, 1] = torch.where(twice, second, colour[:, 1])
    overlap = (draw.uniform(b) < p_overlap) & (count >= 2)  # (b,)
    position, size = _boxes(draw, count, overlap)
    return Scenes(
        count,
        thing,
        colour,
        draw.integers(b, MAX_ITEMS, high=2),
        position,
        size,
        (2 * draw.uniform(b, MAX_ITEMS) - 1) * _TURN,
        overlap,
        draw_backdrops(generator, b),
    )


def draw_backdrops(generator: torch.Generator, b: int) -> Tensor:
    """(b, 3, 5, 5): gradients between two light colours, with soft clouds."""
    draw = _Draw(generator)
    near, far = 0.82 + 0.18 * draw.uniform(2, b, 3, 1, 1)  # each (b, 3, 1, 1)
    angle = 2 * math.pi * draw.uniform(b, 1, 1, 1)
    steps = torch.linspace(-0.7, 0.7, BACKDROP_SIDE, device=generator.device)
    blend = 0.5 + (steps * angle.cos() + steps[:, None] * angle.sin()) / 2  # (b, 1, 5, 5)
    clouds = 0.02 * (2 * draw.uniform(b, 1, BACKDROP_SIDE, BACKDROP_SIDE) - 1)
    backdrops: Tensor = near + (far - near) * blend + clouds
    return backdrops.clamp(0, 1)


def twins(generator: torch.Generator, scenes: Scenes, order: Tensor) -> tuple[Scenes, Tensor]:
    """Scenes that differ in how two things are combined, and (b,) bool, for which this is possible.

    The first two items of an order (b, K) exchange their colours, their kinds, or both, which exchanges their places.
    Backdrops, families and turns are drawn anew.
    """
    b, draw = len(scenes), _Draw(generator)
    rows = torch.arange(b, device=scenes.count.device)
    i, j = order[:, 0], order[:, 1]  # (b,)
    thing, colour = scenes.thing.clone(), scenes.colour.clone()
    how = draw.integers(b, high=3)
    for index, tensor in enumerate((thing, colour)):
        a, c = tensor[rows, i], tensor[rows, j]
        tensor[rows, i], tensor[rows, j] = torch.where(how != index, c, a), torch.where(how != index, a, c)
    differs = (thing != scenes.thing).any(1) | (colour != scenes.colour).any(1)
    changed = scenes.replace(
        thing=thing,
        colour=colour,
        family=draw.integers(b, MAX_ITEMS, high=2),
        turn=(2 * draw.uniform(b, MAX_ITEMS) - 1) * _TURN,
        backdrop=draw_backdrops(generator, b),
    )
    return changed, (scenes.count >= 2) & differs & ~is_unseen(thing, colour).any(1)


def _boxes(draw: _Draw, count: Tensor, overlap: Tensor) -> tuple[Tensor, Tensor]:
    """Positions (b, K, 2) and sizes (b, K)."""
    b, device = len(count), count.device
    quadrants, ninths = torch.tensor(QUADRANTS, device=device), torch.tensor(_NINTHS, device=device)
    gridded = draw.uniform(b) < 0.5  # (b,)
    on_quadrants = quadrants[draw.uniform(b, 4).argsort(1)] + 0.1 * (draw.uniform(b, MAX_ITEMS, 2) - 0.5)
    on_ninths = ninths[draw.uniform(b, 9).argsort(1)[:, :MAX_ITEMS]] + 0.08 * (draw.uniform(b, MAX_ITEMS, 2) - 0.5)
    position = torch.where(gridded[:, None, None], on_quadrants, on_ninths)
    size = torch.where(
        gridded[:, None], 0.36 + 0.1 * draw.uniform(b, MAX_ITEMS), 0.27 + 0.07 * draw.uniform(b, MAX_ITEMS)
    )
    larger = ((count <= 2) & ~gridded)[:, None] & (draw.uniform(b, MAX_ITEMS) < 0.3)
    size = torch.where(larger, size + 0.08, size)
    alone = ((count == 1) & ~gridded)[:, None]  # (b, 1)
    size = torch.where(alone, 0.3 + 0.45 * draw.uniform(b, MAX_ITEMS), size)
    reach = (size[..., None] / 2).clamp(max=0.45)  # (b, K, 1)
    position = torch.where(alone[..., None], position.clamp(reach, 1 - reach), position)
    covering, sizes = _overlapping_boxes(draw, count)
    return torch.where(overlap[:, None, None], covering, position), torch.where(overlap[:, None], sizes, size)


def _overlapping_boxes(draw: _Draw, count: Tensor) -> tuple[Tensor, Tensor]:
    """Positions (b, K, 2) and sizes (b, K): the first two overlap, and the others lie in the corners far from them."""
    b, device = len(count), count.device
    middle = torch.where(
        (count > 2)[:, None], 0.5 + 0.2 * (2 * draw.integers(b, 2, high=2) - 1), 0.3 + 0.4 * draw.uniform(b, 2)
    )
    angle, distance = 2 * math.pi * draw.uniform(b), 0.09 + 0.05 * draw.uniform(b)
    shift = distance[:, None] * torch.stack([angle.cos(), angle.sin()], 1)  # (b, 2)
    corners = torch.tensor([[x, y] for y in (0.2, 0.8) for x in (0.2, 0.8)], device=device)
    farthest = (corners - middle[:, None]).norm(dim=-1).argsort(1, descending=True)[:, :2]  # (b, 2)
    position = torch.cat([torch.stack([middle + shift, middle - shift], 1), corners[farthest]], 1)
    size = torch.tensor([0.36, 0.28, 0.27, 0.27], device=device) + 0.1 * draw.uniform(b, MAX_ITEMS)
    return position, size


class _Draw:
    """Random tensors of one generator, on its device."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self._generator, device=self._generator.device)

    def integers(self, *shape: int, high: int) -> Tensor:
        return torch.randint(high, shape, generator=self._generator, device=self._generator.device)
