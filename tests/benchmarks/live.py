"""How soon a caption under edit is explained: in the kernel alone, and from the last key to the page in JupyterLab."""

from __future__ import annotations

import itertools
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

import fixlip_widget as fw
from tests.benchmarks.measure import Line
from tests.browser.chromium import FLAGS, executable
from tests.browser.jupyterlab import JupyterLab, jupyterlab, write_notebook

CAPTIONS = [
    f"a {colour} {thing} and a {other} house"
    for colour, thing, other in itertools.product(("red", "blue"), ("cat", "moon", "tree"), ("green", "yellow"))
]
PATIENCE = 120.0

# From the key to the frame after the one in which the view shows the whole caption.
KEY_TO_PAINT = """words => new Promise(resolve => {
  addEventListener("keydown", ({ timeStamp }) => {
    const look = () => {
      const shown = [...document.querySelectorAll(".fixlip [role=option][data-player]")];
      const said = shown.map(word => word.getAttribute("aria-label").split(" ")[0]).join(" ");
      requestAnimationFrame(now => said === words ? resolve(now - timeStamp) : look());
    };
    look();
  }, { once: true, capture: true });
})"""


def kernel() -> tuple[list[float], int]:
    """Milliseconds from each new caption to its explanation in the view, and how many images were encoded for them."""
    live = fw.explore()
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    tower = live._explainers[live.controls.model.value].game(live._image, CAPTIONS[0]).image
    before, arrived, taken = tower.forwards, threading.Event(), []
    live.view.observe(lambda change: arrived.set(), "values")
    for caption in CAPTIONS:
        arrived.clear()
        started = time.perf_counter()
        live.controls.caption.value = caption
        assert arrived.wait(PATIENCE)
        taken.append(1000 * (time.perf_counter() - started))
        assert live.worker.wait(PATIENCE)
    return taken, tower.forwards - before


def typed(page: Page, lab: JupyterLab) -> list[float]:
    """Milliseconds from the last key of each caption to the picture of its explanation."""
    write_notebook(lab.folder / "live.ipynb", ("import fixlip_widget as fw\n\nfw.explore()",))
    lab.open(page, "live.ipynb")
    lab.run_all(page)
    ready = page.locator(".fixlip[data-status=ready]")
    ready.wait_for(timeout=1000 * PATIENCE)
    field, taken = page.get_by_label("caption", exact=True).and_(page.locator("input")), []
    for caption in CAPTIONS:
        field.fill(caption.removesuffix(" house"))
        page.wait_for_timeout(600)
        field.press_sequentially(" hous", delay=80)
        page.evaluate(f"words => {{ window.took = ({KEY_TO_PAINT})(words); }}", caption)
        page.keyboard.press("e")
        taken.append(float(page.evaluate("window.took")))
    return taken


def run() -> Iterator[Line]:
    """Kernel and page."""
    taken, encoded = kernel()
    yield line("new caption to new explanation, in the kernel", taken)
    yield Line("images encoded for new captions", encoded, "", at_most=0)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        jupyterlab(Path(folder) / "home") as lab,
    ):
        browser = playwright.chromium.launch(executable_path=executable(playwright.chromium), args=FLAGS)
        taken = typed(browser.new_page(), lab)
        browser.close()
    yield line("last key to new heatmap, in JupyterLab", taken)


def line(what: str, taken: list[float]) -> Line:
    """Their median beside the target."""
    detail = f"95th percentile {np.percentile(taken, 95):.0f} ms, {len(taken)} captions"
    return Line(what, statistics.median(taken), "ms", at_most=300, detail=detail)
