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

SEED = 2**40  # the seeds of training start with its own, small number
GALLERY = 256


@dataclass(frozen=True)
class Choice:
    """A scene, what is true of it, and what is not."""

    scene: Scene
    true: str
    false: str


def choices(kind: str, count: int, *, unseen: bool = False) -> Iterator[Choice]:
    """`count` held-out choices of one kind, a key of STATEMENTS: chance is one half.

    With `unseen`, the object that the false caption is wrong about is of a combination never seen in training.
    """
    found, attempt = 0, 0
    while found < count:
        rng = np.random.default_rng((SEED, *kind.encode(), attempt))
        attempt += 1
        scene = draw_scene(rng, int(rng.integers(1 if kind == "place" else 2, 5)), gridded=bool(rng.random() < 0.5))
        if unseen:
            scene = _with_unseen(rng, scene)
        statement = STATEMENTS[kind](rng, scene)
        options = falsehoods(statement, scene, kind) if is_true(statement, scene, CLEAR) else []
        if unseen:
            options = [option for option in options if _about_the_first(option, statement)]
        if options:
            style = draw_style(rng)
            false = options[int(rng.integers(len(options)))]
            yield Choice(scene, phrase(statement, style), phrase(false, style))
            found += 1


def _with_unseen(rng: np.random.Generator, scene: Scene) -> Scene:
    thing, colour = sorted(UNSEEN)[int(rng.integers(len(UNSEEN)))]
    return replace(scene, items=(replace(scene.items[0], thing=thing, colour=colour), *scene.items[1:]))


def _about_the_first(changed: Statement, statement: Statement) -> bool:
    return replace(changed, mentions=changed.mentions[:1]) != replace(statement, mentions=statement.mentions[:1])


def _full(scene: Scene) -> Statement:
    return Statement(tuple(Mention(item.thing, item.colour) for item in scene.items))


def _all(rng: np.random.Generator, scene: Scene) -> Statement:
    return _full(scene)


def _placed(rng: np.random.Generator, scene: Scene) -> Statement:
    return Statement(_full(scene).mentions[:1], place=str(rng.choice(list(PLACES))))


def _related(rng: np.random.Generator, scene: Scene) -> Statement:
    return Statement(_full(scene).mentions[:2], relation=str(rng.choice(list(RELATIONS))))


STATEMENTS: dict[str, Callable[[np.random.Generator, Scene], Statement]] = {
    "colour swap": _all,
    "thing swap": _all,
    "colour replaced": _all,
    "thing replaced": _all,
    "place": _placed,
    "relation": _related,
}


def gallery(index: int, *, twins: bool = False) -> tuple[list[Scene], list[str]]:
    """GALLERY held-out scenes and full captions, none of which is true of another scene by its words alone.

    With `twins`, most scenes are the one before with two colours, things or places exchanged.
    """
    rng = np.random.default_rng((SEED, index))
    scenes: list[Scene] = []
    captions: list[str] = []
    while len(scenes) < GALLERY:
        scene = draw_scene(rng, int(rng.integers(1, 5)), gridded=bool(rng.random() < 0.5))
        if twins and scenes and rng.random() < 0.6 and len(scenes[-1].items) > 1:
            scene = draw_twin(rng, scenes[-1])
        said = set(_full(scene).mentions)
        if not any(said <= other or other <= said for other in (set(_full(s).mentions) for s in scenes)):
            scenes.append(scene)
            captions.append(phrase(_full(scene)))
    return scenes, captions


@torch.inference_mode()
def encode_pictures(model: open_clip.CLIP, pictures: Sequence[Image.Image], kept: Tensor | None = None) -> Tensor:
    """Pictures at the model's size → unit embeddings (n, d); `kept` (n, patches) bool hides the other patches."""
    pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures])).permute(0, 3, 1, 2)
    patches = embed_patches(model.visual, pixels.float() / 127.5 - 1)  # (n, patches, width)
    if kept is not None:
        patches = patches * kept[..., None]
    return F.normalize(encode_patches(model.visual, patches), dim=-1)


@torch.inference_mode()
def encode_captions(model: open_clip.CLIP, captions: Sequence[str]) -> Tensor:
    """Captions → unit embeddings (n, d)."""
    tokenizer = DemoTokenizer()
    ids = torch.tensor([tokenizer.padded(caption) for caption in captions])
    embeddings: Tensor = model.encode_text(ids, normalize=True)
    return embeddings


def choice_accuracy(model: open_clip.CLIP, kind: str, count: int, *, unseen: bool = False) -> float:
    """Share of choices where the true caption is nearer to the picture than the false one."""
    drawn = list(choices(kind, count, unseen=unseen))
    images = encode_pictures(model, [render(c.scene, IMAGE_SIZE) for c in drawn])
    true = encode_captions(model, [c.true for c in drawn])
    false = encode_captions(model, [c.false for c in drawn])
    return float(((images * true).sum(1) > (images * false).sum(1)).float().mean())


def retrieval_accuracy(model: open_clip.CLIP, galleries: int, *, keep: float = 1.0, twins: bool = False) -> float:
    """Share of pictures whose own caption is the nearest among GALLERY; each patch is kept with chance `keep`."""
    generator = torch.Generator().manual_seed(0)
    right = []
    for index in range(galleries):
        scenes, captions = gallery(index, twins=twins)
        kept = torch.rand(GALLERY, GRID * GRID, generator=generator) < keep
        images = encode_pictures(model, [render(scene, IMAGE_SIZE) for scene in scenes], kept)
        best = (images @ encode_captions(model, captions).T).argmax(dim=1)  # (GALLERY,)
        right.append((best == torch.arange(GALLERY)).float().mean())
    return float(torch.stack(right).mean())


def evaluate(model: open_clip.CLIP, count: int = 1000, galleries: int = 4) -> dict[str, dict[str, float]]:
    """Every figure of the encoder: retrieval, and choices about combinations seen and unseen in training."""
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
    """Read the command line, evaluate, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=1000, help="choices of each kind")
    parser.add_argument("--galleries", type=int, default=4, help=f"retrieval runs among {GALLERY}")
    given = parser.parse_args()
    figures = evaluate(load_model(given.weights), given.count, given.galleries)
    settings = {"seed": SEED, "choices": given.count, "galleries": given.galleries, "gallery": GALLERY}
    report = settings | {"figures": figures}
    given.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
