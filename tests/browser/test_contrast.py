"""Colours of values are legible on any photograph, by the CIEDE2000 difference, patch by patch."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cairosvg
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser
from skimage import color

from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import FloatArray
from fixlip_widget.widget.canvas import Photo
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.layout import PAGE
from fixlip_widget.widget.png import paint
from fixlip_widget.widget.svg import to_svg
from tests.browser.photographs import NAMES, SIDE, explain
from tests.browser.view import opened

pytestmark = pytest.mark.browser

skimage: Any = color  # without types

HALF = 0.499  # of the scale: from a half on, patches carry a sign as well
VISIBLE, DISTINCT = 12, 40
Pixels: TypeAlias = FloatArray


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_half_the_scale_is_seen_on_a_page(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], name: str
) -> None:
    side = 14
    with browser.new_context(viewport={"width": 1000, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()

        def seen(explanation: Explanation) -> Pixels:
            explanation.to_html(tmp_path / "page.html")
            picture = opened(page, tmp_path / "page.html").root.locator(".fixlip-picture")
            with Image.open(io.BytesIO(picture.screenshot())) as shot:
                return np.asarray(shot.convert("RGB").resize((SIDE, SIDE)), dtype=float)

        zero, red, blue = (seen(explain(name, side, np.full(side**2, value))) for value in (0, HALF, -HALF))
        assert_legible(zero, red, blue, side)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["png", "svg"])
def test_half_the_scale_is_seen_in_stills(form: str, name: str) -> None:
    def seen(explanation: Explanation) -> Pixels:
        canvas = draw(explanation)
        if form == "png":
            still = paint(canvas)
        else:
            svg = to_svg(canvas, "photograph")
            still = Image.open(io.BytesIO(cairosvg.svg2png(svg.encode(), output_width=canvas.width))).convert("RGB")
        top = next(shape.y for shape in canvas.shapes if isinstance(shape, Photo))
        side = PAGE.inner_width
        picture = still.crop((PAGE.margin, top, PAGE.margin + side, top + side))
        return np.asarray(picture.resize((SIDE, SIDE)), dtype=float)

    zero, red, blue = (seen(explain(name, 7, np.full(49, value))) for value in (0, HALF, -HALF))
    assert_legible(zero, red, blue, 7)


def assert_legible(zero: Pixels, red: Pixels, blue: Pixels, side: int) -> None:
    """Pixels (SIDE, SIDE, 3) of pictures with patches at zero, at half the scale, and at minus half of it."""
    for one, other, least in ((zero, red, VISIBLE), (zero, blue, VISIBLE), (red, blue, DISTINCT)):
        labs = skimage.rgb2lab(one / 255), skimage.rgb2lab(other / 255)  # (SIDE, SIDE, 3) each
        difference: FloatArray = skimage.deltaE_ciede2000(*labs)  # (SIDE, SIDE)
        size = SIDE // side
        patches = difference.reshape(side, size, side, size).mean(axis=(1, 3))  # (side, side)
        assert patches.min() >= least
