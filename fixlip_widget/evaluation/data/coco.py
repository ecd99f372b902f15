"""MS COCO captions in their two published layouts: annotation files with image folders, or WebDataset tar shards."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from tqdm.auto import tqdm

from fixlip_widget.encoders import DualEncoder, MaskedInput
from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.game import BatchedEncoder
from fixlip_widget.evaluation.data.pairs import IMAGE_SUFFIXES, CaptionedImage, Pair, Report
from fixlip_widget.io.files import atomic_write


def captioned_images(folder: Path, report: Report) -> list[CaptionedImage]:
    """The images of a folder with their captions.

    Args:
        folder: holds `captions_*.json`, directly or in a subfolder, and the images, directly or in any subfolder; or
            it holds tar shards at any depth, in which `7.txt` has the captions of `7.jpg`, one a line. Of several
            annotation files, those for validation and test are used.
        report: receives a message for each file that cannot be used.

    Raises:
        InputError: where the folder holds neither.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}; give the one with the annotations or the tar files.")
    annotations = sorted(folder.rglob("captions_*.json"))
    held_out = [path for path in annotations if "val" in path.name or "test" in path.name]
    shards = sorted(folder.rglob("*.tar"))
    if not annotations and not shards:
        raise InputError(f"{folder} holds neither captions_*.json nor tar files; give the folder of MS COCO captions.")
    images = [image for path in held_out or annotations for image in _read_annotations(path, folder, report)]
    return images or [image for path in shards for image in _read_shard(path, folder, report)]


def _read_annotations(path: Path, folder: Path, report: Report) -> list[CaptionedImage]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        captions_by_id: dict[int, list[str]] = {}
        for annotation in content["annotations"]:
            captions_by_id.setdefault(annotation["image_id"], []).append(str(annotation["caption"]).strip())
        captions_by_file: dict[str, list[str]] = {}
        for number, name in sorted((image["id"], str(image["file_name"])) for image in content["images"]):
            if number in captions_by_id:
                captions_by_file.setdefault(name, []).extend(captions_by_id[number])
    except (OSError, ValueError, KeyError, TypeError) as error:
        report(f"{path} is not a caption file ({type(error).__name__}: {error}); download it again.")
        return []
    folders = sorted({folder, *(child for child in folder.iterdir() if child.is_dir())})
    # The images of captions_val2017.json are looked for in val2017 first.
    folders.sort(key=lambda candidate: candidate.name not in path.stem)
    return [
        CaptionedImage(f"{path.relative_to(folder)}/{name}", tuple(captions), partial(_load_from_any, folders, name))
        for name, captions in captions_by_file.items()
    ]


def _load_from_any(folders: list[Path], name: str) -> Image.Image:
    """The image of this name in the first of the folders that has it."""
    paths = [folder / name for folder in folders]
    return read_image(next((path for path in paths if path.is_file()), paths[-1]))


def _read_shard(path: Path, folder: Path, report: Report) -> list[CaptionedImage]:
    """Reads only captions; images are read from the shard when they are needed."""
    images = []
    try:
        with tarfile.open(path) as shard:
            members = {member.name: member for member in shard if member.isfile()}
            for name, member in sorted(members.items()):
                text = shard.extractfile(member) if name.endswith(".txt") else None
                if text is None:
                    continue
                candidates = (name.removesuffix(".txt") + suffix for suffix in IMAGE_SUFFIXES)
                image = next((candidate for candidate in candidates if candidate in members), None)
                if image is None:
                    report(f"{name} in {path} has no image of the same name; download the shard again.")
                    continue
                captions = tuple(line.strip() for line in text.read().decode("utf-8").splitlines() if line.strip())
                key = f"{path.relative_to(folder)}/{image}"
                images.append(CaptionedImage(key, captions, partial(_load_from_shard, path, image)))
    except (OSError, tarfile.TarError, UnicodeDecodeError) as error:
        report(f"{path} cannot be read to its end ({type(error).__name__}: {error}); download it again.")
    return images


def _load_from_shard(path: Path, name: str) -> Image.Image:
    try:
        with tarfile.open(path) as shard:
            member = shard.extractfile(name)
            if member is None:
                raise KeyError(name)
            content = member.read()
    except (OSError, tarfile.TarError, KeyError) as error:
        raise InputError(f"{name} in {path} cannot be read ({error}); download it again.") from error
    return read_image(content, f"{name} in {path}")


def cached_selection(
    load_encoder: Callable[[], DualEncoder], images: Sequence[CaptionedImage], path: Path, report: Report
) -> list[Pair]:
    """`most_similar`, cached in the file `path`; the cache is valid for the same images only."""
    keys = [image.key for image in images]
    selection = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if selection.get("images") != keys:
        problems: list[str] = []
        pairs = most_similar(load_encoder(), images, problems.append)
        selection = {"images": keys, "pairs": [[pair.key, pair.caption] for pair in pairs], "problems": problems}
        with atomic_write(path) as file:
            file.write(json.dumps(selection, ensure_ascii=False).encode())
    for problem in selection["problems"]:
        report(problem)
    loaders = {image.key: image.load_image for image in images}
    return [Pair(key, caption, loaders[key]) for key, caption in selection["pairs"]]


@torch.no_grad()
def most_similar(encoder: DualEncoder, images: Sequence[CaptionedImage], report: Report) -> list[Pair]:
    """Each image with its most similar caption, in descending order of similarity.

    Images that cannot be read, or of which no caption can be encoded, are reported and left out.
    """
    scored: list[tuple[float, Pair]] = []
    for image in tqdm(images, desc="selecting", unit="image", delay=1.0, leave=False):
        try:
            embedding = _embed_whole(encoder.image(image.load_image()), "image")  # (1, d)
            score, caption = max(_similarities(encoder, embedding, image.captions))
        except InputError as error:
            report(f"{image.key}: {error}")
            continue
        scored.append((score, Pair(image.key, caption, image.load_image)))
    ranked = sorted(scored, key=lambda entry: (-entry[0], entry[1].key))
    return [pair for _, pair in ranked]


def _similarities(
    encoder: DualEncoder, image_embedding: torch.Tensor, captions: Iterable[str]
) -> list[tuple[float, str]]:
    """The cosine with each caption that the encoder accepts; where it accepts none, its InputError is raised."""
    similarities, last_error = [], InputError("The image has no captions; leave it out.")
    for caption in captions:
        try:
            masked = encoder.text(caption)
        except InputError as error:
            last_error = error
            continue
        embedding = _embed_whole(masked, "text")  # (1, d)
        similarities.append((float((image_embedding * embedding).sum()), caption))
    if not similarities:
        raise last_error
    return similarities


def _embed_whole(masked: MaskedInput, modality: str) -> torch.Tensor:
    """(1, d): the embedding with all tokens kept, checked as all embeddings are."""
    encoder = BatchedEncoder(masked, modality, batch_size=1)
    return encoder.embed(torch.ones(1, encoder.n_players, dtype=torch.bool))
