"""What is to be known of a scene or a statement, as one vector: the lesson that both towers start from.

Vector-symbolic codes after Gayler's multiply-add-permute: a colour and a thing are bound by multiplication, objects are
added up, and a place multiplies its object by the direction it lies in. The inner product of a scene's and a
statement's code then counts the objects they share, weighed by how well they lie where they are said to lie.
"""

import numpy as np
from numpy.typing import NDArray

from fixlip_widget.demo.model import EMBED_DIM
from fixlip_widget.demo.scenes import Item
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import PLACES, RELATIONS, Mention, Statement

Code = NDArray[np.float32]

WIDTH = EMBED_DIM
_ALONE = 0.5  # of a colour or a thing by itself, beside the two bound
_PLACED = 1.5  # of an object half a side away from the middle, beside the object itself
_SEED = 1
_signs = (
    2 * np.random.default_rng(_SEED).integers(2, size=(len(COLOURS) + len(THINGS) + 2, WIDTH)).astype(np.float32) - 1
)
_COLOUR = dict(zip(COLOURS, _signs, strict=False))
_THING = dict(zip(THINGS, _signs[len(COLOURS) :], strict=False))
_RIGHTWARDS, _DOWNWARDS = _signs[-2:]


def item_code(item: Item) -> Code:
    """(WIDTH,): an object, and the object where it is; a scene is the sum of its items, each as far as it shows."""
    return _object(item.thing, item.colour) * (1 + _towards(2 * item.x - 1, 2 * item.y - 1))


def statement_code(statement: Statement) -> Code:
    """(WIDTH,): every mention, and those that are said to lie somewhere, there."""
    objects = [_named(mention) for mention in statement.mentions]
    code: Code = np.sum(objects, axis=0, dtype=np.float32)
    if statement.place:
        code += objects[0] * _towards(*PLACES[statement.place]) / 2
    if statement.relation:
        code += (objects[0] - objects[1]) * _towards(*RELATIONS[statement.relation]) / 2
    return code


def _named(mention: Mention) -> Code:
    if mention.thing and mention.colour:
        return _object(mention.thing, mention.colour)
    alone: Code = _THING[mention.thing] if mention.thing else _COLOUR[str(mention.colour)]
    return alone


def _object(thing: str, colour: str) -> Code:
    bound: Code = _THING[thing] * _COLOUR[colour] + _ALONE * (_THING[thing] + _COLOUR[colour])
    return bound


def _towards(x: float, y: float) -> Code:
    direction: Code = _PLACED * (x * _RIGHTWARDS + y * _DOWNWARDS)
    return direction
