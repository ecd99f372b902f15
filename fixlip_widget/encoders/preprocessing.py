"""From a picture to the pixels that a model takes, and where in the picture these lie.

The part of the picture that is shown is measured on the model's own preprocessing, whatever that is made of: images of
known content are sent through it, and what comes out tells how it resizes, crops and pads.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.errors import InputError
from fixlip_widget.typing import CropBox

SHORT_SIDE = 448
"""Pixels of the shorter side of the displayed picture."""
REACH = (2.0, 1.0, 0.5, -math.inf)
"""How far from the edges of the picture positions are measured, in pixels of the input or of the picture, whichever is
larger; nearer, filters see less than a whole neighbourhood. The first that leaves three."""
STRAIGHT = 0.75
"""How far, in pixels of the input or of the picture, a measured position may lie from the straight line through all."""
SNAP, SNAP_PIXELS = 5e-4, 200
"""Ends of the window are measured to this share of the picture's length, and of so many pixels more."""
LONG_SIDE = 3 * SHORT_SIDE
"""Most pixels of the longer side of a whole picture."""
MAX_SIDE = 4096
"""Most pixels of any side of what the model sees."""
MAX_STRETCH = 4.0
"""How far a whole picture may be from the aspect ratio of the input, to be displayed in its own."""
TOLERANCE = 0.02
"""Share of a picture that may be cropped, or of its aspect ratio that may change, before it is displayed whole."""
STEEP, SLIGHT = 235.0, 20.0
"""Levels of brightness that ramps grow by along their axis, and along the other."""
CACHED_SIZES = 64

Transform = Callable[[Image.Image], Tensor]
"""From an RGB picture to normalised pixels (3, H, W)."""


class Original(NamedTuple):
    """A whole picture, of which a model sees a part."""

    picture: Image.Image
    """At display resolution, with its own aspect ratio."""
    crop_box: CropBox
    """Where in it the part lies."""


