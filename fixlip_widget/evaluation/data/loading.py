"""Data sets by their names on the command line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data import coco, imagenet, scenes
from fixlip_widget.evaluation.data.pairs import Pair, Report

PAINTED = {"scenes": scenes.scenes, "pointing": scenes.pointing_games}
DEFAULT_PAINTED = 200


def load_dataset(
    name: str, limit: int | None, encoder: Callable[[], DualEncoder], out: Path, report: Report
) -> list[Pair]:
    """The first pairs of a data set.

    Args:
        name: "scenes", "pointing", "coco:DIR" or "imagenet:DIR". Of MS COCO these are the images most similar to the
            best of their captions, with that caption; the selection is cached in the folder `out`.
        limit: number of pairs; by default 200 painted ones, or all of a folder.
        encoder: called where similarities are needed for the selection.
        out: folder of the results.
        report: receives a sentence for each file that cannot be used.

    Raises:
        InputError: for other names, and folders that do not hold the data set.
    """
    kind, _, folder = name.partition(":")
    if limit is not None and limit < 1:
        raise InputError(f"limit={limit} leaves nothing to measure; give 1 or more.")
    if name in PAINTED:
        return list(islice(PAINTED[name](), limit or DEFAULT_PAINTED))
    if kind == "imagenet" and folder:
        return list(islice(imagenet.pointing_games(Path(folder)), limit))
    if kind == "coco" and folder:
        images = coco.captioned_images(Path(folder), report)
        return coco.cached_selection(encoder, images, out / "choice.json", report)[:limit]
    raise InputError(f"There is no data {name!r}; use scenes, pointing, coco:DIR or imagenet:DIR.")
