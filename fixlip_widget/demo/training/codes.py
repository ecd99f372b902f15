"""Symbolic codes of scenes and statements, the targets towards which both towers are trained.

They are vector-symbolic codes after Gayler's multiply-add-permute: a colour and a thing are bound by multiplication,
objects are added, and an object is multiplied by a direction for its place. The inner product of the codes of a scene
and a statement counts the objects they share, weighted by how well their places agree.
"""

import torch
from torch import Tensor

from fixlip_widget.demo.model import EMBED_DIM
from fixlip_widget.demo.scenes import Scenes
from fixlip_widget.demo.statements import Statements
from fixlip_widget.demo.things import COLOURS, THINGS

_SINGLE_WEIGHT = 0.5  # of a colour or a thing by itself, relative to the two bound
_NATURAL_WEIGHT = 1.5  # of a thing in its own colours
_PLACE_WEIGHT = 1.5  # of an object at the border of the picture, relative to the object without its place
_SEED, _N_FIRST_THINGS = 1, 318


class Codes:
    """The fixed random codes of things, colours and directions, on a device.

    They are drawn once and never change: things that were added to the list later, and the direction towards the
    front, have theirs after the others.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        n_later = len(THINGS) - _N_FIRST_THINGS
        sizes = [_N_FIRST_THINGS, len(COLOURS), 1, 1, 1, n_later]
        signs = 2 * torch.randint(2, (sum(sizes), EMBED_DIM), generator=torch.Generator().manual_seed(_SEED)) - 1
        things, colours, right, down, front, later = torch.split(signs.float().to(device), sizes)
        self._things = torch.cat([things, later])  # (things, d)
        self._colours = torch.cat([torch.zeros_like(right), colours])  # (1 + colours, d)
        self._right, self._down, self._front = right[0], down[0], front[0]  # each (d,)

    def of_items(self, scenes: Scenes) -> Tensor:
        """(b, K, d) an object plus the object times its place; the code of a scene is the sum over its items."""
        thing, colour = self._things[scenes.thing], self._colours[scenes.colour]
        tinted = (scenes.colour > 0)[..., None]
        code = torch.where(tinted, self._bound(thing, colour), _NATURAL_WEIGHT * thing)  # (b, K, d)
        depth = torch.zeros_like(scenes.size)  # (b, K)
        depth[:, 0], depth[:, 1] = -scenes.overlap.float(), scenes.overlap.float()
        x, y = (2 * scenes.position - 1).unbind(-1)
        return code * (1 + self._direction(x, y, depth))

    def of_statements(self, statements: Statements) -> Tensor:
        """(b, d) the sum over all mentions, and over those with a place or a relation times its direction."""
        thing, colour = self._things[statements.thing], self._colours[statements.colour]
        tells_thing, tells_colour = statements.tells_thing[..., None], statements.tells_colour[..., None]
        objects = torch.where(
            tells_colour, torch.where(tells_thing, self._bound(thing, colour), colour), thing
        )  # (b, K, d)
        objects = objects * statements.mentioned[..., None]
        first, second = objects[:, 0], objects[:, 1]
        sign = torch.tensor([0.0, -1.0, 1.0], device=first.device)
        none = torch.zeros_like(statements.place, dtype=torch.float32)
        place = self._direction(sign[statements.place % 3], sign[statements.place // 3], none) / 2  # (b, d)
        signs = [[0, 0, 0], [-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, 1], [0, 0, -1]]
        x, y, z = torch.tensor(signs, dtype=torch.float32, device=first.device)[statements.relation].unbind(1)
        return objects.sum(1) + first * place + (first - second) * self._direction(x, y, z) / 2

    @staticmethod
    def _bound(thing: Tensor, colour: Tensor) -> Tensor:
        return thing * colour + _SINGLE_WEIGHT * (thing + colour)

    def _direction(self, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
        direction: Tensor = x[..., None] * self._right + y[..., None] * self._down + z[..., None] * self._front
        return _PLACE_WEIGHT * direction
