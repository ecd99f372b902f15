from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Witness
from tests.browser.tour import tour
from tests.browser.view import opened
from tests.widget.samples import hydrant, oblong

pytestmark = pytest.mark.browser

DOG = 50
TOLERANCE = 1e-5


def test_hovering_previews_and_dragging_sweeps(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    title = view.root.locator(".fixlip-title")
    view.token(DOG).hover()
    expect(title).to_have_text("with “dog”")
    np.testing.assert_allclose(view.values(), explanation.conditional(DOG), atol=TOLERANCE)
    assert view.selected() == set()
    page.mouse.move(0, 0)
    expect(title).to_have_text("strongest attributions")
    np.testing.assert_allclose(view.values(), explanation.first_order(), atol=TOLERANCE)

    view.token(24).hover()
    page.mouse.down()
    view.token(32).hover()
    assert view.selected() == {24, 25, 31, 32}
    page.mouse.up()
    expect(title).to_have_text("strongest with 4 tokens")
    np.testing.assert_allclose(view.values(), explanation.conditional([24, 25, 31, 32]), atol=TOLERANCE)
    page.keyboard.press("Escape")
    expect(title).to_have_text("strongest attributions")
    page.keyboard.press("ControlOrMeta+z")
    assert view.selected() == {24, 25, 31, 32}
    assert witness.errors == []


def test_a_finger_selects_adds_and_switches_off(browser: Browser, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    with browser.new_context(has_touch=True, viewport={"width": 420, "height": 900}) as context:
        page = context.new_page()
        view = opened(page, tmp_path / "dog.html")
        view.token(24).tap()
        assert view.selected() == {24}
        box = view.token(31).bounding_box()
        assert box
        finger = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        session = context.new_cdp_session(page)
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        expect(view.token(31)).to_have_attribute("aria-selected", "true")
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert view.selected() == {24, 31}
        np.testing.assert_allclose(view.values(), explanation.conditional([24, 31]), atol=TOLERANCE)
        view.root.get_by_role("button", name="switch off").tap()
        expect(view.root.locator(".fixlip-what-if")).to_contain_text("without patch 3,3, patch 4,3")
        view.root.get_by_role("button", name="clear").tap()
        assert view.selected() == set()


def test_everything_in_an_exported_page(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant(triples=True)
    explanation.to_html(tmp_path / "dog.html")
    tour(page, opened(page, tmp_path / "dog.html"), explanation)
    assert witness.errors == []


def test_the_joint_effect_of_two_tokens(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = oblong(triples=True)
    explanation.to_html(tmp_path / "third.html")
    view = opened(page, tmp_path / "third.html")
    view.click(4)
    view.click(17, "Shift")
    np.testing.assert_allclose(view.values(), explanation.conditional([4, 17]), atol=TOLERANCE)
    view.root.get_by_role("radio", name="joint").check()
    np.testing.assert_allclose(view.values(), explanation.conditional([4, 17], joint=True), atol=TOLERANCE)
    expect(view.root.locator(".fixlip-title")).to_have_text("beyond the sum: patch 0,4 × “\u2068שלום\u2069” together")
    assert witness.errors == []
