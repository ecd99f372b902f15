"""Data sets by the names they have on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path

import torch
from tqdm.auto import tqdm

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data import imagenet
from fixlip_widget.evaluation.data.coco import Report, captioned
from fixlip_widget.evaluation.data.pairs import Captioned, Pair
from fixlip_widget.evaluation.data.scenes import pointing_games, scenes
from fixlip_widget.io.files import replacing

PAINTED = {"scenes": scenes, "pointing": pointing_games}
USUAL_PAINTED = 200


def open_data(
    name: str, limit: int | None, encoder: Callable[[], DualEncoder], out: Path, report: Report
) -> list[Pair]:
    """The first pairs of "scenes" or "pointing" (200 if no limit is given), "coco:DIR" or "imagenet:DIR".

    Of MS COCO these are the images most similar to the best of their captions, with that caption; the choice is kept in
    the folder `out`. `report` is told of files that cannot be used. Raises InputError for other names, and folders that
    hold no such thing.
    """
    kind, _, folder = name.partition(":")
    if limit is not None and limit < 1:
        raise InputError(f"limit={limit} leaves nothing to measure; give 1 or more.")
    if name in PAINTED:
        return list(islice(PAINTED[name](), limit or USUAL_PAINTED))
    if kind == "imagenet" and folder:
        return list(islice(imagenet.pointing_games(Path(folder)), limit))
    if kind == "coco" and folder:
        return choice(encoder, captioned(Path(folder), report), out / "choice.json", report)[:limit]
    raise InputError(f"There is no data {name!r}; use scenes, pointing, coco:DIR or imagenet:DIR.")


def choice(encoder: Callable[[], DualEncoder], images: Sequence[Captioned], path: Path, report: Report) -> list[Pair]:
    """`most_similar`, read from a file if it is there and of these images, and written to it otherwise."""
    keys = [image.key for image in images]
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if known.get("images") != keys:
        problems: list[str] = []
        pairs = most_similar(encoder(), images, problems.append)
        known = {"images": keys, "pairs": [[pair.key, pair.caption] for pair in pairs], "problems": problems}
        with replacing(path) as file:
            file.write(json.dumps(known, ensure_ascii=False).encode())
    for problem in known["problems"]:
        report(problem)
    pictures = {image.key: image.picture for image in images}
    return [Pair(key, caption, pictures[key]) for key, caption in known["pairs"]]


@torch.no_grad()
def most_similar(encoder: DualEncoder, images: Sequence[Captioned], report: Report) -> list[Pair]:
    """Images with the best of their captions, most similar first; `report` is told of what cannot be read."""
    scored: list[tuple[float, Pair]] = []
    for image in tqdm(images, desc="choosing", unit="image", delay=1.0, leave=False):
        try:
            seen = encoder.image(image.picture())
            whole = seen.embed(torch.ones(1, seen.n_players, dtype=torch.bool))  # (1, d)
            score, best = max(_scores(encoder, whole, image.captions))
        except InputError as error:
            report(f"{image.key}: {error}")
            continue
        scored.append((score, Pair(image.key, best, image.picture)))
    ranked = sorted(scored, key=lambda entry: (-entry[0], entry[1].key))
    return [pair for _, pair in ranked]


def _scores(encoder: DualEncoder, image: torch.Tensor, captions: Iterable[str]) -> list[tuple[float, str]]:
    """The cosines of those captions that the encoder can read; its InputError where it can read none."""
    scores, refused = [], InputError("The image has no captions; leave it out.")
    for caption in captions:
        try:
            read = encoder.text(caption)
        except InputError as error:
            refused = error
            continue
        words = read.embed(torch.ones(1, read.n_players, dtype=torch.bool))  # (1, d)
        scores.append((float((image * words).sum()), caption))
    if not scores:
        raise refused
    return scores
