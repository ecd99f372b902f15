"""Explanations as `.npz` files: one NumPy archive of plain arrays, JSON and a PNG, without pickles.

The comment of the ZIP file is a digest of all bytes before it, so that no damage passes for a number. What a file
declares is compared with what its tokens and its grid ask for before anything is allocated.
"""

from __future__ import annotations

import io
import json
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write, open_regular
from fixlip_widget.io.json_format import parse_story
from fixlip_widget.io.schema import ARRAYS, EXAMPLES, PICTURES, array_shapes

FORMAT = 2
READABLE = (1, FORMAT)
"""Formats that are read; the first, of version 0.1, had no digest."""
SEAL = b"blake2b "
"""What the digest follows in the comment."""
SEAL_BYTES = len(SEAL) + 64
MAX_META_BYTES, MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS = 2**26, 2**27, 2**26
"""Limits of what a file may declare: the JSON, in characters of four bytes, and a picture, packed and unpacked."""


def write(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write an explanation's fields; an existing file is replaced only once the new one is complete."""
    arrays = {name: fields[name] for name in (*ARRAYS, *EXAMPLES) if fields[name] is not None}
    arrays |= {name: _as_png(fields[name]) for name in PICTURES if fields[name] is not None}
    metadata = {name: value for name, value in fields.items() if name not in (*ARRAYS, *EXAMPLES, *PICTURES)}
    metadata["story"] = [step.to_json() for step in fields["story"]]
    arrays["meta"] = np.array(json.dumps({"format": FORMAT, **metadata}))
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    with atomic_write(path) as file:
        file.write(sealed(content.getvalue()))


def sealed(archive: bytes) -> bytes:
    """A ZIP file without a comment → the same with a digest of all other bytes as its comment."""
    head = archive[:-2] + SEAL_BYTES.to_bytes(2, "little")  # the length of the comment is the last field
    return head + SEAL + blake2b(head, digest_size=32).hexdigest().encode()


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields that `write` was given, of which the explanation that they make checks types and ranges.

    Raises:
        InputError: where there is no such file, or it is not an explanation of this format, or damaged.
    """
    with open_regular(path) as file:
        is_sealed = _has_seal(file, path)
        try:
            with ZipFile(file) as archive:
                metadata = json.loads(str(_array(archive, "meta", "U", (), MAX_META_BYTES)))
                version = metadata.pop("format")
                if version not in READABLE:
                    raise _OtherVersionError
                story = parse_story(metadata.pop("story", []))
                fields = {**metadata, **_contents(archive, metadata), "story": story}
        except _OtherVersionError as error:
            message = f"{Path(path)} was written by another version of fixlip_widget; upgrade it to read the file."
            raise InputError(message) from error
        except Exception as error:  # zipfile, zlib, NumPy, JSON and Pillow each raise their own for a damaged file
            message = f"{Path(path)} is not a saved explanation; make one with explanation.save()."
            raise InputError(message) from error
    if version != 1 and not is_sealed:
        raise InputError(f"{Path(path)} is damaged, as it has no checksum; take another copy, or save it anew.")
    return fields


class _OtherVersionError(Exception):
    """A file of a later format, or with fields that this version does not know."""


def _has_seal(file: IO[bytes], path: str | PathLike[str]) -> bool:
    """Whether the file ends in a digest; InputError where that is one of other content."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - SEAL_BYTES))
    seal = file.read()
    if not seal.startswith(SEAL):
        return False
    digest, missing = blake2b(digest_size=32), size - SEAL_BYTES
    file.seek(0)
    while missing and (part := file.read(min(missing, 2**20))):
        digest.update(part)
        missing -= len(part)
    if seal != SEAL + digest.hexdigest().encode():
        raise InputError(f"{Path(path)} is damaged, as its checksum is another; take another copy, or save it anew.")
    return True


def _contents(archive: ZipFile, metadata: dict[str, Any]) -> dict[str, Any]:
    """All arrays and pictures of the archive, those of the shapes that its tokens and grid ask for."""
    n, (rows, columns) = len(metadata["tokens"]), metadata["grid"]
    shapes: dict[str, tuple[int, ...]] = array_shapes(n, rows * columns)
    stored = {name.removesuffix(".npy") for name in archive.namelist()} - {"meta"}
    if not stored <= {*ARRAYS, *EXAMPLES, *PICTURES}:
        raise _OtherVersionError
    contents: dict[str, Any] = dict.fromkeys(PICTURES)
    for name in stored:
        if name in PICTURES:
            contents[name] = _from_png(_array(archive, name, "u1", (None,), MAX_PICTURE_BYTES))
        elif name in ARRAYS:
            contents[name] = _array(archive, name, "f8", shapes[name])
        else:
            contents[name] = _array(archive, name, *{"example_masks": ("?", (None, n))}.get(name, ("f8", (None,))))
    return contents


def _array(
    archive: ZipFile, name: str, kind: str, shape: tuple[int | None, ...], max_bytes: int = 2**30
) -> npt.NDArray[Any]:
    """An array of the archive; ValueError before it is read where it declares another type, shape or size.

    Args:
        archive: the file.
        name: of the array.
        kind: its type: "U" for a string, or "f8", "u1" or "?".
        shape: None for a number of any size.
        max_bytes: largest size in memory.
    """
    member = f"{name}.npy"
    with archive.open(member) as file:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        declared, _, dtype = header(file)
    fits = len(declared) == len(shape) and all(s in (None, d) for s, d in zip(shape, declared, strict=True))
    is_kind = dtype.kind == "U" if kind == "U" else dtype.newbyteorder("=") == np.dtype(kind)
    n_bytes = int(np.prod(declared, dtype=object)) * dtype.itemsize
    if not fits or not is_kind or not n_bytes <= min(max_bytes, archive.getinfo(member).file_size):
        raise ValueError(f"{name} is declared as {dtype} of shape {declared}")
    with archive.open(member) as file:
        array: npt.NDArray[Any] = npy.read_array(file, allow_pickle=False)
        return array


def _as_png(picture: Image.Image) -> npt.NDArray[np.uint8]:
    png = io.BytesIO()
    picture.convert("RGB").save(png, "PNG")
    return np.frombuffer(png.getvalue(), dtype=np.uint8)


def _from_png(content: npt.NDArray[np.uint8]) -> Image.Image:
    with Image.open(io.BytesIO(content.tobytes()), formats=["PNG"]) as opened:
        if opened.width * opened.height > MAX_PICTURE_PIXELS:
            raise ValueError(f"the picture has {opened.width}×{opened.height} pixels")
        picture: Image.Image = opened.convert("RGB")
        return picture
