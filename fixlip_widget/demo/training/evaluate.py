"""Measure the bundled encoder on held-out scenes: `python -m fixlip_widget.demo.training.evaluate --out FILE`."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from fixlip_widget.demo.captions import draw_style, phrase
from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.model import GRID, IMAGE_SIZE, WEIGHTS, load_model
from fixlip_widget.demo.scenes import UNSEEN, Scene, draw_scene, render
from fixlip_widget.demo.statements import CLEAR, PLACES, RELATIONS, Mention, Statement, falsehoods, is_true
from fixlip_widget.demo.training.batches import draw_twin
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches

SEED = 2**40
"""Differs from the seeds of training, which are small."""
GALLERY_SIZE = 256


@dataclass(frozen=True)
class Choice:
    """A two-alternative forced choice: a scene with a true and a false caption."""

    scene: Scene
    true_caption: str
    false_caption: str


def choices(kind: str, count: int, *, unseen: bool = False) -> Iterator[Choice]:
    """Held-out choices; accuracy by chance is 0.5.

    Args:
        kind: a key of STATEMENTS, how the false caption differs from the true one.
        count: number of choices.
        unseen: whether the captions differ in an object whose combination of thing and colour is not in training.
    """
    n_drawn, attempt = 0, 0
    while n_drawn < count:
        rng = np.random.default_rng((SEED, *kind.encode(), attempt))
        attempt += 1
        scene = draw_scene(rng, int(rng.integers(1 if kind == "place" else 2, 5)), gridded=bool(rng.random() < 0.5))
        if unseen:
            scene = _with_unseen(rng, scene)
        statement = STATEMENTS[kind](rng, scene)
        options = falsehoods(statement, scene, kind) if is_true(statement, scene, CLEAR) else []
        if unseen:
            options = [option for option in options if _changes_first_object(statement, option)]
        if options:
            style = draw_style(rng)
            false = options[int(rng.integers(len(options)))]
            yield Choice(scene, phrase(statement, style), phrase(false, style))
            n_drawn += 1


def _with_unseen(rng: np.random.Generator, scene: Scene) -> Scene:
    thing, colour = sorted(UNSEEN)[int(rng.integers(len(UNSEEN)))]
    return replace(scene, items=(replace(scene.items[0], thing=thing, colour=colour), *scene.items[1:]))


def _changes_first_object(statement: Statement, changed: Statement) -> bool:
    return replace(changed, mentions=changed.mentions[:1]) != replace(statement, mentions=statement.mentions[:1])


def _full_statement(scene: Scene) -> Statement:
    return Statement(tuple(Mention(item.thing, item.colour) for item in scene.items))


def _draw_full(rng: np.random.Generator, scene: Scene) -> Statement:
    return _full_statement(scene)


def _draw_placed(rng: np.random.Generator, scene: Scene) -> Statement:
    return Statement(_full_statement(scene).mentions[:1], place=str(rng.choice(list(PLACES))))


def _draw_related(rng: np.random.Generator, scene: Scene) -> Statement:
    return Statement(_full_statement(scene).mentions[:2], relation=str(rng.choice(list(RELATIONS))))


STATEMENTS: dict[str, Callable[[np.random.Generator, Scene], Statement]] = {
    "colour swap": _draw_full,
    "thing swap": _draw_full,
    "colour replaced": _draw_full,
    "thing replaced": _draw_full,
    "place": _draw_placed,
    "relation": _draw_related,
}


def gallery(index: int, *, twins: bool = False) -> tuple[list[Scene], list[str]]:
    """GALLERY_SIZE held-out scenes with captions of all their objects.

    No caption names a subset of the objects of another scene. With `twins`, most scenes are twins of the one before,
    see `fixlip_widget.demo.training.batches`.
    """
    rng = np.random.default_rng((SEED, index))
    scenes: list[Scene] = []
    captions: list[str] = []
    while len(scenes) < GALLERY_SIZE:
        scene = draw_scene(rng, int(rng.integers(1, 5)), gridded=bool(rng.random() < 0.5))
        if twins and scenes and rng.random() < 0.6 and len(scenes[-1].items) > 1:
            scene = draw_twin(rng, scenes[-1])
        statement = _full_statement(scene)
        mentions = set(statement.mentions)
        others = (set(_full_statement(other).mentions) for other in scenes)
        if not any(mentions <= other or other <= mentions for other in others):
            scenes.append(scene)
            captions.append(phrase(statement))
    return scenes, captions


@torch.inference_mode()
def encode_pictures(model: open_clip.CLIP, pictures: Sequence[Image.Image], kept: Tensor | None = None) -> Tensor:
    """Images at the model's size → unit embeddings (n, d), of the patches `kept` (n, patches) bool only."""
    pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures]))  # (n, size, size, 3)
    pixels = pixels.permute(0, 3, 1, 2)  # (n, 3, size, size)
    patches = embed_patches(model.visual, pixels.float() / 127.5 - 1)  # (n, patches, width)
    if kept is not None:
        patches = patches * kept[..., None]
    return F.normalize(encode_patches(model.visual, patches), dim=-1)


