"""Training batches of scenes, captions, false captions, codes and patch labels, each a function of its seed.

Most scenes of the second half of a batch are twins of those of the first half: they differ in two things whose
colours, kinds or places are exchanged, so that a batch has pictures whose captions differ only in how words combine.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from fixlip_widget.demo.captions import Styles, caption_ids, draw_styles
from fixlip_widget.demo.lexicon import PADDING
from fixlip_widget.demo.model import GRID, IMAGE_SIZE
from fixlip_widget.demo.painting import paint
from fixlip_widget.demo.scenes import Scenes, draw_scenes, twins
from fixlip_widget.demo.sprites import sprites
from fixlip_widget.demo.statements import Statements, draw_order, draw_statements, falsehoods, may_be_true
from fixlip_widget.demo.training.codes import Codes

N_NEGATIVES = 2
P_TWIN = 0.7
"""Share of the scenes of several things that have a twin, where one is possible."""
_KIND_WEIGHTS = (2.0, 2.0, 1.0, 1.5, 2.0, 2.0, 4.0)
"""How often each kind of falsehood is drawn where it is possible, relative to the others."""
_MIN_COVERAGE = 0.2  # share of a patch above which it is labelled with the item that covers most of it
_CHUNK = 32  # scenes painted at once on a CPU, which fit into its cache


@dataclass(frozen=True)
class Batch:
    """b scenes with captions.

    Attributes:
        pixels: (b, 3, size, size) float32, from −1 to 1.
        ids: (b, 1 + negatives, L) int64, the caption and false ones.
        missing: (b, negatives) bool, where there is no false caption.
        may_be_true: (b, b) bool, where the caption of another scene j is not clearly false of scene i.
        things: (b, patches) int64 labels, 0 for the backdrop.
        colours: (b, patches) int64 labels, 0 for the backdrop, 1 for own colours.
        owners: (b, patches) int64, the item that covers most of a patch, −1 for the backdrop.
        item_codes: (b, K, d) float32.
        item_patches: (b, K, patches) float32, the share of the visible part of each item in each patch.
        caption_codes: (b, 1 + negatives, d) float32.
    """

    pixels: Tensor
    ids: Tensor
    missing: Tensor
    may_be_true: Tensor
    things: Tensor
    colours: Tensor
    owners: Tensor
    item_codes: Tensor
    item_patches: Tensor
    caption_codes: Tensor


def draw_batch(seed: int, b: int, max_items: int, codes: Codes, device: torch.device) -> Batch:
    """The batch of a seed; `b` is even. On another kind of device it has other scenes."""
    generator = torch.Generator(device).manual_seed(seed)
    half = b // 2
    scenes = draw_scenes(generator, half, max_items)
    order = draw_order(generator, scenes)  # (b / 2, K)
    twin, has_twin = twins(generator, scenes, order)
    has_twin &= torch.rand(half, generator=generator, device=device) < P_TWIN
    other = twin.where(has_twin, draw_scenes(generator, half, max_items))
    other_order = torch.where(has_twin[:, None], order, draw_order(generator, other))
    # From the same state, so that twins are described in the same way.
    state = generator.get_state()
    said = draw_statements(generator, scenes, order)
    generator.set_state(state)
    scenes, statements = (
        Scenes.concatenate(scenes, other),
        Statements.concatenate(said, draw_statements(generator, other, other_order)),
    )
    styles = draw_styles(generator, half)
    return describe(generator, scenes, statements, Styles.concatenate(styles, styles), codes)


def describe(generator: torch.Generator, scenes: Scenes, statements: Statements, styles: Styles, codes: Codes) -> Batch:
    """Paint scenes, and write true and false statements of them."""
    false, missing = _draw_negatives(generator, statements, scenes)
    said = [statements, *false]
    ids = torch.stack([caption_ids(statement, styles) for statement in said], 1)  # (b, 1 + negatives, context)
    pixels, covered = _paint(scenes)
    share, owner = covered.max(1)  # each (b, patches)
    owned = share >= _MIN_COVERAGE
    return Batch(
        pixels=2 * pixels - 1,
        ids=ids[..., : int((ids != PADDING).sum(-1).max())],
        missing=missing,
        may_be_true=may_be_true(statements, scenes),
        things=torch.where(owned, scenes.thing.gather(1, owner) + 1, 0),
        colours=torch.where(owned, scenes.colour.gather(1, owner) + 1, 0),
        owners=torch.where(owned, owner, -1),
        item_codes=codes.of_items(scenes),
        item_patches=covered / covered.sum(-1, keepdim=True).clamp(min=1e-6),
        caption_codes=torch.stack([codes.of_statements(statement) for statement in said], 1),
    )


def _draw_negatives(
    generator: torch.Generator, statements: Statements, scenes: Scenes
) -> tuple[list[Statements], Tensor]:
    """N_NEGATIVES false statements of different kinds, and (b, N_NEGATIVES) bool, where there are not so many."""
    kinds, valid = falsehoods(generator, statements, scenes)  # valid (b, kinds)
    weights = torch.tensor(_KIND_WEIGHTS, device=valid.device) * valid + 1e-9  # (b, kinds)
    drawn = torch.multinomial(weights, N_NEGATIVES, generator=generator)  # (b, N_NEGATIVES)
    false = []
    for choice in drawn.unbind(1):
        statement = kinds[0]
        for index, kind in enumerate(kinds[1:], 1):
            statement = kind.where(choice == index, statement)
        false.append(statement)
    return false, ~valid.gather(1, drawn)


def _paint(scenes: Scenes) -> tuple[Tensor, Tensor]:
    """Pictures (b, 3, size, size) and the share of each patch that each item visibly covers (b, K, patches)."""
    device = scenes.count.device
    drawings = sprites(device=device)
    chunk = _CHUNK if device.type == "cpu" else len(scenes)
    parts = [paint(scenes[i : i + chunk], drawings, IMAGE_SIZE) for i in range(0, len(scenes), chunk)]
    pixels = torch.cat([picture for picture, _ in parts])  # (b, 3, size, size)
    covered = torch.cat([F.adaptive_avg_pool2d(opacity, GRID) for _, opacity in parts])  # (b, K, GRID, GRID)
    return pixels, covered.flatten(2)
