"""Scenes and their painting."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from fixlip_widget.demo.painting import paint, tinted
from fixlip_widget.demo.scenes import MAX_ITEMS, Scenes, draw_scenes, is_unseen
from fixlip_widget.demo.sprites import FAMILIES, FOLDER, SIDE, read_sprite, sprites
from fixlip_widget.demo.things import COLOURS, THINGS

DRAWINGS = sprites()


def one(thing: str, *, x: float, y: float, size: float, turn: float = 0.0, colour: int = 0, family: int = 0) -> Scenes:
    """A scene of one thing on a grey backdrop."""
    row = torch.zeros(1, MAX_ITEMS)
    return Scenes(
        count=torch.tensor([1]),
        thing=row.long() + THINGS.index(thing),
        colour=row.long() + colour,
        family=row.long() + family,
        position=torch.tensor([x, y]).expand(1, MAX_ITEMS, 2),
        size=row + size,
        turn=row + math.radians(turn),
        overlap=torch.tensor([False]),
        backdrop=torch.full((1, 3, 5, 5), 0.8),
    )


def test_scenes_are_functions_of_their_seed_without_unseen_combinations() -> None:
    first, again, other = (draw_scenes(torch.Generator().manual_seed(seed), 500) for seed in (1, 1, 2))
    assert torch.equal(first.thing, again.thing)
    assert torch.equal(first.backdrop, again.backdrop)
    assert not torch.equal(first.thing, other.thing)
    assert not is_unseen(first.thing, first.colour).any()
    kinds = first.thing * 10 + first.colour
    pairs = (kinds[:, :, None] == kinds[:, None]) & ~torch.eye(MAX_ITEMS, dtype=torch.bool)
    assert not pairs.any()
    assert ((first.thing[:, 0] == first.thing[:, 1]) & (first.count > 1)).float().mean() > 0.05
    assert {1, 2, 3, 4} == set(first.count.tolist())
    assert first.position.min() > 0
    assert first.position.max() < 1


def test_each_tint_of_about_a_sixteenth_of_the_things_is_unseen() -> None:
    things, colours = torch.meshgrid(torch.arange(len(THINGS)), torch.arange(9), indexing="ij")
    unseen = is_unseen(things, colours)
    assert not unseen[:, 0].any()
    assert unseen.sum(1).max() == 1
    assert unseen[:, 1:].float().mean(0) == pytest.approx(torch.full((8,), 1 / 16), abs=0.005)


@pytest.mark.parametrize(("turn", "x", "y"), [(0, 0.5, 0.5), (20, 0.35, 0.6), (-25, 0.7, 0.3)])
def test_a_painted_thing_is_where_pillow_pastes_it(turn: float, x: float, y: float) -> None:
    side, size = 160, 0.45
    picture, visible = paint(one("rocket", x=x, y=y, size=size, turn=turn), DRAWINGS, side)
    sprite = Image.fromarray(DRAWINGS[THINGS.index("rocket"), 0].permute(1, 2, 0).numpy())
    large = sprite.convert("RGBa").resize((round(size * side),) * 2, Image.Resampling.BILINEAR)
    stamp = large.rotate(turn, Image.Resampling.BILINEAR, expand=True).convert("RGBA")
    expected = Image.new("RGBA", (side, side), (204, 204, 204))
    expected.alpha_composite(stamp, (round(x * side - stamp.width / 2), round(y * side - stamp.height / 2)))
    difference = 255 * picture[0].permute(1, 2, 0).numpy() - np.asarray(expected)[..., :3]
    assert np.abs(difference).mean() < 2.5  # of 255; half a pixel elsewhere, edges differ
    assert visible[0, 0].sum() == pytest.approx(float(np.asarray(stamp)[..., 3].sum()) / 255, rel=0.03)
    assert not visible[0, 1:].any()


def test_later_things_cover_earlier_ones() -> None:
    scene = one("house", x=0.5, y=0.5, size=0.7)
    thing = scene.thing.clone()
    thing[:, 1] = THINGS.index("square")
    size = scene.size.clone()
    size[:, 1] = 0.3
    both = scene.replace(count=torch.tensor([2]), thing=thing, size=size)
    _, alone = paint(scene, DRAWINGS, 100)
    picture, visible = paint(both, DRAWINGS, 100)
    assert visible[0, 1, 50, 50] > 0.99
    assert visible[0, 0, 50, 50] < 0.01
    assert visible[0, 0, 75, 50] == pytest.approx(float(alone[0, 0, 75, 50]), abs=1e-5)
    assert (picture[0, 0, 50, 50] - picture[0, 2, 50, 50]) > 0.4  # the square is red


@pytest.mark.parametrize("colour", range(1, len(COLOURS) + 1))
def test_tints_are_recognizable_on_dark_and_light_things(colour: int) -> None:
    """The mean colour of a tinted thing is nearer to its own tint than to any other."""
    things = [THINGS.index(thing) for thing in ("hat", "gorilla", "ghost", "egg", "strawberry", "blueberries")]
    every = torch.arange(1, len(COLOURS) + 1).repeat_interleave(len(things))
    layers = tinted(DRAWINGS[things * len(COLOURS), 0], every)  # (m, 4, s, s)
    means = (layers[:, :3] * layers[:, 3:]).sum((2, 3)) / layers[:, 3:].sum((2, 3))  # (m, 3)
    means = means.view(len(COLOURS), len(things), 3)
    own = means[colour - 1]
    centres = means.mean(1)  # (colours, 3)
    assert (torch.cdist(own, centres).argmin(1) == colour - 1).all()


@pytest.mark.parametrize("thing", ["castle", "hat", "ghost", "tiger"])
def test_tints_keep_the_shades_of_a_thing(thing: str) -> None:
    own = DRAWINGS[THINGS.index(thing), 1]  # (4, s, s)
    blue = tinted(own[None], torch.tensor([COLOURS.index("blue") + 1]))[0]
    opaque = own[3] == 255
    shades = torch.stack([picture[:3].float().mean(0)[opaque] for picture in (own / 255, blue)])  # (2, pixels)
    assert torch.corrcoef(shades)[0, 1] > 0.9
    assert shades[1].std() > 0.3 * shades[0].std()


def test_every_thing_has_a_sprite_by_both_hands() -> None:
    assert DRAWINGS.shape == (len(THINGS), len(FAMILIES), 4, SIDE, SIDE)
    opaque = (DRAWINGS[:, :, 3] > 128).float().mean((2, 3))  # (things, families)
    assert opaque.min() > 0.04
    extent = torch.maximum((DRAWINGS[:, :, 3] > 20).any(2).sum(2), (DRAWINGS[:, :, 3] > 20).any(3).sum(2))
    assert extent.min() >= SIDE - 6
    pixels = DRAWINGS.float().flatten(2)
    assert torch.cdist(pixels[:, 0], pixels[:, 0]).fill_diagonal_(1e9).min() > 500  # no two things are alike
    assert read_sprite("fox", "fluent").shape == (4, 128, 128)


def test_the_sprites_are_small() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 4e6
