"""The editor of scenes in a real JupyterLab: pick, drop, drag, recolour, and the view follows."""

from __future__ import annotations

import base64
import io
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

import fixlip_widget as fw
from fixlip_widget.demo.by_hand import Item
from fixlip_widget.typing import FloatArray
from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook

pytestmark = pytest.mark.browser

PATIENCE = 120.0

CELL = """\
import fixlip_widget as fw

live = fw.explore(explainer=fw.Explainer.demo(image_grid=(1, 7)))
live.controls.masks.value = 512
live"""


def test_a_scene_is_put_together_and_the_heatmap_follows(lab: JupyterLab, page: Page, witness: Witness) -> None:
    write_notebook(lab.folder / "scene.ipynb", (CELL,))
    lab.open(page, "scene.ipynb")
    lab.run_all(page)
    root = page.locator(".fixlip")
    expect(root).to_have_attribute("data-status", "ready")
    page.get_by_role("button", name="scene", exact=True).click()
    stage = page.get_by_role("group", name="scene", exact=True)
    things = stage.get_by_role("button")
    expect(things).to_have_count(3)

    # Clear it; nothing to show is said.
    page.get_by_role("button", name="clear").click()
    expect(things).to_have_count(0)
    status = page.locator(".fixlip-scene-message")
    expect(status).to_contain_text("The scene has no things")

    # Search and pick.
    search = page.get_by_role("searchbox", name="find a thing")
    search.fill("zzz")
    expect(page.get_by_text("No thing has this name.")).to_be_visible()
    search.fill("rock")
    expect(page.get_by_role("button", name="rock", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="fox", exact=True)).to_be_hidden()
    page.get_by_role("button", name="rocket", exact=True).click()
    expect(things).to_have_count(1)
    expect_shown(root, ("rocket", None, (0.27, 0.3), 0.4))

    # Recolour and enlarge it by keys.
    page.get_by_role("button", name="purple", exact=True).click()
    expect(things.first).to_have_attribute("aria-label", "purple rocket, 27 % from the left, 30 % from the top")
    things.first.press("+")
    expect_shown(root, ("rocket", "purple", (0.27, 0.3), 0.45))

    # Drop another from the palette, and drag it elsewhere.
    search.fill("🌵")
    box = stage.bounding_box()
    assert box is not None
    side = box["width"]
    page.get_by_role("button", name="cactus", exact=True).drag_to(
        stage, target_position={"x": side * 0.7, "y": side * 0.7}
    )
    expect(things).to_have_count(2)
    page.mouse.move(box["x"] + 0.7 * side, box["y"] + 0.7 * side)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * side, box["y"] + 0.6 * side, steps=4)
    page.mouse.move(box["x"] + 0.75 * side, box["y"] + 0.5 * side, steps=4)
    page.mouse.up()
    expect(things.last).to_have_attribute("aria-label", "cactus, 75 % from the left, 50 % from the top")
    things.last.press("ArrowDown")
    expect(things.last).to_have_attribute("aria-label", "cactus, 75 % from the left, 52 % from the top")
    expect_shown(root, ("rocket", "purple", (0.27, 0.3), 0.45), ("cactus", None, (0.75, 0.52), 0.4))
    expect(status).to_contain_text("only the picture was encoded")

    # Remove it; the view shows what remains.
    things.last.press("Delete")
    expect(things).to_have_count(1)
    expect_shown(root, ("rocket", "purple", (0.27, 0.3), 0.45))
    assert witness.ours == []


def expect_shown(root: Locator, *items: Item) -> None:
    """Wait until the picture under the heatmap is this scene."""
    expected = coarse(fw.scene(items))
    deadline = time.monotonic() + PATIENCE
    while np.abs(coarse(shown(root)) - expected).max() > 6:
        assert time.monotonic() < deadline, "the view does not show the scene"
        time.sleep(0.1)


def shown(root: Locator) -> Image.Image:
    source = root.locator("img").first.get_attribute("src") or ""
    return Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))


def coarse(picture: Image.Image) -> FloatArray:
    """(8, 8, 3), where neither the size nor the format of a picture makes a difference."""
    return np.asarray(picture.convert("RGB").resize((8, 8), Image.Resampling.BOX), dtype=float)
