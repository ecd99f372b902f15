from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook
from tests.browser.view import View

pytestmark = pytest.mark.browser

CELLS = (
    "import fixlip_widget as fw\n\nlive = fw.explore()\nlive",
    "import os, time\n\nwhile not os.path.exists('answered'):\n    time.sleep(0.1)",
)
EVERY = """\
import fixlip_widget as fw

plain, blurred = fw.Explainer.demo(), fw.Explainer.demo(image_masker="blur")
live = fw.explore(explainer={"plain": plain, "blurred": blurred})
live"""


def test_a_caption_is_explained_while_it_is_typed(lab: JupyterLab, page: Page, witness: Witness) -> None:
    write_notebook(lab.folder / "live.ipynb", CELLS)
    lab.open(page, "live.ipynb")
    lab.run_all(page)
    root = page.locator(".fixlip")
    # The second cell keeps the kernel busy: the picture comes all the same, and clicks are answered.
    expect(root).to_have_attribute("data-status", "ready")
    view = View(root)
    view.click(9)
    assert view.selected() == {9}
    busy = page.locator(".jp-InputPrompt", has_text="[*]")
    expect(busy).to_have_count(1)
    (lab.folder / "answered").touch()
    expect(busy).to_have_count(0)

    caption = page.get_by_label("caption", exact=True).and_(page.locator("input"))
    caption.fill("a yellow house")
    words = root.locator("[role=option][data-player]")
    expect(words).to_have_count(3)
    expect(words.last).to_contain_text("house")
    expect(root).to_have_attribute("data-status", "ready")
    assert view.selected() == {9}

    upload(page, "letter.png", b"Dear reader")
    expect(page.locator(".widget-html", has_text="letter.png cannot be read as an image")).to_be_visible()
    shown = root.locator("img").first
    before = shown.get_attribute("src") or ""
    upload(page, "red.png", painted("#c01020"))
    expect(shown).not_to_have_attribute("src", before)
    expect(root).to_have_attribute("data-status", "ready")
    # Of its source, not of the screen: refined explanations put a new element in its place.
    content = base64.b64decode((shown.get_attribute("src") or "").partition(",")[2])
    with Image.open(io.BytesIO(content)) as seen:
        red, green, blue = np.asarray(seen.convert("RGB"), dtype=float).mean(axis=(0, 1))
    assert red > 2 * max(green, blue)

    # A broken file that is pasted, and a picture that is dropped.
    give(page, "paste", "torn.png", b"Dear reader")
    expect(page.locator(".widget-html", has_text="torn.png cannot be read as an image")).to_be_visible()
    red_source = shown.get_attribute("src") or ""
    give(page, "drop", "blue.png", painted("#1020c0"))
    expect(shown).not_to_have_attribute("src", red_source)
    expect(root).to_have_attribute("data-status", "ready")

    words.last.click(modifiers=["Alt"])
    answer = root.locator(".fixlip-answer")
    expect(answer).to_contain_text("predicted")
    expect(answer).to_contain_text("model")
    caption.fill("a yellow houze")
    expect(page.locator(".widget-html", has_text="houze")).to_be_visible()

    page.get_by_role("button", name="pin").click()
    expect(page.locator(".fixlip-view")).to_have_count(2)
    caption.fill("a yellow cup")
    expect(page.get_by_role("heading", name="now: “a yellow cup”")).to_be_visible()
    expect(page.get_by_role("heading", name="pinned: “a yellow house”")).to_be_visible()
    page.get_by_role("button", name="pin").click()
    expect(root).to_have_count(1)
    expect(words.last).to_contain_text("cup")
    assert witness.ours == []


def test_every_control_is_answered(lab: JupyterLab, page: Page, witness: Witness) -> None:
    Image.new("RGB", (300, 200), "#c01020").save(lab.folder / "red.png")
    write_notebook(lab.folder / "every.ipynb", (EVERY,))
    lab.open(page, "every.ipynb")
    lab.run_all(page)
    root = page.locator(".fixlip")
    header = root.locator(".fixlip-header")

    def ready() -> View:
        expect(page.get_by_role("button", name="cancel")).to_be_disabled()
        return View(root)

    expect(root).to_have_attribute("data-status", "ready")
    slider(page, "masks").focus()
    page.keyboard.press("Home")
    expect(header).to_contain_text("512 ×")
    slider(page, "p").focus()
    page.keyboard.press("ArrowRight")
    expect(header).to_contain_text("p 0.6")
    view = ready()
    before = view.values()
    page.get_by_label("model", exact=True).select_option("blurred")
    expect(root.locator("[data-player]").first).not_to_have_attribute("data-value", str(before[0]))
    ready()
    page.get_by_label("method", exact=True).select_option("rollout")
    expect(root.locator(".fixlip-hint")).to_contain_text("rollout finds no interactions")
    page.get_by_label("method", exact=True).select_option("fixlip")
    expect(header).to_contain_text("512 ×")
    ready()

    words = root.locator("[role=option][data-player]")
    count = words.count()
    page.get_by_label("caption", exact=True).and_(page.locator("input")).fill("a yellow house")
    expect(words).to_have_count(3)
    ready()
    page.locator("select", has_text="recent captions").select_option(index=2)
    expect(words).to_have_count(count)
    ready()
    shown = root.locator("img").first
    before_image = shown.get_attribute("src") or ""
    page.get_by_label("image", exact=True).and_(page.locator("input")).fill("red.png")
    page.keyboard.press("Enter")
    expect(shown).not_to_have_attribute("src", before_image)
    view = ready()

    root.locator(".fixlip-bar").first.click()
    expect(root).to_have_attribute("data-mode", "conditional")
    assert len(view.selected()) == 1
    slider(page, "masks").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="cancel").click()
    expect(page.locator(".widget-html", has_text="cancelled")).to_be_visible()
    assert witness.ours == []


def slider(page: Page, name: str) -> Locator:
    """The handle of a slider of ipywidgets, which has no name of its own."""
    return page.locator(".widget-hslider", has=page.get_by_text(name, exact=True)).get_by_role("slider")


GIVE = """(field, [kind, name, content]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
  const event = { bubbles: true, cancelable: true };
  field.dispatchEvent(kind === "drop" ? new DragEvent(kind, { ...event, dataTransfer: data })
    : new ClipboardEvent(kind, { ...event, clipboardData: data }));
}"""


def give(page: Page, kind: str, name: str, content: bytes) -> None:
    """Drop or paste a file."""
    page.locator(".fixlip-drop").evaluate(GIVE, [kind, name, base64.b64encode(content).decode()])


def upload(page: Page, name: str, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator(".widget-upload").click()
    chooser.value.set_files({"name": name, "mimeType": "image/png", "buffer": content})


def painted(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(file, "PNG")
    return file.getvalue()
