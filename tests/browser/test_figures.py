"""Figures for print that the menu of the view saves."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from playwright.sync_api import Page, expect
from pypdfium2 import raw

from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.svg import to_svg
from tests.browser.conftest import Witness
from tests.browser.test_export import blocks, saved
from tests.browser.test_renderers import assert_same, rendered
from tests.browser.view import opened
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
DOG, WORDS = 50, {"black", "dog", "next", "to", "a", "yellow", "hydr", "ant"}
MODES = ("attribution", "links", "subset", "matrix", "conditional")
SHOWS_WHAT_IS_PRINTED = """window.print = () => {
  console.log("PRINTED" + document.documentElement.outerHTML);
  window.dispatchEvent(new Event("afterprint"));
}"""


def test_every_mode_is_a_figure(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    page.set_viewport_size({"width": 1000, "height": 900})
    view = opened(page, tmp_path / "dog.html")
    for mode in MODES:
        if mode == "conditional":
            view.click(DOG)
        view.mode(mode)
        page.mouse.move(0, 0)
        file = saved(page, view, "figure as SVG", tmp_path)
        assert_same(page, file)
        root = ElementTree.parse(file).getroot()
        assert root.get("width") == "85mm"
        texts = [text for each in root.iter(f"{SVG}text") if (text := each.text)]
        assert set(texts) >= WORDS
        # Numbers beside the words, and the names of the groups of patches in the matrix.
        assert mode == "matrix" or not {text for text in texts if text[-1].isalpha()} - WORDS
        if mode in ("attribution", "conditional"):
            assert_like_python(file, mode, tmp_path)
    # The copy that was laid out is gone, and the view as it was.
    expect(page.locator(".fixlip")).to_have_count(1)
    expect(view.root).to_have_attribute("data-mode", "conditional")
    assert witness.errors == []


def assert_like_python(file: Path, mode: str, folder: Path) -> None:
    """The same picture in the same place, and the caption in one row beneath."""
    python = folder / "python.svg"
    python.write_text(to_svg(draw(hydrant(), [DOG] if mode == "conditional" else [], figure=True), "dog"))
    seen, expected = rendered(file, 480), rendered(python, 480)
    assert abs(len(seen) - len(expected)) < 12
    difference = np.abs(blocks(seen[:470]) - blocks(expected[:470]))
    assert difference.mean() < 6  # weak values are not striped on the page


def test_a_pdf_is_printed_in_the_chosen_width_and_font(page: Page, tmp_path: Path) -> None:
    page.add_init_script(SHOWS_WHAT_IS_PRINTED)
    hydrant().to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.mode("links")
    view.root.get_by_label("options").click()
    view.root.get_by_role("spinbutton", name="width").fill("60.5")
    view.root.get_by_role("textbox", name="font").fill("DejaVu Serif")
    with page.expect_console_message(lambda message: message.text.startswith("PRINTED")) as printed:
        view.root.get_by_role("button", name="figure as PDF").click()
    expect(page.locator("iframe")).to_have_count(0)
    paper = page.context.new_page()
    paper.set_content(printed.value.text.removeprefix("PRINTED"))
    paper.pdf(path=tmp_path / "dog.pdf", prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(tmp_path / "dog.pdf")
    assert len(document) == 1
    sheet = document[0]
    assert sheet.get_width() / 72 * 25.4 == pytest.approx(60.5, abs=0.3)  # browsers print whole pixels
    kinds = [item.type for item in sheet.get_objects(max_depth=9)]
    assert kinds.count(raw.FPDF_PAGEOBJ_PATH) > 20
    assert kinds.count(raw.FPDF_PAGEOBJ_TEXT) >= 8
    assert kinds.count(raw.FPDF_PAGEOBJ_IMAGE) == 1
    assert "DejaVu Serif" in printed.value.text


def test_a_width_that_is_none_is_not_taken(page: Page, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.root.get_by_label("options").click()
    width = view.root.get_by_role("spinbutton", name="width")
    downloads: list[object] = []
    page.on("download", lambda download: downloads.append(download))
    for wrong in ("3", ""):
        width.fill(wrong)
        view.root.get_by_role("button", name="figure as SVG").click()
        assert width.evaluate("field => !field.validity.valid")
    width.fill("40")
    with page.expect_download():
        view.root.get_by_role("button", name="figure as SVG").click()
    assert len(downloads) == 1
