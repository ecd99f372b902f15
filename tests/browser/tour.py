"""Once through everything a view can do, with pointer and keys, wherever it is shown."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.schema import ARRAYS, EXAMPLES, SYMMETRIC
from tests.browser.view import View

WORD, FROM, TO, SWEPT = 50, 24, 32, {24, 25, 31, 32}  # of the 7 × 7 sample
PIECES = [55, 56]  # of its last word


def tour(page: Page, view: View, explanation: Explanation) -> None:
    """Everything that one explanation, of third order, can show; ends as it began."""
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

    view.click(TO)
    view.click(WORD, "Shift")
    view.choose("joint")
    np.testing.assert_allclose(view.values(), explanation.conditional([TO, WORD], joint=True), atol=1e-5)
    expect(title).to_have_text("beyond the sum: patch 4,4 × “dog” together")
    view.choose("sum")

    view.mode("links")
    root.get_by_role("slider", name="number of links").fill("3")
    expect(root.locator(".fixlip-link-overlay path")).to_have_count(3)
    root.get_by_role("checkbox", name="image–text").uncheck()
    expect(root.locator(".fixlip-link-overlay path")).to_have_count(3)
    root.get_by_role("checkbox", name="image–text").check()
    page.keyboard.press("Escape")
    view.choose("strength")
    root.get_by_role("slider", name="least strength").fill("0.9")
    strengths = np.abs(explanation.second_order()[np.triu_indices(explanation.n_players, 1)])
    strong = int((strengths >= 0.9 * strengths.max()).sum())
    expect(root.locator(".fixlip-link-overlay path")).to_have_count(strong)
    view.choose("number")
    view.mode("subset")
    root.get_by_role("slider", name="size of the set").fill("6")
    expect(root.locator("[data-player]:not([data-outside])")).to_have_count(6)
    expect(root.locator(".fixlip-graph .fixlip-node:visible")).to_have_count(6)
    view.choose("lowest")
    expect(title).to_contain_text("lowest set")
    view.mode("attribution")
    page.keyboard.press("Escape")

    view.click(WORD)
    page.keyboard.press("Delete")
    mask = np.ones(explanation.n_players, dtype=bool)  # (n,)
    mask[WORD] = False
    predicted = explanation.empty_value + explanation.predict(mask)[0]
    expect(root.locator(".fixlip-what-if")).to_contain_text(f"predicted {predicted:.2f}")
    root.get_by_role("button", name="bring back").click()
    page.keyboard.press("Escape")
    expect(root.locator(".fixlip-what-if")).to_be_hidden()

    root.get_by_label("options").click()
    before = view.colour(TO)
    root.get_by_role("slider", name="strength of the colours").fill("20")
    assert view.colour(TO) != before
    view.choose("whole")
    view.click(PIECES[0])
    assert view.selected() == set(PIECES)
    patches = slice(explanation.n_players_image)
    np.testing.assert_allclose(view.values()[patches], explanation.conditional(PIECES)[patches], atol=1e-5)

    assert_read_back(saved(page, view, "JSON"), explanation)
    drawn = ElementTree.parse(saved(page, view, "SVG"))
    assert {"hydr", "ant"} <= {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    with Image.open(saved(page, view, "PNG")) as picture:
        assert len(picture.convert("RGB").getcolors(10**6) or ()) > 1000
    root.get_by_label("options").click()
    view.choose("pieces")
    root.get_by_role("slider", name="strength of the colours").fill("100")
    root.get_by_label("options").click()
    check_page(page, saved(page, view, "HTML"), view)
    page.keyboard.press("Escape")


def saved(page: Page, view: View, form: str) -> Path:
    """The file that a reader gets who saves the view in this form."""
    menu = view.root.get_by_label("options")
    menu.click()
    with page.expect_download() as download:
        view.root.get_by_role("button", name=form, exact=True).click()
    menu.click()
    return Path(download.value.path())


def assert_read_back(path: Path, expected: Explanation) -> None:
    """Fields are equal, arrays to float32; of the symmetric ones the page does not know the diagonal."""
    read = Explanation.from_json(path)
    assert read.image is None
    for name in (field.name for field in fields(expected) if field.name != "image"):
        found, original = getattr(read, name), getattr(expected, name)
        if name in EXAMPLES or name not in ARRAYS or original is None:
            np.testing.assert_array_equal(found, original, err_msg=name)
            continue
        if name in SYMMETRIC:
            original = original - np.diag(np.diag(original))
        np.testing.assert_array_equal(found, original.astype(np.float32), err_msg=name)
    masks = np.random.default_rng(3).random((20, expected.n_players)) < 0.5  # (20, n)
    np.testing.assert_allclose(read.first_order(), expected.first_order(), atol=1e-4)
    np.testing.assert_allclose(read.predict(masks), expected.predict(masks), atol=1e-4)


def check_page(page: Page, written: Path, view: View) -> None:
    """A saved page shows what the view showed, by itself."""
    apart = page.context.new_page()
    apart.set_content(written.read_text(encoding="utf-8"))
    again = View(apart.locator(".fixlip"))
    assert again.selected() == view.selected()
    assert again.values() == view.values()
    assert again.colour(TO) == view.colour(TO)
    apart.close()


def sweep(page: Page, view: View) -> None:
    """Drag over the rectangle from one patch to another."""
    view.token(FROM).hover()
    page.mouse.down()
    view.token(TO).hover()
    page.mouse.up()
    view.settle()