@torch.inference_mode()
def encode_captions(model: open_clip.CLIP, captions: Sequence[str]) -> Tensor:
    """Captions → unit embeddings (n, d)."""
    tokenizer = DemoTokenizer()
    ids = torch.tensor([tokenizer.padded(caption) for caption in captions])  # (n, L)
    embeddings: Tensor = model.encode_text(ids, normalize=True)
    return embeddings


def choice_accuracy(model: open_clip.CLIP, kind: str, count: int, *, unseen: bool = False) -> float:
    """Share of `choices` in which the true caption is more similar to the image than the false one."""
    drawn = list(choices(kind, count, unseen=unseen))
    images = encode_pictures(model, [render(c.scene, IMAGE_SIZE) for c in drawn])
    true = encode_captions(model, [c.true_caption for c in drawn])  # (count, d)
    false = encode_captions(model, [c.false_caption for c in drawn])  # (count, d)
    return float(((images * true).sum(1) > (images * false).sum(1)).float().mean())


def retrieval_accuracy(model: open_clip.CLIP, galleries: int, *, keep: float = 1.0, twins: bool = False) -> float:
    """Recall@1 of the caption of an image among GALLERY_SIZE, with each patch kept with probability `keep`."""
    generator = torch.Generator().manual_seed(0)
    recalls = []
    for index in range(galleries):
        scenes, captions = gallery(index, twins=twins)
        kept = torch.rand(GALLERY_SIZE, GRID * GRID, generator=generator) < keep  # (GALLERY_SIZE, patches)
        images = encode_pictures(model, [render(scene, IMAGE_SIZE) for scene in scenes], kept)
        best = (images @ encode_captions(model, captions).T).argmax(dim=1)  # (GALLERY_SIZE,)
        recalls.append((best == torch.arange(GALLERY_SIZE)).float().mean())
    return float(torch.stack(recalls).mean())


def evaluate(model: open_clip.CLIP, count: int = 1000, galleries: int = 4) -> dict[str, dict[str, float]]:
    """Retrieval, and accuracy of choices about combinations that are in training ("seen") and that are not ("unseen").

    Args:
        model: the encoder, in evaluation mode on the CPU.
        count: choices of each kind.
        galleries: galleries of retrieval.
    """
    retrieval = {
        "retrieval": retrieval_accuracy(model, galleries),
        "retrieval, half of the patches hidden": retrieval_accuracy(model, galleries, keep=0.5),
        "retrieval among twins": retrieval_accuracy(model, galleries, twins=True),
    }
    seen, unseen = (
        {kind: choice_accuracy(model, kind, count, unseen=unseen) for kind in STATEMENTS} for unseen in (False, True)
    )
    return {"retrieval": retrieval, "seen": seen, "unseen": unseen}


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=1000, help="choices of each kind")
    parser.add_argument("--galleries", type=int, default=4, help=f"retrieval galleries of {GALLERY_SIZE}")
    arguments = parser.parse_args()
    figures = evaluate(load_model(arguments.weights), arguments.count, arguments.galleries)
    settings = {
        "seed": SEED,
        "choices": arguments.count,
        "galleries": arguments.galleries,
        "gallery": GALLERY_SIZE,
    }
    report = settings | {"figures": figures}
    arguments.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
