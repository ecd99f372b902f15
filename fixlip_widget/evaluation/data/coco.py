"""MS COCO captions as they are handed out: annotation files with image folders, or tar files of a web data set."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import PICTURES, Captioned

Report = Callable[[str], None]


def captioned(folder: Path, report: Report) -> list[Captioned]:
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
