from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page

from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.png import render_png
from fixlip_widget.widget.svg import write_svg
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG = 50


def test_a_browser_draws_the_svg_as_the_png_is_painted(page: Page, tmp_path: Path) -> None:
    sheet = draw(hydrant(), (DOG, 10))
    width, height = sheet.width, sheet.height
    write_svg(hydrant(), tmp_path / "dog.svg", (DOG, 10))
    page.set_viewport_size({"width": width // 2, "height": height // 2})
    page.goto((tmp_path / "dog.svg").as_uri())
    seen = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"), dtype=float)
    with Image.open(io.BytesIO(render_png(sheet))) as painted:
        expected = np.asarray(painted.convert("RGB").resize((width // 2, height // 2)), dtype=float)
    difference = np.abs(seen - expected)
    assert difference.mean() < 2  # of 255: letters and edges differ by a hair
    assert np.percentile(difference, 99) < 70
