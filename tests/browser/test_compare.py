from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import fixlip_widget as fw
from tests.browser.conftest import Witness
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG = 50


def test_one_click_conditions_both_without_a_kernel(page: Page, witness: Witness, tmp_path: Path) -> None:
    one, other = hydrant(), hydrant(seed=1)
    fw.compare(one, other, titles=["first", "second"]).to_html(tmp_path / "two.html")
    page.context.set_offline(True)
    page.goto((tmp_path / "two.html").as_uri())
    views = [View(page.locator(".fixlip").nth(place)) for place in (0, 1)]
    views[0].click(DOG)
    for view, explanation in zip(views, (one, other), strict=True):
        np.testing.assert_allclose(view.values(), explanation.conditional(DOG), atol=1e-5)
        assert view.selected() == {DOG}
    page.get_by_role("radio", name="differences").check()
    expect(page.get_by_role("heading", name="second − first")).to_be_visible()
    difference = other.conditional(DOG) - one.conditional(DOG)
    np.testing.assert_allclose(views[1].values(), difference, atol=1e-5)
    assert witness.errors == []


def test_words_of_other_captions_are_aligned_and_controls_are_shared(
    page: Page, witness: Witness, tmp_path: Path
) -> None:
    one = hydrant()
    words = ("a", "dog", "and", "a", "yellow", "hydr", "ant", "here")
    other = hydrant(seed=1).replace(tokens=(*one.tokens[:49], *words), caption="a dog and a yellow hydrant here")
    fw.compare(one, other).to_html(tmp_path / "two.html")
    page.set_viewport_size({"width": 1040, "height": 900})
    page.goto((tmp_path / "two.html").as_uri())
    views = [View(page.locator(".fixlip").nth(place)) for place in (0, 1)]
    expect(page.get_by_role("heading", name="“a dog and a yellow hydrant here”")).to_be_visible()
    views[0].click(DOG)
    assert [view.selected() for view in views] == [{DOG}, {DOG}]
    views[1].click(49 + words.index("hydr"))
    assert [view.selected() for view in views] == [{49 + 6}, {49 + 5}]
    views[1].click(49 + words.index("here"))
    assert [view.selected() for view in views] == [set(), {49 + 7}]
    expect(page.locator(".fixlip-view").first).to_have_attribute("data-unable", "")
    shared = page.locator(".fixlip-shared")
    shared.get_by_role("button", name="clear").click()
    shared.get_by_role("radio", name="links").check()
    for view in views:
        expect(view.root).to_have_attribute("data-mode", "links")
    # Every control is there once.
    for name in ("links", "grey", "common"):
        expect(page.get_by_role("radio", name=name).locator("visible=true")).to_have_count(1)
    shared.get_by_role("radio", name="attribution").check()
    bar = page.locator(".fixlip-bars > .fixlip-bar").locator("visible=true").first
    player = int(bar.get_attribute("data-bar") or "")
    bar.click()
    assert player in views[0].selected() | views[1].selected() or player >= 57
    assert witness.errors == []
