from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

import fixlip_widget as fw
from tests.browser.axe import axe_script, violations
from tests.browser.view import View, opened
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG = 50
LASTING = """[...document.querySelectorAll(".fixlip *")].filter(element => {
  const { transitionDuration, animationName } = getComputedStyle(element);
  return transitionDuration !== "0s" || animationName !== "none";
}).map(element => element.className)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    axe = axe_script()
    hydrant(triples=True).replace(shrinkage=0.8).to_html(tmp_path / "dog.html")
    with browser.new_context(color_scheme=scheme, viewport={"width": 1000, "height": 900}) as context:
        page = context.new_page()
        view = opened(page, tmp_path / "dog.html")
        page.add_script_tag(content=axe)
        view.click(31, "Alt")
        page.mouse.move(0, 0)
        found = {"attribution": violations(page)}
        view.click(DOG)
        page.mouse.move(0, 0)
        found["conditional"] = violations(page)
        view.click(31, "Shift")
        view.choose("joint")
        found["joint"] = violations(page)
        for mode in ("links", "subset", "masks", "matrix"):
            view.mode(mode)
            found[mode] = violations(page)
        view.root.get_by_label("options").click()
        found["menu"] = violations(page)
        fw.compare(hydrant(), hydrant(seed=1)).to_html(tmp_path / "two.html")
        page.goto((tmp_path / "two.html").as_uri())
        View(page.locator(".fixlip").last)
        page.add_script_tag(content=axe)
        found["compare"] = violations(page)
        page.get_by_role("radio", name="differences").check()
        View(page.locator(".fixlip").last).click(DOG)
        found["differences"] = violations(page)
        assert found == {name: [] for name in found}


def test_nothing_moves_for_whoever_asks_for_less_motion(browser: Browser, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    with browser.new_context(reduced_motion="reduce") as context:
        page = context.new_page()
        view = opened(page, tmp_path / "dog.html")
        for mode in ("links", "subset", "masks", "matrix", "attribution"):
            view.mode(mode)
            view.token(DOG).hover()
            assert page.evaluate("document.getAnimations().length") == 0
            assert page.evaluate(LASTING) == []


@pytest.mark.parametrize("zoom", [1, 2])
def test_a_narrow_page_needs_no_sideways_scrolling(browser: Browser, tmp_path: Path, zoom: int) -> None:
    # A page at 200 % zoom has half the width and twice the dots.
    hydrant().to_html(tmp_path / "dog.html")
    width = 720 // zoom
    with browser.new_context(viewport={"width": width, "height": 800}, device_scale_factor=zoom) as context:
        page = context.new_page()
        view = opened(page, tmp_path / "dog.html")
        view.click(31, "Alt")
        for mode in ("attribution", "links", "subset", "masks", "matrix"):
            view.mode(mode)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        view.root.get_by_label("options").click()
        box = view.root.locator(".fixlip-menu-list").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
