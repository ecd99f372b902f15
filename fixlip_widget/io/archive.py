"""Explanations on disk: one NumPy archive of plain arrays, JSON and a PNG; no pickle, so safe to open."""

from __future__ import annotations

import io
import json
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.io.files import replacing

FORMAT = 1
ARRAYS = (
    *("first", "second", "third_image", "third_text", "stderr_first", "stderr_second", "stderr_first_order"),
    *("stderr_second_order", "stderr_third_image", "stderr_third_text"),
)
TUPLES = ("tokens", "grid", "p")


def write(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write an explanation's fields; an existing file is replaced only once the new one is whole."""
    arrays = {name: fields[name] for name in ARRAYS if fields[name] is not None}
    picture = fields["image"]
    if picture is not None:
        png = io.BytesIO()
        picture.convert("RGB").save(png, "PNG")
        arrays["image"] = np.frombuffer(png.getvalue(), dtype=np.uint8)
    rest = {name: value for name, value in fields.items() if name not in (*ARRAYS, "image")}
    arrays["meta"] = np.array(json.dumps({"format": FORMAT, **rest}))
    with replacing(path) as file:
        np.savez_compressed(file, **arrays)


def write_json(path: str | PathLike[str], fields: dict[str, Any]) -> None:
    """Write all fields but the picture, arrays as nested lists."""
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in fields.items()}
    del plain["image"]
    with replacing(path) as file:
        # Half a letter, which no UTF-8 holds, stays escaped.
        file.write(json.dumps(plain, ensure_ascii=False, indent=1).encode(errors="backslashreplace"))


def read(path: str | PathLike[str]) -> dict[str, Any]:
    """The fields `write` was given; InputError where there is no such file or it is not an explanation."""
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in (*ARRAYS, "image", "meta") if name in archive.files}
        meta = json.loads(str(arrays.pop("meta")))
        written = meta.pop("format")
        picture = arrays.pop("image", None)
        image = None if picture is None else Image.open(io.BytesIO(picture.tobytes())).convert("RGB")
        tuples = {name: tuple(meta[name]) for name in TUPLES if isinstance(meta[name], list)}
    except FileNotFoundError as error:
        raise InputError(f"There is no file {Path(path)}; check the path.") from error
    except Exception as error:  # a damaged archive fails in as many ways as there are layers in it
        raise InputError(f"{Path(path)} is not a saved explanation; make one with explanation.save().") from error
    if written != FORMAT:
        raise InputError(f"{Path(path)} was written by another version of fixlip_widget; upgrade it to read the file.")
    return {**meta, **tuples, **arrays, "image": image}
