"""How soon a view answers: 24 × 24 patches and 64 words in Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from fixlip_widget.explanation import Explanation
from fixlip_widget.naming import patch_names
from fixlip_widget.widget.static import bundle
from tests.benchmarks.measure import Line
from tests.browser.chromium import FLAGS, executable

SIDE, WORDS, CLICKS = 24, 64, 200

# From the click to the end of the frame that paints it.
CLICK = """async player => {
  const token = document.querySelector(`[data-player="${player}"]`);
  await new Promise(requestAnimationFrame);
  const started = performance.now();
  token.click();
  await Promise.resolve();
  document.body.getBoundingClientRect();
  const painted = new MessageChannel();
  const done = new Promise(resolve => { painted.port1.onmessage = resolve; });
  requestAnimationFrame(() => painted.port2.postMessage(null));
  await done;
  return performance.now() - started;
}"""
FIRST = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def large() -> Explanation:
    """Values at random; only their number matters."""
    n = SIDE * SIDE + WORDS
    rng = np.random.default_rng(0)
    upper = np.triu(rng.normal(size=(n, n)), 1)
    return Explanation(
        first=rng.normal(size=n),
        second=upper + upper.T,
        tokens=(*patch_names((SIDE, SIDE)), *(f"word{i}" for i in range(WORDS))),
        grid=(SIDE, SIDE),
        caption=" ".join(f"word{i}" for i in range(WORDS)),
        image=Image.effect_noise((384, 384), 60).convert("RGB"),
        baseline_value=0.0,
        empty_value=0.0,
        full_value=1.0,
        p=0.5,
        max_order=2,
        index="FWBII",
        method="fixlip",
        model="random",
        estimated=True,
    )


def clicks(page: Page) -> list[float]:
    """Milliseconds of each click, on tokens all over the view."""
    players = np.random.default_rng(1).integers(SIDE * SIDE + WORDS, size=CLICKS)
    return [float(page.evaluate(CLICK, int(player))) for player in players]


def run() -> Iterator[Line]:
    """Clicks, first paint, size of the bundle."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "large.html"
        large().to_html(path)
        browser = playwright.chromium.launch(executable_path=executable(playwright.chromium), args=FLAGS)
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".fixlip[data-status=ready]")
        page.wait_for_function(f"{FIRST} > 0")
        yield Line("first paint, 24 × 24 patches and 64 words", float(page.evaluate(FIRST)), "ms", at_most=200)
        taken = clicks(page)
        detail = f"median {np.median(taken):.1f} ms"
        yield Line(
            "click to painted, 95th percentile", float(np.percentile(taken, 95)), "ms", at_most=16, detail=detail
        )
        browser.close()
    yield Line("bundle", len(bundle("widget.js").encode()) / 1000, "kB", at_most=60)
