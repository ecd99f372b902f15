"""Array and callback types that are shared by several rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import IO, TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

if TYPE_CHECKING:
    from torch import Tensor

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

MODES = ("attribution", "conditional", "links", "subset", "masks", "matrix")
"""What a view shows of an explanation, one at a time."""

CropBox: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom edge of a part of a picture, as shares of its width and height."""

Selection: TypeAlias = "int | str | Sequence[int | str] | npt.NDArray[np.integer]"
"""One token or several, by index or by name, as in 54, "dog" and ["dog", "patch 3,2"]."""

Players: TypeAlias = tuple[int, ...]
"""Indices of players in ascending order: one for an attribution, two or three for an interaction."""

ImageLike: TypeAlias = (
    "str | PathLike[str] | Image | npt.NDArray[np.generic] | Tensor | bytes | bytearray | memoryview | IO[bytes]"
)
"""A path, a PIL image, an array, a tensor, or an encoded image as bytes or as a file that is open in binary mode.

Arrays and tensors are (height, width), or have 1, 3 or 4 channels before or after these, or are a batch of one such
image. Where channels may be first or last, as in (3, 3, 3), they are last in an array and first in a tensor.
"""

Progress: TypeAlias = bool | Callable[[float], None]
"""Whether to show a progress bar, or a callback that receives the share of the work done, from 0 to 1."""

OnBatch: TypeAlias = Callable[[int], object]
"""A callback that receives the number of masks in each batch that was just encoded."""

StopCondition: TypeAlias = Callable[[], bool]
"""A callback that is polled between batches; true ends the work."""
