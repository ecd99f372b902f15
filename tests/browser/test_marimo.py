from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixlip_widget.demo.showcase import showcase
from tests.browser.conftest import Witness
from tests.browser.test_lab_compare import check, save_pair
from tests.browser.test_page import channels
from tests.browser.tour import tour
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG, HYDR = 50, 55
START_SECONDS = 120
NOTEBOOK = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    from fixlip_widget import Explanation

    view = mo.ui.anywidget(Explanation.load("dog.npz").show(selected=()))
    view
    return mo, view


@app.cell
def _(mo, view):
    mo.md(f"heard {view.value['selected']} {view.value['mode']}")
    return


@app.cell
def _(mo):
    import fixlip_widget as fw

    both = mo.ui.anywidget(fw.compare(*map(fw.Explanation.load, ("one.npz", "other.npz")), titles=["one", "other"]))
    both
    return (both,)


@app.cell
def _(mo, both):
    mo.md(f"both {both.value['selected']} {both.value['mode']}")
    return


if __name__ == "__main__":
    app.run()
"""
LIVE = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import fixlip_widget as fw
    import marimo as mo
    from PIL import Image

    explainer, image = fw.Explainer.demo(), Image.open("scene.png")
    caption = mo.ui.text("a green moon", label="caption", debounce=False)
    p = mo.ui.slider(0.1, 0.9, 0.1, value=0.5, label="p")
    explanation = explainer.explain(image, "a green moon", n_image_masks=256, progress=False)
    view = mo.ui.anywidget(explanation.show(selected=()))
    mo.vstack([caption, p, view])
    return caption, explainer, explanation, image, p, view


@app.cell
def _(caption, explainer, image, p, view):
    for better in explainer.stream(image, caption.value, p=p.value, n_image_masks=256, progress=False):
        view.widget.explanation = better
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a marimo server that shows saved explanations."""
    hydrant(triples=True).save(tmp_path / "dog.npz")
    save_pair(tmp_path)
    with serve(NOTEBOOK, tmp_path) as url:
        yield url


@contextmanager
def serve(notebook: str, tmp_path: Path) -> Iterator[str]:
    """The address of a marimo server that shows the notebook."""
    (tmp_path / "notebook.py").write_text(notebook)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "run", "notebook.py", "--headless", "--no-token", f"--port={port}"]
    own = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")}
    log, url = tmp_path / "log", f"http://127.0.0.1:{port}"
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=tmp_path, env=os.environ | own, stdout=output, stderr=output) as server,
    ):
        try:
            wait_for(f"{url}/health", server, log)
            yield url
        finally:
            # Asked to end, it would wait for its pages to close.
            server.kill()


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"marimo did not start:\n{log.read_text()[-4000:]}")


def test_clicks_reach_python_in_marimo(served: str, page: Page, witness: Witness) -> None:
    explanation = hydrant(triples=True)
    page.goto(served, wait_until="commit")
    root = page.locator(".fixlip").first
    expect(root).to_have_attribute("data-status", "ready")
    view = View(root)
    np.testing.assert_allclose(view.values(), explanation.first_order(), atol=1e-5)
    heard = page.get_by_text("heard ")
    expect(heard).to_have_text("heard [] attribution")

    view.click(HYDR)
    np.testing.assert_allclose(view.values(), explanation.conditional(HYDR), atol=1e-5)
    expect(heard).to_have_text("heard [55] conditional")
    view.click(DOG, "Shift")
    np.testing.assert_allclose(view.values(), explanation.conditional([HYDR, DOG]), atol=1e-5)
    expect(heard).to_have_text("heard [55, 50] conditional")
    assert view.selected() == {DOG, HYDR}
    view.mode("links")
    expect(heard).to_have_text("heard [55, 50] links")
    view.mode("attribution")
    tour(page, view, explanation)
    check(page, (hydrant(), hydrant(seed=1)), HYDR)
    expect(page.get_by_text("both [")).to_have_text("both [55] conditional")
    assert witness.ours == []


def test_a_caption_is_explained_while_it_is_typed(tmp_path: Path, page: Page, witness: Witness) -> None:
    image, _ = showcase()
    image.save(tmp_path / "scene.png")
    with serve(LIVE, tmp_path) as url:
        page.goto(url, wait_until="commit")
        root = page.locator(".fixlip")
        expect(root).to_have_attribute("data-status", "ready")
        view = View(root)
        view.click(9)
        page.get_by_role("textbox", name="caption").fill("a yellow house")
        words = root.locator("[role=option][data-player]")
        expect(words.last).to_contain_text("house")
        assert view.selected() == {9}
        with_half = view.values()
        page.get_by_role("slider", name="p").focus()
        page.keyboard.press("ArrowRight")
        expect(root).to_contain_text("p 0.6")
        view.settle()
        assert view.values() != with_half
        # The notebook is light, whatever the system is.
        page.emulate_media(color_scheme="dark")
        assert sum(channels(str(root.evaluate("root => getComputedStyle(root).color")))[:3]) < 150
    assert witness.ours == []
