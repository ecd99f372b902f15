"""Explanations as `.npz` files: one NumPy archive of plain arrays, JSON and a PNG, without pickles."""

from __future__ import annotations

import io
import json
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import atomic_write
from fixlip_widget.io.json_format import ARRAYS, EXAMPLES, PICTURES, as_tuples, parse_story

FORMAT = 1


def write(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write an explanation's fields; an existing file is replaced only once the new one is complete."""
    arrays = {name: fields[name] for name in (*ARRAYS, *EXAMPLES) if fields[name] is not None}
    arrays |= {name: _as_png(fields[name]) for name in PICTURES if fields[name] is not None}
    metadata = {name: value for name, value in fields.items() if name not in (*ARRAYS, *EXAMPLES, *PICTURES)}
    metadata["story"] = [step.to_json() for step in fields["story"]]
    arrays["meta"] = np.array(json.dumps({"format": FORMAT, **metadata}))
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields that `write` was given.

    Raises:
        InputError: where there is no such file, or it is not an explanation of this format.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in (*ARRAYS, *EXAMPLES, *PICTURES, "meta") if name in archive.files}
        metadata = json.loads(str(arrays.pop("meta")))
        version = metadata.pop("format")
        pictures = {name: _from_png(arrays.pop(name)) if name in arrays else None for name in PICTURES}
        story = parse_story(metadata.pop("story", []))
        fields = {**as_tuples(metadata), **arrays, **pictures, "story": story}
    except FileNotFoundError as error:
        raise InputError(f"There is no file {Path(path)}; check the path.") from error
    except Exception as error:  # zipfile, zlib, NumPy, JSON and Pillow each raise their own for a damaged file
        raise InputError(f"{Path(path)} is not a saved explanation; make one with explanation.save().") from error
    if version != FORMAT:
        raise InputError(f"{Path(path)} was written by another version of fixlip_widget; upgrade it to read the file.")
    return fields


def _as_png(picture: Image.Image) -> npt.NDArray[np.uint8]:
    png = io.BytesIO()
    picture.convert("RGB").save(png, "PNG")
    return np.frombuffer(png.getvalue(), dtype=np.uint8)


def _from_png(content: npt.NDArray[np.uint8]) -> Image.Image:
    return Image.open(io.BytesIO(content.tobytes())).convert("RGB")
