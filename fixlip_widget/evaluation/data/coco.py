"""MS COCO captions as they are handed out: annotation files with image folders, or tar files of a web data set."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from tqdm.auto import tqdm

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import PICTURES, Captioned, Pair, Report
from fixlip_widget.io.files import atomic_write


def captioned_images(folder: Path, report: Report) -> list[Captioned]:
    """The images of a folder with their captions, by file and name; `report` is told of files that cannot be used.

    The folder holds `captions_*.json`, by itself or in `annotations/`, and the images in any folder beside it, or it
    holds tar files, by itself or in another, in which `7.txt` has the captions of `7.jpg`, a line for each. Of several
    annotation files, those for validation and test count. InputError where there are neither.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the one with the annotations or the tar files.")
    annotations = sorted(folder.rglob("captions_*.json"))
    held_out = [path for path in annotations if "val" in path.name or "test" in path.name]
    shards = sorted(folder.rglob("*.tar"))
    if not annotations and not shards:
        raise InputError(f"{folder} holds neither captions_*.json nor tar files; give the folder of MS COCO captions.")
    found = [one for path in held_out or annotations for one in _from_json(path, folder, report)]
    return found or [one for path in shards for one in _from_tar(path, folder, report)]


def _from_json(path: Path, folder: Path, report: Report) -> list[Captioned]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        numbered: dict[int, list[str]] = {}
        for annotation in content["annotations"]:
            numbered.setdefault(annotation["image_id"], []).append(str(annotation["caption"]).strip())
        captions: dict[str, list[str]] = {}
        for number, name in sorted((image["id"], str(image["file_name"])) for image in content["images"]):
            if number in numbered:
                captions.setdefault(name, []).extend(numbered[number])
    except (OSError, ValueError, KeyError, TypeError) as error:
        report(f"{path} is no file of captions ({type(error).__name__}: {error}); fetch it again.")
        return []
    homes = sorted({folder, *(home for home in folder.iterdir() if home.is_dir())})
    homes.sort(key=lambda home: home.name not in path.stem)  # captions_val2017 are first of all of val2017
    where = path.relative_to(folder)
    return [Captioned(f"{where}/{name}", tuple(said), partial(_open, name, homes)) for name, said in captions.items()]


def _open(name: str, homes: list[Path]) -> Image.Image:
    """The picture of this name in the first of the folders that has it."""
    places = [home / name for home in homes]
    return read_image(next((place for place in places if place.is_file()), places[-1]))


def _from_tar(path: Path, folder: Path, report: Report) -> list[Captioned]:
    """Members are read when they are needed; only captions are read here."""
    found = []
    try:
        with tarfile.open(path) as shard:
            members = {member.name: member for member in shard if member.isfile()}
            for name, member in sorted(members.items()):
                picture = next((name[:-4] + suffix for suffix in PICTURES if name[:-4] + suffix in members), None)
                text = shard.extractfile(member) if name.endswith(".txt") else None
                if text is None:
                    continue
                if picture is None:
                    report(f"{name} in {path} has no picture beside it; fetch the file again.")
                    continue
                lines = tuple(line.strip() for line in text.read().decode("utf-8").splitlines() if line.strip())
                key = f"{path.relative_to(folder)}/{picture}"
                found.append(Captioned(key, lines, partial(_extract, path, picture)))
    except (OSError, tarfile.TarError, UnicodeDecodeError) as error:
        report(f"{path} cannot be read to its end ({type(error).__name__}: {error}); fetch it again.")
    return found


def _extract(path: Path, name: str) -> Image.Image:
    """A picture inside a tar file."""
    try:
        with tarfile.open(path) as shard:
            member = shard.extractfile(name)
            if member is None:
                raise KeyError(name)
            return read_image(Image.open(io.BytesIO(member.read())))
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise InputError(f"{name} in {path} cannot be read as an image ({error}); fetch the file again.") from error


def cached_selection(
    encoder: Callable[[], DualEncoder], images: Sequence[Captioned], path: Path, report: Report
) -> list[Pair]:
    """`most_similar`, read from a file if it is there and of these images, and written to it otherwise."""
    keys = [image.key for image in images]
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if known.get("images") != keys:
        problems: list[str] = []
        pairs = most_similar(encoder(), images, problems.append)
        known = {"images": keys, "pairs": [[pair.key, pair.caption] for pair in pairs], "problems": problems}
        with atomic_write(path) as file:
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
