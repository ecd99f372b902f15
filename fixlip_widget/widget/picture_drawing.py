"""The picture of a still figure: grey, with its patches in the colors of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fixlip_widget.widget.canvas import Box, Photo, Shape, Stripes, Text
from fixlip_widget.widget.color_scale import LOWER, MAX_OPACITY, PICTURE_OPACITY, RAISE, SIGN_THRESHOLD
from fixlip_widget.widget.displayed_values import displayed_picture
from fixlip_widget.widget.frame import Frame
from fixlip_widget.widget.layout import BACKGROUND, INK, NO_PICTURE, Layout

MIN_SIGN, MAX_SIGN = 8, 44
UNSEEN_OPACITY = 0.65
"""Opacity of the background over the part of a picture that the model does not see."""
OUTSIDE_OPACITY = 0.22
"""Opacity of the picture in patches that are not in the set."""
STRIPE_OPACITY = 1.3
"""Opacity of stripes relative to that of a filled patch, as they cover less."""
MIN_STRIPE_OPACITY = 0.12
GREY = (0.2126, 0.7152, 0.0722, 0.0)
"""Weights of the channels in the brightness of a pixel, those of browsers."""


@dataclass(frozen=True, eq=False)
class PictureDrawing:
    """The shapes of a picture; `patches` are where its patches lie, and `bottom` its lower edge."""

    shapes: list[Shape]
    patches: list[Box]
    bottom: int
    has_signs: bool


def draw_picture(frame: Frame, layout: Layout, top: int) -> PictureDrawing:
    """The picture with its upper edge at `top`."""
    rows, columns = frame.explanation.grid
    source, crop_box = displayed_picture(frame.explanation)
    ratio = source.width / source.height if source else columns / rows
    width = max(1, min(layout.inner_width, round(layout.width * ratio)))
    left = (layout.width - width) // 2 if layout.is_figure else layout.margin
    height = min(2 * layout.width, max(1, round(width / ratio)))  # of a line both limits hold
    whole = Box(left, top, width, height)
    seen = _part(whole, crop_box)
    patches = _patch_boxes(frame, seen)
    members = [patches[player] for player in frame.members if player < len(patches)]
    picture = faded(source, whole) if frame.mode != "subset" else with_members(source, whole, members)
    shapes: list[Shape] = [Photo(left, top, picture), *_surroundings(whole, seen)]
    shapes += [
        _striped(patch) if uncertain else patch
        for patch, uncertain in zip(patches, frame.uncertain, strict=False)
        if patch.width and patch.height and frame.mode != "subset"
    ]
    if frame.mode == "subset":
        shapes += [mark for box in members for mark in (outlined(box, 0, BACKGROUND, 3), outlined(box, -3, INK, 2))]
    signs = [] if frame.mode == "subset" else _signs(frame, patches)
    return PictureDrawing(
        [*shapes, *signs, *_selection_marks(frame, patches)], patches, top + whole.height, bool(signs)
    )


def faded(source: Image.Image | None, whole: Box, opacity: float = PICTURE_OPACITY) -> Image.Image:
    """The picture as it is under the colors, grey and lightened; blank where there is none."""
    size = (whole.width, whole.height)
    if source is None:
        return Image.new("RGB", size, NO_PICTURE)
    grey = source.convert("RGB").resize(size).convert("L", GREY).convert("RGB")
    return Image.blend(Image.new("RGB", size, BACKGROUND), grey, opacity)


def with_members(source: Image.Image | None, whole: Box, members: Sequence[Box]) -> Image.Image:
    """The picture with the patches of a set as they are, and all others faded."""
    picture = faded(source, whole, OUTSIDE_OPACITY)
    if source is not None:
        colored = source.convert("RGB").resize(picture.size)
        for box in members:
            left, top = box.x - whole.x, box.y - whole.y
            picture.paste(colored.crop((left, top, left + box.width, top + box.height)), (left, top))
    return picture


def tint(frame: Frame, value: float) -> tuple[str, float]:
    """Color and opacity of a value."""
    return RAISE if value > 0 else LOWER, MAX_OPACITY * frame.tint_strength(value)


def edges(length: int, parts: int) -> npt.NDArray[np.int64]:
    """(parts + 1,) boundaries that divide a length as evenly as possible."""
    return np.rint(np.linspace(0, length, parts + 1)).astype(np.int64)


def outlined(box: Box, by: int, color: str, line: int) -> Box:
    """An outline around a box, `by` units larger on every side."""
    return Box(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by, outline=color, line=line)


def _part(whole: Box, crop_box: Sequence[float]) -> Box:
    left, right = (whole.x + round(whole.width * edge) for edge in crop_box[::2])
    top, bottom = (whole.y + round(whole.height * edge) for edge in crop_box[1::2])
    return Box(left, top, right - left, bottom - top)


def _patch_boxes(frame: Frame, seen: Box) -> list[Box]:
    rows, columns = frame.explanation.grid
    xs, ys = (edges(seen.width, columns) + seen.x).tolist(), (edges(seen.height, rows) + seen.y).tolist()
    return [
        Box(xs[c], ys[r], xs[c + 1] - xs[c], ys[r + 1] - ys[r], *tint(frame, float(frame.values[r * columns + c])))
        for r in range(rows)
        for c in range(columns)
    ]


def _surroundings(picture: Box, seen: Box) -> list[Shape]:
    """Fade what the model does not see, and outline what it sees."""
    below, beside = seen.y + seen.height, seen.x + seen.width
    surroundings = [
        Box(picture.x, picture.y, picture.width, seen.y - picture.y, BACKGROUND, UNSEEN_OPACITY),
        Box(picture.x, below, picture.width, picture.y + picture.height - below, BACKGROUND, UNSEEN_OPACITY),
        Box(picture.x, seen.y, seen.x - picture.x, seen.height, BACKGROUND, UNSEEN_OPACITY),
        Box(beside, seen.y, picture.x + picture.width - beside, seen.height, BACKGROUND, UNSEEN_OPACITY),
    ]
    visible: list[Shape] = [box for box in surroundings if box.width and box.height]
    return [*visible, *([outlined(seen, 2, INK, 2)] if visible else ())]


def _striped(box: Box) -> Stripes:
    """The tint of a box as stripes, for values within their standard error."""
    opacity = min(1.0, max(MIN_STRIPE_OPACITY, STRIPE_OPACITY * box.opacity))
    return Stripes(box.x, box.y, box.width, box.height, box.fill or BACKGROUND, opacity)


def _signs(frame: Frame, patches: Sequence[Box]) -> list[Shape]:
    size = min(MAX_SIGN, patches[0].width // 3, patches[0].height // 2)
    if size < MIN_SIGN:
        return []
    return [
        _sign(patch, "+" if value > 0 else "−", size)
        for patch, value, uncertain in zip(patches, frame.values.tolist(), frame.uncertain, strict=False)
        if frame.tint_strength(value) >= SIGN_THRESHOLD and not uncertain
    ]


def _sign(patch: Box, sign: str, size: int) -> Text:
    x, y = patch.x + patch.width / 2, patch.y + patch.height / 2
    return Text(x, y, sign, size, BACKGROUND, "middle", INK)


def _selection_marks(frame: Frame, patches: Sequence[Box]) -> list[Shape]:
    chosen = [patches[player] for player in frame.selected if player < len(patches)]
    return [mark for patch in chosen for mark in (outlined(patch, 6, INK, 3), outlined(patch, 3, BACKGROUND, 4))]
