"""Held-out questions to the encoder: which of two captions is true, and which of many is this picture's.

Every question is a function of its seed; the seeds differ from those of training, which are small.
"""

from dataclasses import dataclass

import open_clip
import torch
import torch.nn.functional as F
from torch import Tensor

from fixlip_widget.demo.captions import Styles, caption_ids, draw_styles
from fixlip_widget.demo.model import GRID, IMAGE_SIZE
from fixlip_widget.demo.painting import paint
from fixlip_widget.demo.rows import Rows
from fixlip_widget.demo.scenes import Scenes, draw_scenes, is_unseen
from fixlip_widget.demo.statements import (
    KINDS,
    Statements,
    draw_order,
    draw_statements,
    falsehoods,
    full_statements,
    may_be_true,
)
from fixlip_widget.demo.things import COLOURS, THINGS
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches, encode_words

SEED = 2**40
GALLERY = 256
_CLAIMED = ("relation", "place", "overlap")
_BLOCK = 64  # pictures or captions encoded at once


@dataclass(frozen=True)
class Choices(Rows):
    """The ids of a true and of a false caption for each of n scenes.

    Attributes:
        true: (n, context) int64.
        false: (n, context) int64.
    """

    true: Tensor
    false: Tensor


def draw_choices(kind: str, count: int, *, unseen: bool = False) -> tuple[Scenes, Choices]:
    """`count` scenes, each with a true caption and one that is false in one respect; chance is 0.5.

    Args:
        kind: of KINDS, how the false caption differs from the true one.
        count: number of scenes.
        unseen: whether the captions differ in an object whose combination of thing and tint is not in training.
    """
    k = KINDS.index(kind)
    generator = torch.Generator().manual_seed(SEED + 1000 * k + unseen)
    scenes: list[Scenes] = []
    choices: list[Choices] = []
    found = 0
    while found < count:
        drawn = draw_scenes(generator, 512)
        if unseen:
            drawn = _with_unseen(generator, drawn)
        order = draw_order(generator, drawn)
        if unseen:  # it comes first, as changes are made to the first mention
            order = torch.arange(order.shape[1]).expand(len(drawn), -1)
        said = draw_statements(generator, drawn, order) if kind in _CLAIMED else full_statements(drawn, order)
        changed, valid = falsehoods(generator, said, drawn)
        styles = draw_styles(generator, len(drawn))
        rows = valid[:, k].nonzero().flatten()[: count - found]
        true, false = (caption_ids(s[rows], styles[rows]) for s in (said, changed[k]))
        scenes.append(drawn[rows])
        choices.append(Choices(true, false))
        found += len(rows)
    return Scenes.concatenate(*scenes), Choices.concatenate(*choices)


def draw_gallery(index: int) -> tuple[Scenes, Statements, Styles]:
    """GALLERY held-out scenes with plain statements of all their items."""
    generator = torch.Generator().manual_seed(SEED + 10**6 + index)
    scenes = draw_scenes(generator, GALLERY)
    return scenes, full_statements(scenes, draw_order(generator, scenes)), draw_styles(generator, GALLERY)


@torch.inference_mode()
def choice_accuracy(model: open_clip.CLIP, scenes: Scenes, choices: Choices, sprites: Tensor) -> float:
    """Share of choices in which the true caption is more similar to the picture than the false one."""
    images = encode_scenes(model, scenes, sprites)  # (n, d)
    true, false = encode_ids(model, choices.true), encode_ids(model, choices.false)  # (n, d)
    return float(((images * true).sum(1) > (images * false).sum(1)).float().mean())


@torch.inference_mode()
def retrieval_accuracy(model: open_clip.CLIP, sprites: Tensor, galleries: int, *, keep: float = 1.0) -> float:
    """Recall@1 of the caption of a picture among GALLERY, with each patch kept with probability `keep`.

    Captions of other pictures that may be true of it are left out.
    """
    masks = torch.Generator().manual_seed(SEED)
    recalls = []
    for index in range(galleries):
        scenes, statements, styles = draw_gallery(index)
        kept = torch.rand(GALLERY, GRID * GRID, generator=masks) < keep  # (GALLERY, patches)
        images, captions = (
            encode_scenes(model, scenes, sprites, kept),
            encode_ids(model, caption_ids(statements, styles)),
        )
        others = may_be_true(statements, scenes).fill_diagonal_(False)
        best = (images @ captions.T).masked_fill(others, -1.0).argmax(dim=1)  # (GALLERY,)
        recalls.append((best == torch.arange(GALLERY)).float().mean())
    return float(torch.stack(recalls).mean())


def encode_scenes(model: open_clip.CLIP, scenes: Scenes, sprites: Tensor, kept: Tensor | None = None) -> Tensor:
    """Scenes → unit embeddings (n, d), of the patches `kept` (n, patches) bool only.

    With sprites (things, 1, 4, side, side) all things are by this one hand.
    """
    scenes = scenes.replace(family=scenes.family.clamp(max=sprites.shape[1] - 1))
    parts = []
    for start in range(0, len(scenes), _BLOCK):
        rows = slice(start, start + _BLOCK)
        pixels = 2 * paint(scenes[rows], sprites, IMAGE_SIZE)[0] - 1  # (block, 3, size, size)
        patches = embed_patches(model.visual, pixels)  # (block, patches, width)
        patches = patches if kept is None else patches * kept[rows][..., None]
        parts.append(F.normalize(encode_patches(model.visual, patches).float(), dim=-1))
    return torch.cat(parts)


def encode_ids(model: open_clip.CLIP, ids: Tensor) -> Tensor:
    """Padded ids (n, L) → unit embeddings (n, d)."""
    parts = []
    for block in torch.split(ids, _BLOCK):
        block = block[:, : int((block != 0).sum(1).max())]
        everything = torch.ones_like(block, dtype=torch.bool)
        parts.append(F.normalize(encode_words(model, block, everything).float(), dim=-1))
    return torch.cat(parts)


def _with_unseen(generator: torch.Generator, scenes: Scenes) -> Scenes:
    """The scenes with an unseen combination as their first item."""
    things, colours = torch.meshgrid(torch.arange(len(THINGS)), torch.arange(1, len(COLOURS) + 1), indexing="ij")
    combinations = torch.stack([things, colours], -1)[is_unseen(things, colours)]  # (n, 2)
    drawn = combinations[torch.randint(len(combinations), (len(scenes),), generator=generator)]  # (b, 2)
    thing, colour = scenes.thing.clone(), scenes.colour.clone()
    thing[:, 0], colour[:, 0] = drawn.unbind(1)
    return scenes.replace(thing=thing, colour=colour)
