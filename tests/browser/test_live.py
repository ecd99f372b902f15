from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook
from tests.browser.view import View

pytestmark = pytest.mark.browser

SECONDS = 60_000
CELLS = ("import fixlip_widget as fw\n\nlive = fw.explore()\nlive", "import time\n\ntime.sleep(4)")


def test_a_caption_is_explained_while_it_is_typed(lab: JupyterLab, page: Page, witness: Witness) -> None:
    write_notebook(lab.folder / "live.ipynb", CELLS)
    lab.open(page, "live.ipynb")
    lab.run_all(page)
    root = page.locator(".fixlip")
    # The second cell keeps the kernel busy: the picture comes all the same, and clicks are answered.
    expect(root).to_have_attribute("data-status", "ready", timeout=SECONDS)
    view = View(root)
    view.click(9)
    assert view.selected() == {9}
    expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=SECONDS)

    caption = page.get_by_label("caption", exact=True).and_(page.locator("input"))
    caption.fill("a yellow house")
    words = root.locator("[role=option][data-player]")
    expect(words).to_have_count(3, timeout=SECONDS)
    expect(words.last).to_contain_text("house")
    expect(root).to_have_attribute("data-status", "ready", timeout=SECONDS)
    assert view.selected() == {9}

    upload(page, "letter.png", b"Dear reader")
    expect(page.locator(".widget-html", has_text="letter.png is not a picture")).to_be_visible(timeout=SECONDS)
    shown = root.locator("img").first
    before = shown.get_attribute("src") or ""
    upload(page, "red.png", painted("#c01020"))
    expect(shown).not_to_have_attribute("src", before, timeout=SECONDS)
    expect(root).to_have_attribute("data-status", "ready", timeout=SECONDS)
    # Of its source, not of the screen: refined explanations put a new element in its place.
    content = base64.b64decode((shown.get_attribute("src") or "").partition(",")[2])
    with Image.open(io.BytesIO(content)) as seen:
        red, green, blue = np.asarray(seen.convert("RGB"), dtype=float).mean(axis=(0, 1))
    assert red > 2 * max(green, blue)

    words.last.click(modifiers=["Alt"])
    answer = root.locator(".fixlip-answer")
    expect(answer).to_contain_text("predicted")
    expect(answer).to_contain_text("model", timeout=SECONDS)
    caption.fill("a yellow houze")
    expect(page.locator(".widget-html", has_text="houze")).to_be_visible(timeout=SECONDS)
    assert witness.ours == []


def upload(page: Page, name: str, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(".widget-upload").click()
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": content})


def painted(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(file, "PNG")
    return file.getvalue()
