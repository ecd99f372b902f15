"""Once through everything a view can do, with pointer and keys, wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from fixlip_widget.explanation import Explanation
from tests.browser.view import View

WORD, FROM, TO, SWEPT = 50, 24, 32, {24, 25, 31, 32}  # of the 7 × 7 sample


def tour(page: Page, view: View, explanation: Explanation) -> None:
    """Everything but what needs several explanations or third order; ends as it began."""
    root = view.root
    title = root.locator(".fixlip-title")
    page.keyboard.press("Escape")
    view.token(WORD).hover()
    expect(title).to_have_text("with “dog”")
    expect(root.locator(".fixlip-tip")).to_be_visible()
    np.testing.assert_allclose(view.values(), explanation.conditional(WORD), atol=1e-5)

    sweep(page, view)
    assert view.selected() == SWEPT
    view.click(WORD, "Shift")
    np.testing.assert_allclose(view.values(), explanation.conditional([*sorted(SWEPT), WORD]), atol=1e-5)
    page.keyboard.press("ControlOrMeta+z")
    expect(view.token(WORD)).to_have_attribute("aria-selected", "false")
    view.choose("own")
    strongest = np.abs(explanation.conditional(sorted(SWEPT))).max()
    expect(root.locator(".fixlip-ends")).to_contain_text(f"+{strongest:.2f}")
    view.choose("fixed")

    view.mode("links")
    root.get_by_role("slider", name="number of links").fill("3")
    expect(root.locator(".fixlip-weave path")).to_have_count(3)
    root.get_by_role("checkbox", name="image–text").uncheck()
    expect(root.locator(".fixlip-weave path")).to_have_count(3)
    view.mode("subset")
    root.get_by_role("slider", name="size of the set").fill("6")
    expect(root.locator("[data-player]:not([data-outside])")).to_have_count(6)
    view.choose("lowest")
    expect(title).to_contain_text("lowest set")
    view.mode("attribution")
    page.keyboard.press("Escape")

    view.click(WORD, "Alt")
    mask = np.ones(explanation.n_players, dtype=bool)  # (n,)
    mask[WORD] = False
    predicted = explanation.empty_value + explanation.predict(mask)[0]
    expect(root.locator(".fixlip-what-if")).to_contain_text(f"predicted {predicted:.2f}")
    root.get_by_role("button", name="bring back").click()
    expect(root.locator(".fixlip-what-if")).to_be_hidden()

    root.get_by_label("options").click()
    before = view.colour(TO)
    root.get_by_role("slider", name="strength of the colours").fill("20")
    assert view.colour(TO) != before
    with page.expect_download() as download:
        root.get_by_role("button", name="JSON").click()
    np.testing.assert_allclose(
        json.loads(Path(download.value.path()).read_text())["first_order"], explanation.first_order(), atol=1e-5
    )
    root.get_by_label("options").click()


def sweep(page: Page, view: View) -> None:
    """Drag over the rectangle from one patch to another."""
    view.token(FROM).hover()
    page.mouse.down()
    view.token(TO).hover()
    page.mouse.up()
    view.settle()
