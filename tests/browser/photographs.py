"""Real photographs, those of scikit-image, with explanations of a made-up model."""

from __future__ import annotations

from typing import Any

import numpy as np
import skimage.data
from PIL import Image

from fixlip_widget.explanation import Explanation
from fixlip_widget.player_names import patch_names
from fixlip_widget.typing import FloatArray

NAMES = ("astronaut", "chelsea", "coffee", "rocket")
SIDE = 448


def photograph(name: str) -> Image.Image:
    """The middle of the picture, as a model of square images sees it."""
    load: Any = getattr(skimage.data, name)
    picture = Image.fromarray(load())
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    return picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))


def explain(name: str, side: int, values: FloatArray) -> Explanation:
    """Attributions of the patches as given (side², ), and of one word that sets the scale to ±1."""
    n = side * side + 1
    return Explanation(
        first=np.append(values, 1.0),
        second=np.zeros((n, n)),
        tokens=(*patch_names((side, side)), "photograph"),
        grid=(side, side),
        caption="photograph",
        image=photograph(name),
        baseline_value=0.0,
        empty_value=1.0,
        full_value=2.0,
        p=0.5,
        max_order=2,
        index="FWBII",
        method="fixlip",
        model="made-up",
        estimated=False,
    )
