"""Take the README's pictures of the view: `make screenshots`."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from fixlip_widget import Explainer
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.widget import compare
from tests.browser.chromium import FLAGS, executable
from tests.browser.jupyterlab import jupyterlab, write_notebook
from tests.browser.view import View

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks" / "images"
SELECTED = "fox"
WIDE = 1000
EXPLORE_SECONDS = 120


def main() -> None:
    """Explain the bundled scene and take every view of it; the first, light and dark."""
    explainer = Explainer.demo()
    image, caption = showcase()
    explanation = explainer.explain(image, caption, random_state=0, progress=False)
    other = explainer.explain(image, caption, p=0.8, random_state=0, progress=False)
    explanation, other = (one.replace(r2=explainer.r2(one)) for one in (explanation, other))
    player = explanation.tokens.index(SELECTED)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page, several = Path(folder) / "scene.html", Path(folder) / "several.html"
        explanation.to_html(page, selected=())
        compare(explanation, other).to_html(several)
        path = executable(playwright.chromium)
        if path is None:
            raise SystemExit("No Chromium was found or could be installed; set CHROME to its path.")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        take(browser, page, "view-light", conditional(player))
        take(browser, page, "view-dark", conditional(player), scheme="dark")
        take(browser, page, "links", lambda view: view.mode("links"))
        take(browser, page, "subset", lambda view: view.mode("subset"))
        take(browser, page, "what-if", without(player))
        take(browser, several, "compare", conditional(player), width=1360)
        explore(browser, Path(folder) / "home")


def conditional(player: int) -> Callable[[View], None]:
    """What goes with one token."""
    return lambda view: view.click(player)


def without(player: int) -> Callable[[View], None]:
    """One token switched off."""
    return lambda view: view.click(player, "Alt")


def explore(browser: Browser, home: Path) -> None:
    """The controls, the view and its charts in JupyterLab."""
    with jupyterlab(home) as lab, browser.new_context(viewport={"width": 1280, "height": 1500}) as context:
        write_notebook(lab.folder / "explore.ipynb", ("import fixlip_widget as fw\n\nfw.explore()",))
        page = context.new_page()
        page.set_default_timeout(EXPLORE_SECONDS * 1000)
        lab.open(page, "explore.ipynb")
        lab.run_all(page)
        page.locator(".fixlip[data-status=ready]").wait_for()
        view = View(page.locator(".fixlip"))
        page.locator(".fixlip-header", has_text="R²").wait_for()
        view.root.locator("[role=option][data-player]").last.click()
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement?.blur()")
        page.wait_for_timeout(1000)  # charts move to their new values
        write(page.locator(".jp-OutputArea-output .widget-vbox").first.screenshot(), "explore")


def take(
    browser: Browser,
    page: Path,
    name: str,
    prepare: Callable[[View], None],
    *,
    scheme: Literal["light", "dark"] = "light",
    width: int = 900,
) -> None:
    """One picture of the whole page, sharp on dense screens and still small."""
    sharp = 1.4 if width < WIDE else 1
    with browser.new_context(
        viewport={"width": width, "height": 400}, device_scale_factor=sharp, color_scheme=scheme
    ) as context:
        tab = context.new_page()
        tab.goto(page.as_uri())
        prepare(View(tab.locator(".fixlip").first))
        tab.mouse.move(0, 0)
        tab.evaluate("document.activeElement?.blur()")
        write(tab.screenshot(full_page=True), name)


def write(png: bytes, name: str) -> None:
    """Without an alpha channel, as small as it gets."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
