"""Training batches of scenes, captions, hard negatives and patch labels, each a function of its seed.

A twin is a scene that follows another one and differs from it in two items whose colours, things or places are
exchanged, so that a batch has images whose captions differ only in how words are combined.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from fixlip_widget.demo.captions import Style, draw_style, phrase
from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.model import GRID, IMAGE_SIZE
from fixlip_widget.demo.scenes import UNSEEN, Item, Scene, draw_backdrop, draw_scene, paint
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import CLEAR, NEGATIVES, Statement, draw_statement, falsehoods, is_true
from fixlip_widget.demo.training.codes import WIDTH, item_code, statement_code
from fixlip_widget.demo.training.plan import Plan

N_NEGATIVES, MAX_ITEMS = 2, 4
_COLOUR_INDEX = {colour: i + 1 for i, colour in enumerate(COLOURS)}
_THING_INDEX = {thing: i + 1 for i, thing in enumerate(THINGS)}
_MIN_COVERAGE = 0.2  # share of a patch's pixels above which the patch is labelled with the object that covers them


class Batch(NamedTuple):
    """b scenes with captions.

    Attributes:
        pixels: (b, size, size, 3) uint8.
        ids: (b, 1 + negatives, L) int64, the caption and its hard negatives.
        false_negatives: (b, b) bool, where the caption of another scene j is not clearly false of scene i.
        colours: (b, patches) int64 labels, 0 for the backdrop.
        things: (b, patches) int64 labels, 0 for the backdrop.
        item_codes: (b, MAX_ITEMS, WIDTH) float32, zero where a scene has fewer items.
        item_patches: (b, MAX_ITEMS, patches) float32, the share of each item's visible pixels in each patch.
        caption_codes: (b, 1 + negatives, WIDTH) float32.
    """

    pixels: Tensor
    ids: Tensor
    false_negatives: Tensor
    colours: Tensor
    things: Tensor
    item_codes: Tensor
    item_patches: Tensor
    caption_codes: Tensor


class Batches(Dataset[Batch]):
    """The batches of a plan by step, for the process of this rank."""

    def __init__(self, plan: Plan, rank: int = 0) -> None:
        self._plan, self._rank = plan, rank
        self._tokenizer = DemoTokenizer()

    def __len__(self) -> int:
        return self._plan.steps

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng((self._plan.seed, self._rank, step))
        return draw_batch(rng, self._plan.batch_size_at(step), self._plan.max_items_at(step), self._tokenizer)


def draw_batch(rng: np.random.Generator, size: int, max_items: int, tokenizer: DemoTokenizer) -> Batch:
    """`size` scenes of up to `max_items` items with captions; about half of the scenes are followed by a twin."""
    pairs: list[tuple[Scene, Statement, Style]] = []
    while len(pairs) < size:
        scene = draw_scene(rng, int(rng.integers(1, max_items + 1)), gridded=bool(rng.random() < 0.5))
        statement, style = draw_statement(rng, scene), draw_style(rng)
        pairs.append((scene, statement, style))
        if rng.random() < 0.5 and len(scene.items) > 1 and len(pairs) < size:
            twin = draw_twin(rng, scene)
            pairs.append((twin, _twin_statement(rng, statement, scene, twin), style))
    statements = [[statement, *draw_negatives(rng, statement, scene, N_NEGATIVES)] for scene, statement, _ in pairs]
    texts = [[phrase(s, style) for s in row] for row, (_, _, style) in zip(statements, pairs, strict=True)]
    ids = torch.tensor([[tokenizer.padded(text) for text in row] for row in texts])  # (b, 1 + k, context)
    item_codes = np.zeros((size, MAX_ITEMS, WIDTH), np.float32)
    item_patches = np.zeros((size, MAX_ITEMS, GRID * GRID), np.float32)
    caption_codes = np.stack([[statement_code(s) for s in row] for row in statements])  # (b, 1 + k, WIDTH)
    longest = int((ids != 0).sum(dim=-1).max())
    painted = [paint(scene, IMAGE_SIZE) for scene, _, _ in pairs]
    pixels = np.stack([np.asarray(picture) for picture, _ in painted])  # (b, size, size, 3)
    labels = np.stack(
        [_patch_labels(scene, owners) for (scene, _, _), (_, owners) in zip(pairs, painted, strict=True)]
    )  # (b, 2, patches)
    for row, ((scene, _, _), (_, owners)) in enumerate(zip(pairs, painted, strict=True)):
        item_codes[row, : len(scene.items)] = [item_code(item) for item in scene.items]
        item_patches[row, : len(scene.items)] = _patch_shares(owners, len(scene.items))
    colours, things = torch.from_numpy(labels).unbind(dim=1)
    codes = (torch.from_numpy(array) for array in (item_codes, item_patches, caption_codes))
    return Batch(torch.from_numpy(pixels), ids[..., :longest], _false_negatives(pairs), colours, things, *codes)


def draw_twin(rng: np.random.Generator, scene: Scene) -> Scene:
    """The scene with the colours, things or places of two items exchanged, on a new backdrop and without UNSEEN."""
    while True:
        i, j = (int(k) for k in rng.permutation(len(scene.items))[:2])
        a, b = scene.items[i], scene.items[j]
        match int(rng.integers(3)):
            case 0:
                a, b = replace(a, colour=b.colour), replace(b, colour=a.colour)
            case 1:
                a, b = replace(a, thing=b.thing), replace(b, thing=a.thing)
            case _:
                a, b = replace(a, x=b.x, y=b.y, size=b.size), replace(b, x=a.x, y=a.y, size=a.size)
        if not {(a.thing, a.colour), (b.thing, b.colour)} & UNSEEN:
            changed: dict[int, Item] = {i: a, j: b}
            return Scene(tuple(changed.get(k, item) for k, item in enumerate(scene.items)), draw_backdrop(rng))


def draw_negatives(rng: np.random.Generator, statement: Statement, scene: Scene, count: int) -> list[Statement]:
    """`count` statements that are clearly false of the scene, of different kinds where possible, without UNSEEN."""
    drawn: list[Statement] = []
    kinds = list(NEGATIVES)
    # Swaps teach binding; few statements have a place or a relation that could be changed.
    weights = np.array([1.0, 1.0, 0.5, 0.5, 2.0, 2.0])  # by kind
    order = rng.choice(len(kinds), size=len(kinds), replace=False, p=weights / weights.sum())
    while len(drawn) < count:
        for k in order:
            options = list(NEGATIVES[kinds[int(k)]](statement))
            shuffled = (options[int(o)] for o in rng.permutation(len(options)))
            allowed = (o for o in shuffled if not any((m.thing, m.colour) in UNSEEN for m in o.mentions))
            negative = next((o for o in allowed if not is_true(o, scene, -CLEAR)), None)
            if negative and len(drawn) < count:
                drawn.append(negative)
    return drawn


def _twin_statement(rng: np.random.Generator, statement: Statement, scene: Scene, twin: Scene) -> Statement:
    """A negative of the scene's statement that is true of its twin, or any statement where there is none."""
    for kind in ("relation", "place", "colour swap", "thing swap"):
        for negative in falsehoods(statement, scene, kind):
            if is_true(negative, twin, CLEAR):
                return negative
    return draw_statement(rng, twin)


