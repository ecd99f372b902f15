"""What is saved as SVG looks the same in a browser and in cairosvg, which knows neither filters nor style sheets."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Page

from fixlip_widget.widget.frame import STILL_MODES
from fixlip_widget.widget.svg import write_svg
from tests.browser.test_export import FloatArray, blocks, saved
from tests.browser.view import opened
from tests.widget.samples import cropped, hydrant

pytestmark = pytest.mark.browser

DOG, PATCH = 50, 24
WORST, MEAN = 60, 2.5  # of 255, of blocks: fonts differ by a hair, shapes and colours do not


def test_every_view_that_the_page_saves(page: Page, tmp_path: Path) -> None:
    hydrant(triples=True).to_html(tmp_path / "dog.html")
    page.set_viewport_size({"width": 1000, "height": 900})
    view = opened(page, tmp_path / "dog.html")

    def take(name: str) -> Path:
        page.mouse.move(0, 0)
        return saved(page, view, "SVG", tmp_path).rename(tmp_path / f"{name}.svg")

    files = [take("attribution")]
    view.click(DOG)
    files.append(take("conditional"))
    view.mode("links")
    files.append(take("links"))
    view.mode("subset")
    files.append(take("subset"))
    view.mode("attribution")
    page.keyboard.press("Escape")
    view.click(PATCH, "Alt")
    files.append(take("what-if"))
    for file in files:
        assert_same(page, file)


def test_a_picture_of_which_the_model_sees_a_part(page: Page, tmp_path: Path) -> None:
    cropped().to_html(tmp_path / "cropped.html")
    page.set_viewport_size({"width": 1000, "height": 900})
    view = opened(page, tmp_path / "cropped.html")
    assert_same(page, saved(page, view, "SVG", tmp_path))


def test_stills_and_figures_of_python(page: Page, tmp_path: Path) -> None:
    write_svg(hydrant(), tmp_path / "dog.svg", (DOG, 10))
    write_svg(cropped(), tmp_path / "cropped.svg")
    for mode in STILL_MODES:
        selected = (DOG,) if mode == "conditional" else ()
        write_svg(hydrant(), tmp_path / f"{mode}.svg", selected, mode=mode, figure=True, width_mm=120)
    write_svg(hydrant(), tmp_path / "page-of-links.svg", mode="links")
    files = sorted(tmp_path.glob("*.svg"))
    assert len(files) == 3 + len(STILL_MODES)
    for file in files:
        assert_same(page, file)


UNKNOWN = {"class", "filter", "mask", "mix-blend-mode", "paint-order", "style", "vector-effect"}
"""Attributes that programs outside of browsers do not know, or not alike."""


def assert_same(page: Page, file: Path) -> None:
    for element in ElementTree.parse(file).iter():
        assert UNKNOWN.isdisjoint(element.keys()), element.tag
        # Outlines of letters lie over them in some programs, so that they are texts of their own.
        if element.tag.endswith("}text") and element.get("stroke", "none") != "none":
            assert element.get("fill") == "none", element.text
    drawn = pixels(cairosvg.svg2png(url=str(file)))
    height, width = drawn.shape[:2]
    tab = page.context.new_page()
    tab.set_viewport_size({"width": width, "height": height})
    tab.goto(file.as_uri())
    seen = pixels(tab.screenshot())
    tab.close()
    difference = np.abs(blocks(drawn) - blocks(seen))
    assert difference.max() < WORST, file.name
    assert difference.mean() < MEAN, file.name


def rendered(file: Path, width: int) -> FloatArray:
    """(height, width, 3) by cairosvg, blurred."""
    return pixels(cairosvg.svg2png(url=str(file), output_width=width))


def pixels(png: bytes) -> FloatArray:
    """(height, width, 3), blurred, as letters stand a little apart."""
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB").filter(ImageFilter.GaussianBlur(4)), dtype=float)
