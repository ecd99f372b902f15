"""What every view looks like: `python -m tests.browser.portraits` takes the pictures that a test compares with.

Letters differ from machine to machine, and so does what is laid out around them. A portrait is made of the parts whose
size no letter decides, without any letters: the picture under its heat, the bars, the set's graph, the line of answers.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, sync_playwright

from fixlip_widget.widget import compare
from tests.browser.chromium import FLAGS, executable
from tests.browser.view import View
from tests.widget.samples import hydrant

FOLDER = Path(__file__).with_name("portraits")
PARTS = ".fixlip-picture, .fixlip-bars, .fixlip-graph, .fixlip-line, .fixlip-ramp, .fixlip-masked, .fixlip-map"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
CLEAR = "* { color: transparent !important; font-size: 0 !important; }"
DOG, PATCH = 50, 31


def attribution(view: View) -> None:
    """With nothing selected."""


def conditional(view: View) -> None:
    """On a word and a patch."""
    view.click(DOG)
    view.click(PATCH, "Shift")


def links(view: View) -> None:
    """Between patches: where words are is a matter of letters."""
    view.mode("links")
    for kind in ("image–text", "text–text"):
        view.root.get_by_role("checkbox", name=kind).uncheck()


def subset(view: View) -> None:
    """With what goes with one patch."""
    view.mode("subset")
    view.click(PATCH)


def masks(view: View) -> None:
    """The masked input of which the model says least what is predicted."""
    view.mode("masks")
    view.choose("largest error")


def matrix(view: View) -> None:
    """Of all tokens, and of a word and two patches."""
    view.mode("matrix")
    view.click(DOG)
    for patch in (PATCH, PATCH + 1):
        view.click(patch, "Shift")


def what_if(view: View) -> None:
    """Without a patch and a word."""
    view.click(PATCH, "Alt")
    view.click(DOG, "Alt")


VIEWS: Mapping[str, Callable[[View], None]] = {
    "attribution": attribution,
    "conditional": conditional,
    "links": links,
    "subset": subset,
    "masks": masks,
    "matrix": matrix,
    "what-if": what_if,
    "compare": conditional,
}


def portraits(browser: Browser, scheme: Literal["light", "dark"], folder: Path) -> dict[str, Image.Image]:
    """The portrait of every view, by its name."""
    single, several = folder / "single.html", folder / "several.html"
    hydrant().to_html(single, selected=())
    compare(hydrant(), hydrant(seed=3), titles=["one", "other"]).to_html(several)
    taken = {}
    for name, prepare in VIEWS.items():
        with browser.new_context(color_scheme=scheme, viewport={"width": 1500, "height": 900}) as context:
            page = context.new_page()
            page.goto((several if name == "compare" else single).as_uri())
            prepare(View(page.locator(".fixlip").first))
            page.mouse.move(0, 0)
            page.add_style_tag(content=CLEAR)
            taken[name] = portrait(page)
    return taken


def portrait(page: Page) -> Image.Image:
    """The parts in sight, one below the other."""
    page.evaluate("document.activeElement?.blur()")
    boxes = [box for part in page.locator(PARTS).all() if (box := part.bounding_box())]
    whole = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    pictures = [whole.crop(around(box)) for box in boxes]
    sheet = Image.new("RGB", (max(one.width for one in pictures), sum(one.height for one in pictures)))
    top = 0
    for picture in pictures:
        sheet.paste(picture, (0, top))
        top += picture.height
    return sheet


def around(box: FloatRect) -> tuple[int, int, int, int]:
    """Whole pixels: left, top, right, bottom."""
    left, top = round(box["x"]), round(box["y"])
    return left, top, left + round(box["width"]), top + round(box["height"])


def main() -> None:
    """Take all portraits anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = executable(playwright.chromium)
        if path is None:
            raise SystemExit("No Chromium was found or could be installed; set CHROME to its path.")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for scheme in SCHEMES:
            for name, picture in portraits(browser, scheme, Path(folder)).items():
                picture.save(FOLDER / f"{name}-{scheme}.png", optimize=True)


if __name__ == "__main__":
    main()