def _false_negatives(pairs: list[tuple[Scene, Statement, Style]]) -> Tensor:
    shown = [frozenset(word for i in scene.items for word in (i.thing, i.colour)) for scene, _, _ in pairs]
    named = [frozenset(word for m in s.mentions for word in (m.thing, m.colour) if word) for _, s, _ in pairs]
    table = torch.zeros(len(pairs), len(pairs), dtype=torch.bool)  # (b, b)
    for i, (scene, _, _) in enumerate(pairs):
        for j, (_, statement, _) in enumerate(pairs):
            # The first conditions are a cheap filter.
            if i != j and named[j] <= shown[i] and len(statement.mentions) <= len(scene.items):
                table[i, j] = is_true(statement, scene, -CLEAR)
    return table


def _patch_shares(owners: NDArray[np.uint8], n_items: int) -> NDArray[np.float32]:
    """(n_items, patches): the share of each item's visible pixels in each patch."""
    side = IMAGE_SIZE // GRID
    patches = owners.reshape(GRID, side, GRID, side)
    pixels = np.stack([(patches == k + 1).sum(axis=(1, 3)).ravel() for k in range(n_items)])  # (n_items, patches)
    shares: NDArray[np.float32] = (pixels / pixels.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _patch_labels(scene: Scene, owners: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(2, patches): colour and thing of the object that covers most of each patch, or 0."""
    side = IMAGE_SIZE // GRID
    patches = owners.reshape(GRID, side, GRID, side)
    shares = np.stack([(patches == k + 1).mean(axis=(1, 3)) for k in range(len(scene.items))])  # (n, g, g)
    owner = np.where(shares.max(axis=0) >= _MIN_COVERAGE, shares.argmax(axis=0) + 1, 0).ravel()  # (patches,)
    colours = np.array([0, *(_COLOUR_INDEX[item.colour] for item in scene.items)])
    things = np.array([0, *(_THING_INDEX[item.thing] for item in scene.items)])
    return np.stack([colours[owner], things[owner]])
