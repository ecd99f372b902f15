"""What is visible in painted scenes."""

from __future__ import annotations

import numpy as np

from fixlip_widget.demo.scenes import Scene, paint
from fixlip_widget.typing import BoolArray


def object_masks(scene: Scene, size: int) -> BoolArray:
    """(n_items, size, size): the visible pixels of each item."""
    owners = paint(scene, size)[1]
    return np.stack([owners == index + 1 for index in range(len(scene.items))])
