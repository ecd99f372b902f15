"""Array and callback types that are shared by several rooms."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Players: TypeAlias = tuple[int, ...]
"""Indices of players in ascending order: one for an attribution, two or three for an interaction."""

ImageLike: TypeAlias = str | PathLike[str] | Image | npt.NDArray[np.generic]
"""A path, a PIL image, or an array (height, width[, channels])."""

Progress: TypeAlias = bool | Callable[[float], None]
"""Whether to show a progress bar, or a callback that receives the share of the work done, from 0 to 1."""

OnBatch: TypeAlias = Callable[[int], object]
"""A callback that receives the number of masks in each batch that was just encoded."""

StopCondition: TypeAlias = Callable[[], bool]
"""A callback that is polled between batches; true ends the work."""
