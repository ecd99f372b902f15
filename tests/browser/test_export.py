from __future__ import annotations

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Witness
from tests.browser.view import View, opened
from tests.widget.samples import hydrant, oblong

pytestmark = pytest.mark.browser

DOG = 50
MARGIN = 16


def saved(page: Page, view: View, form: str, folder: Path) -> Path:
    menu = view.root.get_by_label("options")
    menu.click()
    with page.expect_download() as download:
        view.root.get_by_role("button", name=form).click()
    path = folder / f"saved.{form.lower()}"
    download.value.save_as(path)
    menu.click()
    return path


def test_what_is_seen_can_be_taken_along(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.click(DOG)
    page.mouse.move(0, 0)

    told = json.loads(saved(page, view, "JSON", tmp_path).read_text())
    np.testing.assert_allclose(told["first_order"], explanation.first_order(), atol=1e-5)
    assert (told["selected"], told["caption"]) == ([DOG], explanation.caption)

    drawing = saved(page, view, "SVG", tmp_path)
    texts = [text.text for text in ElementTree.parse(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert "strongest with “dog”" in " ".join(filter(None, texts))
    picture = Image.open(saved(page, view, "PNG", tmp_path)).convert("RGB")
    body = view.root.locator(".fixlip-body")
    with Image.open(io.BytesIO(body.screenshot())) as screen:
        seen = screen.convert("RGB")
    copy = picture.resize((seen.width + 2 * MARGIN, seen.height + 2 * MARGIN)).crop(
        (MARGIN, MARGIN, MARGIN + seen.width, MARGIN + seen.height)
    )
    patches = (slice(60, seen.height - 120), slice(0, seen.width // 2 - 40))
    difference = np.abs(np.asarray(copy, dtype=float)[patches] - np.asarray(seen, dtype=float)[patches])
    assert difference.mean() < 4  # of 255: letters and edges differ by a hair

    page.goto(saved(page, view, "HTML", tmp_path).as_uri())
    again = View(page.locator(".fixlip"))
    np.testing.assert_allclose(again.values(), explanation.conditional(DOG), atol=1e-5)
    assert again.selected() == {DOG}
    assert saved(page, again, "HTML", tmp_path).exists()
    assert witness.errors == []


def test_any_caption_can_be_painted_and_read(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = oblong()
    explanation.to_html(tmp_path / "oblong.html")
    view = opened(page, tmp_path / "oblong.html")
    told = json.loads(saved(page, view, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert (told["caption"], told["tokens"]) == (explanation.caption, list(explanation.tokens))
    with Image.open(saved(page, view, "PNG", tmp_path)) as picture:
        body = view.root.locator(".fixlip-body").bounding_box()
        assert body
        assert picture.width == pytest.approx(2 * (body["width"] + 2 * MARGIN), abs=2)
        assert len(picture.convert("RGB").getcolors(10**6) or ()) > 1000
    assert witness.errors == []


@pytest.mark.parametrize("form", ["SVG", "HTML"])
def test_a_caption_is_text_in_what_is_taken_along(page: Page, witness: Witness, tmp_path: Path, form: str) -> None:
    oblong().to_html(tmp_path / "oblong.html")
    view = opened(page, tmp_path / "oblong.html")
    path = saved(page, view, form, tmp_path)
    assert "<img src=x" not in path.read_text(encoding="utf-8")
    page.goto(path.as_uri())
    expect(page.locator("text=<img src=x onerror=alert(1)>").first).to_be_visible()
    assert witness.errors == []
