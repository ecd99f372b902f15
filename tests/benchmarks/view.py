"""How soon a view answers, and what it leaves behind: 24 × 24 patches and 64 words in Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from fixlip_widget.explanation import Explanation
from fixlip_widget.player_names import patch_names
from fixlip_widget.widget.static import bundle
from tests.benchmarks.measure import Line
from tests.browser.chromium import FLAGS, executable
from tests.browser.many import PREPARE, held, mount_and_unmount
from tests.widget.samples import hydrant

SIDE, WORDS, CLICKS, LOADS, MOUNTS, VIEWS = 24, 64, 200, 5, 50, 20
FINGER = 30.0
"""Milliseconds that a button is held down, at the least, by whoever clicks."""

# A click's cost is the work from the mouse's own time to the answer laid out, and from the start of the next frame to
# its paint; between the two a page waits for the screen's beat, which is nobody's work. What the view leaves for the
# frame after is no part of the heatmap; until it is there, the view says that it is busy.
WATCH = """
// When the next frame begins, and when it is painted: by then a task runs, or the frame after.
const frame = () => new Promise(done => {
  requestAnimationFrame(() => {
    const start = performance.now();
    const { port1, port2 } = new MessageChannel();
    const painted = () => {
      port1.close();
      done({ start, end: performance.now() });
    };
    port1.onmessage = painted;
    port2.postMessage(null);
    requestAnimationFrame(painted);
  });
});
window.taken = [];
window.settled = [];
// Before the view hears of it, so that what the view asks of a frame is done after this.
addEventListener("click", () => { window.watched = frame(); }, { capture: true });
addEventListener("click", async ({ timeStamp }) => {
  document.body.getBoundingClientRect();
  const answer = performance.now() - timeStamp;
  const { start, end } = await watched;
  while (document.querySelector(".fixlip[aria-busy]")) await frame();
  settled.push((await frame()).end - timeStamp);
  taken.push(answer + end - start);
});
window.firstPaint = new Promise(done => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".fixlip[data-status=ready]")) return;
    observer.disconnect();
    frame().then(({ end }) => done(end));
  }).observe(document, { subtree: true, attributeFilter: ["data-status"] });
});
window.answered = async count => {
  while (taken.length < count) await frame();
};
"""


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


def run() -> Iterator[Line]:
    """Clicks, first paint, size of the bundle, leaks, many views."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "large.html"
        large().to_html(path, selected=())
        browser = playwright.chromium.launch(executable_path=executable(playwright.chromium), args=FLAGS)
        paints = [first_paint(browser, path) for _ in range(LOADS)]
        yield Line("first paint of the heatmap", float(np.median(paints)), "ms", at_most=200)
        page = opened(browser, path)
        taken = clicks(page, CLICKS)
        detail = f"median {np.median(taken):.1f} ms"
        yield Line("click to painted, 95th percentile", percentile(taken), "ms", at_most=16, detail=detail)
        settled = [float(one) for one in page.evaluate("settled")]
        yield Line("the same with digits, bars and the screen's beat", percentile(settled), "ms")
        page.evaluate(PREPARE)
        for _ in range(VIEWS - 1):
            page.evaluate("mountOne()")
        taken = clicks(page, CLICKS // 4)
        detail = f"median {np.median(taken):.1f} ms"
        yield Line(f"the same with {VIEWS} views on the page", percentile(taken), "ms", at_most=100, detail=detail)
        small = Path(folder) / "small.html"
        hydrant().to_html(small, selected=())
        yield from leaks(browser, small)
        browser.close()
    yield Line("bundle", len(bundle("widget.js").encode()) / 1000, "kB", at_most=80)


def opened(browser: Browser, path: Path) -> Page:
    """The page, once its view is painted."""
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    page.evaluate("firstPaint")
    return page


def first_paint(browser: Browser, path: Path) -> float:
    """Milliseconds from the start of the page to the painted heatmap."""
    page = opened(browser, path)
    taken = float(page.evaluate("firstPaint"))
    page.close()
    return taken


def clicks(page: Page, number: int) -> list[float]:
    """Milliseconds of each click with the mouse, on tokens all over the first view."""
    page.evaluate("taken.length = settled.length = 0")
    boxes = (
        page.locator(".fixlip")
        .first.locator("[data-player]")
        .evaluate_all(
            "all => all.map(token => { const { x, y, width, height } = token.getBoundingClientRect();"
            " return [x + width / 2, y + height / 2]; })"
        )
    )
    for done, player in enumerate(np.random.default_rng(1).integers(len(boxes), size=number), 1):
        page.mouse.move(*boxes[player])
        page.mouse.click(*boxes[player], delay=FINGER)
        page.evaluate("count => answered(count)", done)
    return [float(one) for one in page.evaluate("taken")]


def percentile(taken: list[float]) -> float:
    return float(np.percentile(taken, 95))


def leaks(browser: Browser, path: Path) -> Iterator[Line]:
    """What is left of views that came and went, after the first few."""
    page = browser.new_page()  # without the stopwatch, which listens too
    page.goto(path.as_uri())
    page.evaluate(PREPARE)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    mount_and_unmount(page, 3)
    before = held(session)
    mount_and_unmount(page, MOUNTS)
    after = held(session)
    yield Line(f"nodes left by {MOUNTS} views come and gone", after.nodes - before.nodes, "", at_most=0)
    yield Line(f"listeners left by {MOUNTS} views", after.listeners - before.listeners, "", at_most=0)
