"""Scenes of different things in different colours on a 2 × 2 grid, for the pointing game."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from fixlip_widget.demo.model import IMAGE_SIZE
from fixlip_widget.demo.painting import paint
from fixlip_widget.demo.scenes import MAX_ITEMS, QUADRANTS, Scenes, draw_scenes, is_unseen
from fixlip_widget.demo.sprites import sprites
from fixlip_widget.demo.things import COLOURS, THINGS


@dataclass(frozen=True)
class GridScene:
    """One scene and what it shows.

    Attributes:
        scenes: a batch of one.
        things: words of the things that are shown.
        colours: their colours, all different.
        quadrants: where they are, 0 to 3, row by row.
        absent: a thing and a colour for each of MAX_ITEMS that are not shown.
    """

    scenes: Scenes
    things: tuple[str, ...]
    colours: tuple[str, ...]
    quadrants: tuple[int, ...]
    absent: tuple[tuple[str, str], ...]

    def render(self) -> Image.Image:
        """The picture at the size of the encoder."""
        pixels = paint(self.scenes, sprites(), IMAGE_SIZE)[0][0]  # (3, size, size)
        return Image.fromarray((255 * pixels).round().byte().permute(1, 2, 0).numpy())

    def caption(self, n_named: int) -> str:
        """The caption that names the first things by kind and colour."""
        return name_all(list(zip(self.things, self.colours, strict=True))[:n_named])

    def absent_caption(self, n_named: int) -> str:
        """A caption of as many things, none of which is shown, in colours that are not shown."""
        return name_all(list(self.absent)[:n_named])


def draw_grid_scene(seed: int, n_items: int) -> GridScene:
    """The scene of a seed, of 1 to 4 tinted things, none of which is an unseen combination."""
    generator = torch.Generator().manual_seed(seed)
    scenes = draw_scenes(generator, 1, p_overlap=0.0)
    rng = np.random.default_rng(seed)
    while True:
        things = torch.from_numpy(rng.choice(len(THINGS), size=2 * MAX_ITEMS, replace=False))
        colours = torch.from_numpy(rng.permutation(len(COLOURS))) + 1
        if not is_unseen(things, colours).any():
            break
    cells = rng.permutation(len(QUADRANTS))
    jitter = torch.from_numpy(rng.uniform(-0.03, 0.03, (1, MAX_ITEMS, 2))).float()
    scenes = scenes.replace(
        count=torch.tensor([n_items]),
        thing=things[None, :MAX_ITEMS],
        colour=colours[None, :MAX_ITEMS],
        position=torch.tensor(QUADRANTS)[cells][None] + jitter,
        size=torch.from_numpy(rng.uniform(0.34, 0.42, (1, MAX_ITEMS))).float(),
    )
    words = [(THINGS[t], COLOURS[c - 1]) for t, c in zip(things.tolist(), colours.tolist(), strict=True)]
    shown = words[:n_items]
    return GridScene(
        scenes,
        tuple(thing for thing, _ in shown),
        tuple(colour for _, colour in shown),
        tuple(int(cell) for cell in cells[:n_items]),
        tuple(words[MAX_ITEMS:]),
    )


def name_all(named: list[tuple[str, str]]) -> str:
    """A caption such as "a red cat, an orange fox and a blue owl"."""
    phrases = [f"{'an' if colour[0] in 'aeiou' else 'a'} {colour} {thing}" for thing, colour in named]
    return " and ".join([*([", ".join(phrases[:-1])] if phrases[1:] else []), phrases[-1]])
