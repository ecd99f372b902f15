"""Damaged and altered files: explanations, journals and pictures of every format."""

from __future__ import annotations

import io
import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from fixlip_widget.encoders.images import read_image
from fixlip_widget.evaluation.journal import Journal, Record
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.archive import sealed
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.svg import to_svg
from tests.fuzz.kinds import Kind, answer, refused
from tests.strategies import damages, json_values
from tests.widget.samples import oblong

FORMATS = (
    ("PNG", "RGBA"),
    ("JPEG", "RGB"),
    ("WEBP", "RGB"),
    ("GIF", "P"),
    ("TIFF", "RGB"),
    ("BMP", "RGB"),
    ("PPM", "RGB"),
    ("TGA", "RGB"),
    ("SGI", "RGB"),
    ("XBM", "1"),
    ("ICO", "RGBA"),
    ("PCX", "P"),
    ("JPEG2000", "RGB"),
    ("AVIF", "RGB"),
    ("DDS", "RGBA"),
    ("MSP", "1"),
    ("BLP", "P"),
    ("QOI", "RGB"),
)
SETTINGS: Record = {"model": "demo"}


@cache
def folder() -> Path:
    """Where damaged files are written; it lives as long as the process."""
    return Path(_FOLDER.name)


_FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True)


def written(name: str, content: bytes) -> Path:
    path = folder() / name
    path.write_bytes(content)
    return path


def saved(suffix: str) -> bytes:
    path = folder() / f"sound{suffix}"
    explanation = oblong(errors=True)
    explanation.save(path) if suffix == ".npz" else explanation.to_json(path)
    return path.read_bytes()


ARCHIVE, JSON = saved(".npz"), saved(".json")


def check_archive(content: bytes) -> None:
    path = written("damaged.npz", content)
    if content == ARCHIVE:
        Explanation.load(path)
    else:
        refused(lambda: Explanation.load(path))


def check_json(content: bytes) -> None:
    use(answer(lambda: Explanation.from_json(written("damaged.json", content))))


def use(explanation: Explanation | None) -> None:
    """What is loaded can be printed, predicted with, and drawn."""
    if explanation is not None:
        repr(explanation)
        explanation.predict(np.ones(explanation.n_players))
        to_svg(draw(explanation), explanation.caption)


METADATA: dict[str, Any] = {name: value for name, value in json.loads(JSON).items() if not isinstance(value, list)}
FIELDS = sorted({*METADATA, "tokens", "grid", "p", "crop_box", "story", "fourth"} - {"version", "view"})
CHANGES = st.dictionaries(st.sampled_from(FIELDS), json_values, min_size=1, max_size=2)


def check_altered_archive(changes: dict[str, Any]) -> None:
    with np.load(io.BytesIO(ARCHIVE)) as archive:
        arrays = dict(archive)
    arrays["meta"] = np.array(json.dumps({**json.loads(str(arrays["meta"])), **changes}))
    content = io.BytesIO()
    np.savez(content, **arrays)
    use(answer(lambda: Explanation.load(written("altered.npz", sealed(content.getvalue())))))


def check_altered_json(changes: dict[str, Any]) -> None:
    content = json.dumps({**json.loads(JSON), **changes}, ensure_ascii=True).encode()
    use(answer(lambda: Explanation.from_json(written("altered.json", content))))


RECORDS: list[Record] = [
    {"pair": f"pair {number}", "group": "", "method": "game", "measured": "aid", "numbers": [{"value": number / 7}]}
    for number in range(5)
]


def journal() -> bytes:
    place = folder() / "journal"
    sound = Journal(place, SETTINGS)
    for record in RECORDS:
        sound.add([record])
    return (place / "journal.jsonl").read_bytes()


JOURNAL = journal()


def check_journal(content: bytes) -> None:
    place = folder() / "damaged journal"
    place.mkdir(exist_ok=True)
    (place / "settings.json").unlink(missing_ok=True)
    (place / "journal.jsonl").write_bytes(content)
    said: list[str] = []
    read = Journal(place, SETTINGS, said.append).records
    assert [record for record in RECORDS if record in read] == sorted(read, key=lambda record: record["pair"])
    assert len(said) <= content.count(b"\n")


@cache
def encoded_pictures() -> tuple[bytes, ...]:
    """A small picture in every format that this Pillow can write."""
    Image.init()
    picture, contents = Image.effect_noise((16, 12), 60), []
    for kind, mode in FORMATS:
        if kind in Image.SAVE:
            file = io.BytesIO()
            picture.convert(mode).save(file, kind)
            contents.append(file.getvalue())
    return tuple(contents)


def check_picture(content: bytes) -> None:
    picture = answer(lambda: read_image(content))
    assert picture is None or (picture.mode == "RGB" and min(picture.size) > 0)


USABLE = "is refused in a sentence, or can be printed and drawn"
FILES = (
    Kind("damaged .npz files", "is refused in a sentence", damages(ARCHIVE), check_archive, "files"),
    Kind("altered .npz files, with a checksum that fits", USABLE, CHANGES, check_altered_archive, "files"),
    Kind("damaged .json files", USABLE, damages(JSON), check_json, "files"),
    Kind("altered .json files", USABLE, CHANGES, check_altered_json, "files"),
    Kind("damaged journals", "loses the damaged lines, and alters no record", damages(JOURNAL), check_journal, "files"),
    Kind(
        "damaged pictures",
        "is read as RGB, or refused in a sentence",
        st.sampled_from(range(len(encoded_pictures()))).flatmap(lambda at: damages(encoded_pictures()[at])),
        check_picture,
        "files",
    ),
)
