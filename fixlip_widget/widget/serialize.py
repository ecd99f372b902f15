"""The wire format: an explanation as JSON, bytes and a data URL, which `js/src/deserialize.ts` reads in the browser."""

from __future__ import annotations

import base64
import io
from dataclasses import fields
from typing import TypedDict

import numpy as np
from PIL.Image import Image, Resampling

from fixlip_widget.explanation import EXAMPLE_LEVELS, Explanation
from fixlip_widget.io.json_format import metadata
from fixlip_widget.io.schema import ARRAYS, SYMMETRIC
from fixlip_widget.methods import depends_on_p
from fixlip_widget.typing import FloatArray
from fixlip_widget.widget.displayed_values import displayed_picture, predicts_similarity

MAX_PICTURE_SIDE = 768
"""Pixels of the longer side of the picture: sharp on a high-density screen, small in a file."""


class State(TypedDict):
    """The traits of a view that an explanation determines."""

    meta: dict[str, object]
    values: bytes
    picture: str


def serialize(explanation: Explanation) -> State:
    """The traits that show an explanation."""
    return {
        "meta": serialize_meta(explanation),
        "values": serialize_values(explanation),
        "picture": serialize_image(explanation),
    }


def serialize_image(explanation: Explanation) -> str:
    """The displayed picture as a data URL; empty where there is none."""
    picture, _ = displayed_picture(explanation)
    return "" if picture is None else data_url(picture)


def serialize_meta(explanation: Explanation) -> dict[str, object]:
    """The fields but the arrays and pictures, as in the JSON format, and what the page cannot derive from them.

    `arrays` names the arrays of `serialize_values` in their order; `size` is the width and height of the displayed
    picture in pixels, None without one, and `crop_box` where in it the patches lie; `joined` says of each caption token
    whether it continues a word.
    """
    picture, crop_box = displayed_picture(explanation)
    return {
        "fields": metadata({field.name: getattr(explanation, field.name) for field in fields(explanation)}),
        "arrays": [name for name in ARRAYS if getattr(explanation, name) is not None],
        "size": None if picture is None else list(picture.size),
        "crop_box": list(crop_box),
        "example_levels": [] if explanation.example_masks is None else list(EXAMPLE_LEVELS),
        "joined": continues_word(explanation.caption, explanation.tokens[explanation.n_players_image :]),
        "predicts_similarity": predicts_similarity(explanation),
        "depends_on_p": depends_on_p(explanation.method),
    }


def serialize_values(explanation: Explanation) -> bytes:
    """The arrays as little-endian float32, one after another, row-major; NaN where a value is unknown.

    Of the symmetric matrices only the upper triangle is there, row by row, without the diagonal.
    """
    upper = np.triu_indices(explanation.n_players, k=1)
    blocks = []
    for name in ARRAYS:
        array: FloatArray | None = getattr(explanation, name)
        if array is not None:
            blocks.append((array[upper] if name in SYMMETRIC else array).ravel())
    return np.concatenate(blocks).astype("<f4").tobytes()


def data_url(image: Image) -> str:
    """A data URL of the picture."""
    kind, data = encoded(image)
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def encoded(image: Image) -> tuple[str, bytes]:
    """The picture as a file of type "png" or "jpeg", whichever is smaller."""
    picture = image.convert("RGB")
    picture.thumbnail((MAX_PICTURE_SIDE, MAX_PICTURE_SIDE), Resampling.LANCZOS)
    files = {"png": io.BytesIO(), "jpeg": io.BytesIO()}
    picture.save(files["png"], "PNG", optimize=True)
    picture.save(files["jpeg"], "JPEG", quality=92)
    return min(((kind, file.getvalue()) for kind, file in files.items()), key=lambda item: len(item[1]))


def continues_word(caption: str, tokens: tuple[str, ...]) -> list[bool]:
    """For each token, whether it continues the word of the token before it, with no space between them in the caption.

    A token that is not found in the caption, as some tokenizers normalise text, starts a word.
    """
    text, end, joined, missed = caption.casefold(), 0, [], False
    for token in tokens:
        piece = token.strip().casefold()
        start = text.find(piece, end) if piece else -1
        # Words before the match belong to tokens that were missed; without any, the match is a later occurrence.
        if not missed and any(character.isalnum() for character in text[end : max(start, end)]):
            start = -1
        joined.append(start == end and end > 0)
        missed = start < 0 and piece != ""
        end = end if start < 0 else start + len(piece)
    return joined
