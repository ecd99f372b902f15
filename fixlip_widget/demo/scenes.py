"""Random scenes of coloured things, rendered at any size, with a mask of every object."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fixlip_widget.demo.sprites import COLOURS, SPRITE, THINGS, Rgb, sprite

UNSEEN: frozenset[tuple[str, str]] = frozenset(zip(THINGS[1::2], COLOURS, strict=True))
"""Held-out combinations of thing and colour, one of every colour, which do not occur in training."""
SEEN: tuple[tuple[str, str], ...] = tuple(
    (thing, colour) for thing in THINGS for colour in COLOURS if (thing, colour) not in UNSEEN
)
_BACKDROP_SIDE = 5  # pixels of the backdrop before it is upsampled
_MARGIN = 0.02  # smallest distance between boxes, and from a box to the border, as a share of the side


@dataclass(frozen=True)
class Item:
    """One object; lengths are shares of the image side, and `angle` is in degrees, counter-clockwise."""

    thing: str
    colour: str
    x: float
    y: float
    size: float
    angle: float = 0.0
    mirrored: bool = False


@dataclass(frozen=True)
class Backdrop:
    """A gradient of two light colours along a direction in degrees, with smooth noise seeded by `seed`."""

    near: Rgb
    far: Rgb
    direction: float
    seed: int


@dataclass(frozen=True)
class Scene:
    """Items on a backdrop; later items cover earlier ones."""

    items: tuple[Item, ...]
    backdrop: Backdrop


def draw_backdrop(rng: np.random.Generator) -> Backdrop:
    """A random backdrop of light colours."""
    near, far = (_pastel(rng) for _ in range(2))
    return Backdrop(near, far, float(rng.uniform(0, 360)), int(rng.integers(2**31)))


def draw_scene(rng: np.random.Generator, n_items: int, *, gridded: bool) -> Scene:
    """A scene of 1 to 4 different objects of SEEN, on a 2×2 grid or anywhere, without overlap."""
    kinds = [SEEN[int(k)] for k in rng.choice(len(SEEN), size=n_items, replace=False)]
    boxes = _grid_boxes(rng, n_items) if gridded else _free_boxes(rng, n_items)
    items = tuple(
        Item(thing, colour, x, y, size, float(rng.uniform(-25, 25)), bool(rng.random() < 0.5))
        for (thing, colour), (x, y, size) in zip(kinds, boxes, strict=True)
    )
    return Scene(items, draw_backdrop(rng))


def draw_grid_scene(rng: np.random.Generator, n_items: int) -> Scene:
    """A scene on a 2×2 grid, with no thing and no colour twice and without UNSEEN combinations."""
    while True:
        scene = draw_scene(rng, n_items, gridded=True)
        things = [str(thing) for thing in rng.choice(THINGS, size=n_items, replace=False)]
        colours = [str(colour) for colour in rng.choice(list(COLOURS), size=n_items, replace=False)]
        if not set(zip(things, colours, strict=True)) & UNSEEN:
            kinds = zip(scene.items, things, colours, strict=True)
            return replace(scene, items=tuple(replace(i, thing=t, colour=c) for i, t, c in kinds))


def quadrant(x: float, y: float) -> int:
    """The quadrant of a point, 0 to 3, row by row; coordinates are shares of the side."""
    return 2 * (y >= 0.5) + (x >= 0.5)


def render(scene: Scene, size: int) -> Image.Image:
    """The scene as an RGB image of `size` × `size` pixels."""
    return paint(scene, size)[0]


def paint(scene: Scene, size: int) -> tuple[Image.Image, NDArray[np.uint8]]:
    """The rendered scene, and an index map (size, size).

    The index is i + 1 where item i is the topmost one that covers at least half of the pixel, and 0 elsewhere.
    """
    canvas = _paint_backdrop(scene.backdrop, size)
    owners = Image.new("L", (size, size), 0)
    for index, item in enumerate(scene.items):
        stamp, (left, top) = _stamp(item, size)
        alpha = stamp.getchannel("A")
        box = (left, top, left + stamp.width, top + stamp.height)
        canvas.paste(stamp, box, alpha)
        owners.paste(index + 1, box, alpha.point(_HALF))
    return canvas, np.asarray(owners)


_HALF = [0] * 128 + [255] * 128


def _stamp(item: Item, size: int) -> tuple[Image.Image, tuple[int, int]]:
    """The item as an RGBA image for a scene of this size, sub-pixel offset included, and its top left corner."""
    side = item.size * size
    level = max(0, min(5, math.floor(math.log2(SPRITE / side))))
    source = sprite(item.thing, item.colour, level)
    turn = math.radians(item.angle)
    reach = side / 2 * (abs(math.cos(turn)) + abs(math.sin(turn)))
    left, top = math.floor(item.x * size - reach), math.floor(item.y * size - reach)
    width = math.ceil(item.x * size + reach) - left
    height = math.ceil(item.y * size + reach) - top
    zoom = source.width / side
    flip = -1 if item.mirrored else 1
    a, b = flip * zoom * math.cos(turn), -flip * zoom * math.sin(turn)
    d, e = zoom * math.sin(turn), zoom * math.cos(turn)
    cx, cy = item.x * size - left, item.y * size - top
    middle = source.width / 2
    affine = (a, b, middle - a * cx - b * cy, d, e, middle - d * cx - e * cy)
    stamp = source.transform((width, height), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR)
    return stamp, (left, top)


def _paint_backdrop(backdrop: Backdrop, size: int) -> Image.Image:
    angle = math.radians(backdrop.direction)
    steps = np.linspace(-0.7, 0.7, _BACKDROP_SIDE)
    blend = 0.5 + steps[None, :] * math.cos(angle) / 2 + steps[:, None] * math.sin(angle) / 2  # (s, s)
    near, far = np.array(backdrop.near, float), np.array(backdrop.far, float)
    clouds = np.random.default_rng(backdrop.seed).normal(0, 2.5, (_BACKDROP_SIDE, _BACKDROP_SIDE, 1))
    sheet = near + (far - near) * blend[..., None] + clouds  # (s, s, 3)
    pixels = np.clip(sheet, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)


def _pastel(rng: np.random.Generator) -> Rgb:
    hue, tint = rng.uniform(0, 2 * math.pi), rng.uniform(6, 24)
    light = rng.uniform(226, 245)
    r, g, b = (round(min(255.0, light + tint * math.cos(hue - turn))) for turn in (0, 2.094, 4.189))
    return r, g, b


def _grid_boxes(rng: np.random.Generator, n_items: int) -> list[tuple[float, float, float]]:
    cells = rng.permutation(4)[:n_items]
    boxes = []
    for cell in cells:
        size = float(rng.uniform(0.3, 0.4))
        slack = (0.5 - size) / 2 * 0.6
        x, y = (0.25 + 0.5 * part + float(rng.uniform(-slack, slack)) for part in (cell % 2, cell // 2))
        boxes.append((float(x), float(y), size))
    return boxes


def _free_boxes(rng: np.random.Generator, n_items: int) -> list[tuple[float, float, float]]:
    largest = (0.6, 0.46, 0.4, 0.36)[n_items - 1]
    while True:
        boxes: list[tuple[float, float, float]] = []
        for _ in range(12 * n_items):
            size = float(rng.uniform(0.26, largest))
            half = size / 2 + _MARGIN
            x, y = (float(v) for v in rng.uniform(half, 1 - half, 2))
            if all(max(abs(x - u), abs(y - v)) >= (size + s) / 2 + _MARGIN for u, v, s in boxes):
                boxes.append((x, y, size))
                if len(boxes) == n_items:
                    return boxes
