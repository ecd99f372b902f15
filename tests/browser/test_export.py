from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TypeAlias
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import fixlip_widget as fw
from fixlip_widget.demo.sprites import CREDIT
from fixlip_widget.explanation import Explanation
from tests.browser.conftest import Witness
from tests.browser.tour import assert_read_back
from tests.browser.view import View, opened
from tests.widget.golden import samples
from tests.widget.samples import AWKWARD, hydrant, oblong

pytestmark = pytest.mark.browser

DOG = 50
MARGIN = 16
BLOCK = 8
FloatArray: TypeAlias = npt.NDArray[np.float64]


def saved(page: Page, view: View, form: str, folder: Path) -> Path:
    menu = view.root.get_by_label("options")
    menu.click()
    with page.expect_download() as download:
        view.root.get_by_role("button", name=form, exact=True).click()
    path = folder / f"saved.{form.split()[-1].lower()}"
    download.value.save_as(path)
    menu.click()
    return path


def painted_and_seen(path: Path, view: View) -> tuple[FloatArray, FloatArray]:
    """What was saved as PNG, and what the page shows, both (height, width, 3) in pixels of the page."""
    body = view.root.locator(".fixlip-body")
    with Image.open(io.BytesIO(body.screenshot())) as screen, Image.open(path) as picture:
        width, height = screen.size
        copy = picture.convert("RGB").resize((width + 2 * MARGIN, height + 2 * MARGIN))
        inner = copy.crop((MARGIN, MARGIN, MARGIN + width, MARGIN + height))
        return np.asarray(inner, dtype=float), np.asarray(screen.convert("RGB"), dtype=float)


def test_what_is_seen_can_be_taken_along(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.click(DOG)
    page.mouse.move(0, 0)

    told = json.loads(saved(page, view, "JSON", tmp_path).read_text())
    assert told["view"] == {"selected": [DOG], "hidden": [], "mode": "conditional"}

    drawing = saved(page, view, "SVG", tmp_path)
    texts = [text.text for text in ElementTree.parse(drawing).iter("{http://www.w3.org/2000/svg}text")]
    assert "strongest with “dog”" in " ".join(filter(None, texts))
    copy, seen = painted_and_seen(saved(page, view, "PNG", tmp_path), view)
    patches = (slice(60, len(seen) - 120), slice(0, seen.shape[1] // 2 - 40))
    assert np.abs(copy[patches] - seen[patches]).mean() < 4  # of 255: letters and edges differ by a hair

    page.goto(saved(page, view, "HTML", tmp_path).as_uri())
    again = View(page.locator(".fixlip"))
    np.testing.assert_allclose(again.values(), explanation.conditional(DOG), atol=1e-5)
    assert again.selected() == {DOG}
    assert saved(page, again, "HTML", tmp_path).exists()
    assert witness.errors == []


@pytest.mark.parametrize("explanation", [hydrant(), hydrant(triples=True), *samples().values()], ids=repr)
def test_json_of_the_menu_is_read_by_python(
    page: Page, witness: Witness, tmp_path: Path, explanation: Explanation
) -> None:
    explanation.to_html(tmp_path / "first.html")
    view = opened(page, tmp_path / "first.html")
    assert_read_back(saved(page, view, "JSON", tmp_path), explanation)
    page.goto(saved(page, view, "HTML", tmp_path).as_uri())
    again = View(page.locator(".fixlip"))
    assert_read_back(saved(page, again, "JSON", tmp_path), explanation)
    assert witness.errors == []


def test_all_that_is_no_control_looks_the_same(page: Page, witness: Witness, tmp_path: Path) -> None:
    """Bars with their axis and errors, words too long for them, the line of answers, the striped swatch."""
    explanation = hydrant()
    tokens = [*explanation.tokens[:-1], "supercalifragilisticexpialidocious"]
    explanation.replace(tokens=tuple(tokens), caption=" ".join(tokens[49:])).to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.click(24, "Alt")
    page.mouse.move(0, 0)
    copy, seen = painted_and_seen(saved(page, view, "PNG", tmp_path), view)
    corner = view.root.locator(".fixlip-body").bounding_box()
    assert corner
    expect(view.root.locator(".fixlip-bar", has_text="supercali")).to_be_visible()
    for part in (
        ".fixlip-bars",
        ".fixlip-line",
        ".fixlip-note[data-term=stripes]",
        ".fixlip-caption",
        ".fixlip-picture",
    ):
        box = view.root.locator(part).bounding_box()
        assert box
        left, top = round(box["x"] - corner["x"]), round(box["y"] - corner["y"])
        area = (slice(top, top + round(box["height"])), slice(left, left + round(box["width"])))
        difference = np.abs(blocks(copy[area]) - blocks(seen[area]))
        assert difference.max() < 45, part  # of 255: letters and edges differ by a hair
        assert difference.mean() < 3, part
    assert witness.errors == []


def blocks(pixels: FloatArray) -> FloatArray:
    """Mean colour of each block of BLOCK × BLOCK pixels (h, w, 3)."""
    height, width = (side // BLOCK * BLOCK for side in pixels.shape[:2])
    parts = pixels[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    mean: FloatArray = parts.mean(axis=(1, 3))
    return mean


def test_any_caption_can_be_painted_and_read(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = oblong()
    explanation.to_html(tmp_path / "oblong.html")
    view = opened(page, tmp_path / "oblong.html")
    told = json.loads(saved(page, view, "JSON", tmp_path).read_text(encoding="utf-8"))
    assert (told["caption"], told["tokens"]) == (explanation.caption, list(explanation.tokens))
    page.mouse.move(0, 0)
    copy, seen = (each.mean(axis=2) for each in painted_and_seen(saved(page, view, "PNG", tmp_path), view))  # (h, w)
    corner = view.root.locator(".fixlip-body").bounding_box()
    assert corner
    for place, word in enumerate(AWKWARD):
        box = view.token(15 + place).locator(".fixlip-text").bounding_box()
        assert box
        left, top = round(box["x"] - corner["x"]), round(box["y"] - corner["y"])
        letters = (slice(top, top + round(box["height"])), slice(left, left + round(box["width"])))
        alike = np.corrcoef(copy[letters].ravel(), seen[letters].ravel())[0, 1]
        assert alike > 0.7, word
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


def test_pages_carry_the_credit_of_their_pictures(page: Page, witness: Witness, tmp_path: Path) -> None:
    markup = "<b onclick=alert(1)>mine</b>"
    first, second = (oblong().replace(credit=credit) for credit in (CREDIT, markup))
    first.to_html(tmp_path / "one.html")
    view = opened(page, tmp_path / "one.html")
    expect(page.locator("footer")).to_have_text(CREDIT)
    page.goto(saved(page, view, "HTML", tmp_path).as_uri())
    expect(page.locator("footer")).to_have_text(CREDIT)
    fw.compare(first, second, first).to_html(tmp_path / "several.html")
    page.goto((tmp_path / "several.html").as_uri())
    expect(page.locator("footer")).to_have_text(f"{CREDIT} · {markup}")
    assert witness.errors == []
