from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.portraits import FOLDER, SCHEMES, VIEWS, portraits

pytestmark = pytest.mark.browser

BLOCK = 8  # pixels: edges drawn a hair apart are alike, a patch or bar of another colour is not
WORST, MEAN = 40, 1.5  # of 255


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_view_looks_as_it_did(browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    taken = portraits(browser, scheme, tmp_path)
    assert set(taken) == set(VIEWS)
    for name, picture in taken.items():
        with Image.open(FOLDER / f"{name}-{scheme}.png") as known:
            assert picture.size == known.size, name
            difference = np.abs(blocks(picture) - blocks(known))
        picture.save(tmp_path / f"{name}.png")  # to look at where it differs
        assert difference.max() < WORST, name
        assert difference.mean() < MEAN, name


def blocks(picture: Image.Image) -> npt.NDArray[np.float64]:
    """Mean colour of each block of pixels."""
    size = (-(-picture.width // BLOCK), -(-picture.height // BLOCK))
    return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BOX), dtype=np.float64)
