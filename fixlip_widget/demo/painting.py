"""Painting scenes: sprites are tinted, placed by `grid_sample` and laid over the backdrop, a batch at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from fixlip_widget.demo.scenes import Scenes
from fixlip_widget.demo.things import COLOURS

RGB = {
    "red": (0.86, 0.16, 0.20),
    "orange": (0.95, 0.52, 0.10),
    "yellow": (0.96, 0.82, 0.15),
    "green": (0.20, 0.66, 0.30),
    "blue": (0.16, 0.42, 0.86),
    "purple": (0.52, 0.25, 0.72),
    "pink": (0.97, 0.52, 0.70),
    "black": (0.14, 0.14, 0.16),
}
LUMINANCE = (0.299, 0.587, 0.114)
_SHADOW, _HIGHLIGHT = 1.0, 0.8
"""How far shades darker and lighter than the mean of a sprite go towards black and white."""


def paint(scenes: Scenes, sprites: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The pictures (b, 3, size, size) in 0 … 1, and the opacity (b, K, size, size) of what is visible of each item.

    Args:
        scenes: b scenes.
        sprites: (things, families, 4, side, side) uint8, on the device of the scenes.
        size: pixels of the pictures.
    """
    shown = scenes.shown  # (b, K)
    drawings = tinted(sprites[scenes.thing[shown], scenes.family[shown]], scenes.colour[shown])  # (m, 4, s, s)
    drawings[:, :3] *= drawings[:, 3:]  # premultiplied by opacity
    placed = place(
        drawings,
        scenes.position[shown],
        scenes.size[shown],
        scenes.turn[shown],
        size,
    )  # (m, 4, size, size)
    layers = placed.new_zeros(*shown.shape, *placed.shape[1:])  # (b, K, 4, size, size)
    layers[shown] = placed
    picture = F.interpolate(scenes.backdrop, (size, size), mode="bicubic", align_corners=False).clamp(0, 1)
    visible: list[Tensor] = []
    for layer in layers.unbind(1):  # premultiplied RGBA (b, 4, size, size), from the back to the front
        alpha = layer[:, 3:]  # (b, 1, size, size)
        picture = torch.addcmul(layer[:, :3], 1 - alpha, picture)
        visible = [earlier * (1 - alpha[:, 0]) for earlier in visible] + [alpha[:, 0]]
    return picture.clamp(0, 1), torch.stack(visible, 1)


def tinted(sprites: Tensor, colour: Tensor) -> Tensor:
    """uint8 RGBA sprites (m, 4, s, s) → float32 ones in 0 … 1, tinted where the colour (m,) is not 0.

    A tint keeps the shades of a sprite relative to their mean, so that dark things, too, have a colour that is seen.
    """
    pixels = sprites.float() / 255  # (m, 4, s, s)
    rgb, alpha = pixels[:, :3], pixels[:, 3:]
    is_tinted = colour > 0  # (m,)
    own, opacity = rgb[is_tinted], alpha[is_tinted]  # (t, 3, s, s), (t, 1, s, s)
    shade = (own * own.new_tensor(LUMINANCE)[:, None, None]).sum(1, keepdim=True)  # (t, 1, s, s)
    mean = (shade * opacity).sum((2, 3), keepdim=True) / opacity.sum((2, 3), keepdim=True).clamp(min=1e-6)
    darker, lighter = (shade - mean).clamp(max=0), (shade - mean).clamp(min=0)
    table = own.new_tensor([RGB[name] for name in COLOURS])  # (colours, 3)
    base = table[colour[is_tinted] - 1][..., None, None]  # (t, 3, 1, 1)
    rgb[is_tinted] = (base * (1 + _SHADOW * darker) + (1 - base) * _HIGHLIGHT * lighter).clamp(0, 1)
    return pixels


def place(sprites: Tensor, position: Tensor, size: Tensor, turn: Tensor, side: int) -> Tensor:
    """Sprites (m, 4, s, s) at positions (m, 2), with sizes and turns (m,) → pictures (m, 4, side, side)."""
    x, y = (2 * position - 1).unbind(-1)  # each (m,)
    cos, sin = turn.cos() / size, turn.sin() / size
    theta = torch.stack([cos, -sin, sin * y - cos * x, sin, cos, -sin * x - cos * y], -1).view(-1, 2, 3)
    grid = F.affine_grid(theta, [len(sprites), 4, side, side], align_corners=False)  # (m, side, side, 2)
    return F.grid_sample(sprites, grid, align_corners=False)
