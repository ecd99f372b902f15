"""The wire format: an explanation as JSON, bytes and a data URL, which `js/src/deserialize.ts` reads in the browser."""

from __future__ import annotations

import base64
import io
import math
from typing import TypedDict

import numpy as np
from PIL.Image import Image, Resampling

from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS, depends_on_p

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
    """The image as a data URL; empty where there is none."""
    return "" if explanation.image is None else data_url(explanation.image)


def serialize_meta(explanation: Explanation) -> dict[str, object]:
    """Everything but the values of tokens, pairs and triples and the image."""
    rows, columns = explanation.grid
    image, masks = explanation.image, (explanation.n_image_masks, explanation.n_text_masks)
    return {
        "grid": [rows, columns],
        "size": [columns, rows] if image is None else list(image.size),
        "caption": explanation.caption,
        "tokens": list(explanation.tokens),
        "joined": continues_word(explanation.caption, explanation.tokens[rows * columns :]),
        "similarity": explanation.full_value,
        "empty": explanation.empty_value,
        "units": explanation.units,
        "r2": finite(explanation.r2),
        "p": serialize_p(explanation) if depends_on_p(explanation.method) else None,
        "masks": None if None in masks else list(masks),
        "baseline": predicted_empty(explanation),
        "shrinkage": explanation.shrinkage,
        "triples": explanation.third is not None,
        "index": explanation.index,
        "method": explanation.method,
        "model": explanation.model,
    }


def serialize_p(explanation: Explanation) -> float | list[float]:
    """The probability of keeping a token, or of keeping a patch and a caption token."""
    return list(explanation.p) if isinstance(explanation.p, tuple) else explanation.p


def predicted_empty(explanation: Explanation) -> float | None:
    """The predicted value of the game with no token kept; None for methods that predict no similarity."""
    method = METHODS.get(explanation.method)
    if method is not None and method.white_box:
        return None
    return finite(float(explanation.predict(np.zeros(explanation.n_players))[0]))


def finite(number: float | None) -> float | None:
    """The number, or None where it is not finite, which JSON cannot represent."""
    return number if number is not None and math.isfinite(number) else None


def serialize_values(explanation: Explanation) -> bytes:
    """Little-endian float32: n attributions, then the n(n−1)/2 interactions of the upper triangle, row by row.

    At order 3 the triples follow: pairs of patches × tokens, then patches × pairs of tokens. Where standard errors were
    estimated they come after all values in the same layout, with NaN where one kind is unknown.
    """
    e = explanation
    upper = np.triu_indices(e.n_players, k=1)
    errors = e.second_order_errors()
    pair_errors = None if errors is None else errors[upper]
    kinds = [(e.first_order(), e.stderr_first_order), (e.second_order()[upper], pair_errors)]
    for values, their_errors in ((e.third_image, e.stderr_third_image), (e.third_text, e.stderr_third_text)):
        if values is not None:
            kinds.append((values, their_errors))
    blocks = [values for values, _ in kinds]
    if any(their_errors is not None for _, their_errors in kinds):
        blocks += [np.full(values.shape, np.nan) if errors is None else errors for values, errors in kinds]
    return np.concatenate([block.ravel() for block in blocks]).astype("<f4").tobytes()


def data_url(image: Image) -> str:
    """A data URL of the picture, as PNG or JPEG, whichever is smaller."""
    picture = image.convert("RGB")
    picture.thumbnail((MAX_PICTURE_SIDE, MAX_PICTURE_SIDE), Resampling.LANCZOS)
    files = {"png": io.BytesIO(), "jpeg": io.BytesIO()}
    picture.save(files["png"], "PNG", optimize=True)
    picture.save(files["jpeg"], "JPEG", quality=92)
    kind, file = min(files.items(), key=lambda item: len(item[1].getvalue()))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


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
