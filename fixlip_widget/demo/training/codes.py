"""Symbolic codes of scenes and statements, the targets towards which both towers are trained.

They are vector-symbolic codes after Gayler's multiply-add-permute: a colour and a thing are bound by multiplication,
objects are added, and an object is multiplied by a direction for its place. The inner product of the codes of a scene
and a statement counts the objects they share, weighted by how well their places agree.
"""

import numpy as np
from numpy.typing import NDArray

from fixlip_widget.demo.model import EMBED_DIM
from fixlip_widget.demo.scenes import Item
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import PLACES, RELATIONS, Mention, Statement

Code = NDArray[np.float32]

WIDTH = EMBED_DIM
_SINGLE_WEIGHT = 0.5  # of a colour or a thing by itself, relative to the two bound
_PLACE_WEIGHT = 1.5  # of an object at the border of the image, relative to the object without its place
_SEED = 1
_signs = (
    2 * np.random.default_rng(_SEED).integers(2, size=(len(COLOURS) + len(THINGS) + 2, WIDTH)).astype(np.float32) - 1
)
_COLOUR = dict(zip(COLOURS, _signs, strict=False))
_THING = dict(zip(THINGS, _signs[len(COLOURS) :], strict=False))
_RIGHTWARDS, _DOWNWARDS = _signs[-2:]


def item_code(item: Item) -> Code:
    """(WIDTH,) an object plus the object times its place; the code of a scene is the sum over its items."""
    return _object(item.thing, item.colour) * (1 + _direction(2 * item.x - 1, 2 * item.y - 1))


def statement_code(statement: Statement) -> Code:
    """(WIDTH,) the sum over all mentions, and over those with a place or a relation times its direction."""
    objects = [_mentioned(mention) for mention in statement.mentions]
    code: Code = np.sum(objects, axis=0, dtype=np.float32)
    if statement.place:
        code += objects[0] * _direction(*PLACES[statement.place]) / 2
    if statement.relation:
        code += (objects[0] - objects[1]) * _direction(*RELATIONS[statement.relation]) / 2
    return code


def _mentioned(mention: Mention) -> Code:
    if mention.thing and mention.colour:
        return _object(mention.thing, mention.colour)
    single: Code = _THING[mention.thing] if mention.thing else _COLOUR[str(mention.colour)]
    return single


def _object(thing: str, colour: str) -> Code:
    code: Code = _THING[thing] * _COLOUR[colour] + _SINGLE_WEIGHT * (_THING[thing] + _COLOUR[colour])
    return code


def _direction(x: float, y: float) -> Code:
    direction: Code = _PLACE_WEIGHT * (x * _RIGHTWARDS + y * _DOWNWARDS)
    return direction