class FieldOfView(NamedTuple):
    """The window of a picture that a model's input shows, in pixels of the picture; it may reach beyond the picture."""

    left: float
    top: float
    right: float
    bottom: float
    fill: tuple[int, int, int] = (0, 0, 0)
    """RGB colour of what lies beyond the picture."""

    def part(self, height: float, width: float) -> FieldOfView:
        """The upper left part, of this share of the height and the width."""
        right, bottom = self.left + (self.right - self.left) * width, self.top + (self.bottom - self.top) * height
        return self._replace(right=right, bottom=bottom)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels of the picture."""
        return self.right - self.left, self.bottom - self.top

    def around(self, picture: Image.Image) -> FieldOfView:
        """The smallest window that holds this one and the picture, of which at most as much again on each side."""
        width, height = self.size
        return FieldOfView(
            min(self.left, max(0.0, self.left - width)),
            min(self.top, max(0.0, self.top - height)),
            max(self.right, min(float(picture.width), self.right + width)),
            max(self.bottom, min(float(picture.height), self.bottom + height)),
            self.fill,
        )

    def original(self, picture: Image.Image, size: tuple[int, int]) -> Original | None:
        """The picture around the window, which is displayed at a size (width, height).

        None where the window shows nearly all of the picture in its own aspect ratio, and where that is so far from the
        window's that patches would be slivers.
        """
        whole = self.around(picture)
        cropped = max(length / part - 1 for length, part in zip(whole.size, self.size, strict=True))
        stretch = size[0] / self.size[0] * self.size[1] / size[1]
        stretch = max(stretch, 1 / stretch)
        if max(cropped, stretch - 1) <= TOLERANCE or stretch > MAX_STRETCH:
            return None
        zoom = min(SHORT_SIDE / min(self.size), LONG_SIDE / max(whole.size))
        width, height = (max(1, round(zoom * length)) for length in whole.size)
        left, right = ((x - whole.left) / whole.size[0] for x in (self.left, self.right))
        top, bottom = ((y - whole.top) / whole.size[1] for y in (self.top, self.bottom))
        return Original(whole.show(picture, (width, height)), (left, top, right, bottom))

    def show(self, picture: Image.Image, size: tuple[int, int]) -> Image.Image:
        """The window at a size (width, height), filled up where the picture ends."""
        scale = size[0] / self.size[0], size[1] / self.size[1]
        inner = (
            max(self.left, 0.0),
            max(self.top, 0.0),
            min(self.right, picture.width),
            min(self.bottom, picture.height),
        )
        start = round((inner[0] - self.left) * scale[0]), round((inner[1] - self.top) * scale[1])
        stop = round((inner[2] - self.left) * scale[0]), round((inner[3] - self.top) * scale[1])
        shape = max(stop[0] - start[0], 1), max(stop[1] - start[1], 1)
        shown = picture.resize(shape, Image.Resampling.BICUBIC, box=inner)
        if shape == size:
            return shown
        canvas = Image.new("RGB", size, self.fill)
        canvas.paste(shown, start)
        return canvas


class Preprocessor:
    """The preprocessing of a model, and what part of a picture it keeps.

    Args:
        transform: from an RGB picture to normalised pixels (3, H, W).
        name: of the model, for messages.
    """

    def __init__(self, transform: Transform, name: str) -> None:
        self._transform, self._name = transform, name
        self._views: dict[tuple[int, int], FieldOfView] = {}

    def __call__(self, picture: Image.Image) -> Tensor:
        """Normalised pixels (1, 3, H, W).

        Raises:
            InputError: where the preprocessing fails, or gives something else.
        """
        try:
            pixels: object = self._transform(picture)
        except Exception as error:
            raise InputError(
                f"The preprocessing of {self._name} fails on a picture of {picture.width}×{picture.height} pixels "
                f"({type(error).__name__}: {error}); give preprocess=, or another picture."
            ) from error
        if not isinstance(pixels, Tensor) or pixels.ndim != 3 or pixels.shape[0] != 3:
            got = tuple(pixels.shape) if isinstance(pixels, Tensor) else type(pixels).__name__
            raise InputError(
                f"The preprocessing of {self._name} gives {got}, not a tensor (3, height, width); mend it."
            )
        return pixels[None]

    def field_of_view(self, size: tuple[int, int]) -> FieldOfView:
        """The window that is kept of pictures of this size (width, height).

        Raises:
            InputError: where the preprocessing does more than to resize, crop and pad, so that no window exists.
        """
        if size not in self._views:
            if len(self._views) >= CACHED_SIZES:
                self._views.clear()
            self._views[size] = self._measure(size)
        return self._views[size]

    def shown(
        self, picture: Image.Image, pixels: Tensor, grid: tuple[int, int], patch_size: tuple[int, int]
    ) -> tuple[Image.Image, Original | None]:
        """What the model sees of a picture, at display resolution, and the whole picture where that is more.

        Where whole patches do not fill the pixels, the remainder at the bottom and on the right is cropped: the model
        does not see it, and the displayed grid covers the rest.
        """
        height, width = pixels.shape[2:]
        seen = grid[0] * patch_size[0], grid[1] * patch_size[1]
        zoom = min(SHORT_SIDE / min(height, width), MAX_SIDE / max(height, width))
        view = self.field_of_view(picture.size).part(seen[0] / height, seen[1] / width)
        size = round(seen[1] * zoom), round(seen[0] * zoom)
        return view.show(picture, size), view.original(picture, size)

    def _measure(self, size: tuple[int, int]) -> FieldOfView:
        black, white = (self._measured(Image.new("RGB", size, color)) for color in ("black", "white"))  # (3, H, W)
        gain = white - black  # (3, H, W), zero where the picture does not reach
        inside = (gain.abs() > 1e-6 * gain.abs().max()).all(dim=0)  # (H, W)
        if not inside.any():
            raise InputError(f"The preprocessing of {self._name} keeps nothing of a picture; give preprocess=.")
        across, down = (0.0, float(size[0])), (0.0, float(size[1]))
        # The second time, the levels of brightness are spread over the window alone.
        for _ in range(2):
            levels = 255 * ((self._measured(_ramps(size, across, down)) - black) / gain).nan_to_num()  # (3, H, W)
            x, y = (levels[:2] * STEEP - levels[:2].flip(0) * SLIGHT) / (STEEP**2 - SLIGHT**2)  # (H, W) each
            across = self._line((x * inside).sum(dim=0) / inside.sum(dim=0), across, size[0])
            down = self._line((y * inside).sum(dim=1) / inside.sum(dim=1), down, size[1])
        return FieldOfView(across[0], down[0], across[1], down[1], self._fill(black, gain, inside))

    def _measured(self, picture: Image.Image) -> Tensor:
        """The pixels (3, H, W) float64 of a picture, on the CPU as MPS has no float64."""
        return self(picture)[0].cpu().double()

    def _line(self, share: Tensor, ramp: tuple[float, float], length: int) -> tuple[float, float]:
        """From the shares of a ramp that were found along an axis, (L,), to the ends of the window on that axis."""
        if length <= 2:  # too few pixels to be measured
            return 0.0, float(length)
        places = share.isfinite().nonzero().flatten()  # (l,), without those where all is padding
        position = ramp[0] + share[places] * (ramp[1] - ramp[0])  # (l,)
        x = places.double() + 0.5  # (l,)
        if len(x) == 1:  # a thread, which this row or column shows whole
            start = length / 2 - length * float(x[0])
            return start, start + length * len(share)
        slope = float((position[-1] - position[0]) / (x[-1] - x[0]))
        from_edge = torch.minimum(position, length - position) / max(slope, 1.0)  # (l,)
        inner = next(kept for reach in REACH if (kept := from_edge >= reach).sum() >= min(3, len(x)))
        x, position = x[inner], position[inner]
        offset = x - x.mean()
        slope = float((offset * position).sum() / (offset**2).sum())
        start = float(position.mean() - slope * x.mean())
        error = float((position - start - slope * x).abs().max())
        if slope <= 0 or error > STRAIGHT * max(slope, 1.0) + (ramp[1] - ramp[0]) / STEEP:
            raise InputError(
                f"The preprocessing of {self._name} does more to a picture than resize, crop and pad, so that patches "
                "have no place in it; give preprocess= without flips and random changes."
            )
        start, stop = (_snapped(end, length) for end in (start, start + slope * len(share)))
        return start, stop

    def _fill(self, black: Tensor, gain: Tensor, inside: Tensor) -> tuple[int, int, int]:
        if inside.all():
            return 0, 0, 0
        row, column = inside.nonzero()[0].tolist()
        beyond = (~inside).nonzero()[0].tolist()
        level = (black[:, beyond[0], beyond[1]] - black[:, row, column]) / gain[:, row, column]  # (3,)
        red, green, blue = (255 * level).round().clamp(0, 255).int().tolist()
        return red, green, blue


def _snapped(end: float, length: int) -> float:
    """The edge of the picture for an end of the window that is as near as can be measured."""
    near = [edge for edge in (0.0, float(length)) if abs(end - edge) <= SNAP * (length + SNAP_PIXELS)]
    return near[0] if near else end


def _ramps(size: tuple[int, int], across: tuple[float, float], down: tuple[float, float]) -> Image.Image:
    """A picture whose red grows to the right and whose green downwards, between the ends given.

    Each grows a little along the other axis too, so that rounding to levels averages out over rows and columns.
    """
    x, y = (
        np.clip((np.arange(length) + 0.5 - start) / (stop - start), 0, 1)
        for length, (start, stop) in zip(size, (across, down), strict=True)
    )
    red = STEEP * x[None, :] + SLIGHT * y[:, None]  # (h, w)
    green = STEEP * y[:, None] + SLIGHT * x[None, :]  # (h, w)
    return Image.fromarray(np.stack([red, green, np.zeros_like(red)], axis=2).round().astype(np.uint8))
