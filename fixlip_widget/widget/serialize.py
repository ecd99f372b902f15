"""What crosses to the browser: an explanation as JSON, bytes and a data URL. The reader is `js/src/data.ts`."""

from __future__ import annotations

import base64
import io
import math
from typing import TypedDict

import numpy as np
from PIL.Image import Image, Resampling

from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS, keeps_with_probability

PICTURE_SIDE = 768
"""Pixels of the longer side of a picture, at most: sharp on a dense screen, small in a file."""


class State(TypedDict):
    """The traits that an explanation determines."""

    meta: dict[str, object]
    values: bytes
    picture: str


def encode(explanation: Explanation) -> State:
    """The state that shows this explanation."""
    return {
        "meta": encode_meta(explanation),
        "values": encode_values(explanation),
        "picture": encode_image(explanation),
    }


def encode_image(explanation: Explanation) -> str:
    """The picture as a data URL, or nothing where there is none."""
    return "" if explanation.image is None else encode_picture(explanation.image)


def encode_meta(explanation: Explanation) -> dict[str, object]:
    """All that is not a number per token or pair."""
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
        "p": encode_p(explanation) if keeps_with_probability(explanation.method) else None,
        "masks": None if None in masks else list(masks),
        "baseline": predicted_empty(explanation),
        "shrinkage": explanation.shrinkage,
        "triples": explanation.third is not None,
        "index": explanation.index,
        "method": explanation.method,
        "model": explanation.model,
    }


def encode_p(explanation: Explanation) -> float | list[float]:
    """The chance of keeping a token, or of keeping a patch and a word."""
    return list(explanation.p) if isinstance(explanation.p, tuple) else explanation.p


def predicted_empty(explanation: Explanation) -> float | None:
    """The predicted value of the game where nothing is kept; None for methods that predict nothing."""
    method = METHODS.get(explanation.method)
    if method is not None and method.inside:
        return None
    return finite(float(explanation.predict(np.zeros(explanation.n_players))[0]))


def finite(number: float | None) -> float | None:
    """The number, if it is one: JSON knows no other."""
    return number if number is not None and math.isfinite(number) else None


def encode_values(explanation: Explanation) -> bytes:
    """Little-endian float32: n attributions, then the n(n−1)/2 interactions of the upper triangle, row by row.

    At third order the triples follow, pairs of patches × words, then patches × pairs of words. Where standard errors
    were estimated, theirs come after all values in the same layout, NaN where one kind is unknown.
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


def encode_picture(image: Image) -> str:
    """A data URL, as PNG or JPEG, whichever is smaller: drawings and photographs each find theirs."""
    picture = image.convert("RGB")
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Resampling.LANCZOS)
    files = {"png": io.BytesIO(), "jpeg": io.BytesIO()}
    picture.save(files["png"], "PNG", optimize=True)
    picture.save(files["jpeg"], "JPEG", quality=92)
    kind, file = min(files.items(), key=lambda item: len(item[1].getvalue()))
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def continues_word(caption: str, tokens: tuple[str, ...]) -> list[bool]:
    """For each token, whether it continues the one before it: no space parts them in the caption.

    A token that is not found in the caption stands alone: some tokenisers rewrite what they read.
    """
    text, end, joined, lost = caption.casefold(), 0, [], False
    for token in tokens:
        piece = token.strip().casefold()
        start = text.find(piece, end) if piece else -1
        # Words passed over belong to tokens lost before; if there were none, the hit is another token's.
        if not lost and any(letter.isalnum() for letter in text[end : max(start, end)]):
            start = -1
        joined.append(start == end and end > 0)
        lost = start < 0 and piece != ""
        end = end if start < 0 else start + len(piece)
    return joined
