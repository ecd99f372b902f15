"""Data sets by their names on the command line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data import coco, imagenet, scenes
from fixlip_widget.evaluation.data.pairs import Pair, Report

GENERATED = {"scenes": scenes.scenes, "pointing": scenes.pointing_games}
DEFAULT_LIMIT = 200
"""Number of generated pairs."""


def load_dataset(
    name: str, limit: int | None, load_encoder: Callable[[], DualEncoder], out: Path, report: Report
) -> list[Pair]:
    """The first pairs of a data set.

    Args:
        name: "scenes", "pointing", "coco:DIR" or "imagenet:DIR". Of MS COCO these are the images most similar to the
            best of their captions, with that caption; the selection is cached in `choice.json`.
        limit: number of pairs; by default 200 generated ones, or all of a folder.
        load_encoder: called where similarities are needed for the selection.
        out: folder of the results.
        report: receives a message for each file that cannot be used.

    Raises:
        InputError: for other names, and folders that do not hold the data set.
    """
    kind, _, folder = name.partition(":")
    if limit is not None and limit < 1:
        raise InputError(f"limit={limit} leaves no pairs; use 1 or more.")
    if name in GENERATED:
        return list(islice(GENERATED[name](), limit or DEFAULT_LIMIT))
    if kind == "imagenet" and folder:
        return list(islice(imagenet.pointing_games(Path(folder)), limit))
    if kind == "coco" and folder:
        images = coco.captioned_images(Path(folder), report)
        return coco.cached_selection(load_encoder, images, out / "choice.json", report)[:limit]
    raise InputError(f"There is no data set {name!r}; use scenes, pointing, coco:DIR or imagenet:DIR.")
