from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Witness
from tests.browser.view import View, opened
from tests.widget.samples import hydrant, oblong

pytestmark = pytest.mark.browser

HYDR, DOG = 55, 50
TOLERANCE = 1e-5


def test_a_page_answers_clicks_and_keys_without_network(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    np.testing.assert_allclose(view.values(), explanation.first_order(), atol=TOLERANCE)

    view.click(HYDR)
    np.testing.assert_allclose(view.values(), explanation.conditional(HYDR), atol=TOLERANCE)
    assert view.selected() == {HYDR}

    view.click(31)
    np.testing.assert_allclose(view.values(), explanation.conditional(31), atol=TOLERANCE)
    view.click(DOG, "Shift")
    np.testing.assert_allclose(view.values(), explanation.conditional([31, DOG]), atol=TOLERANCE)

    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    assert view.selected() == {DOG - 1}
    page.keyboard.press("Shift+ArrowRight")
    assert view.selected() == {DOG - 1, DOG}
    page.keyboard.press("Escape")
    assert view.selected() == set()
    np.testing.assert_allclose(view.values(), explanation.first_order(), atol=TOLERANCE)

    assert witness.errors == []
    assert [url for url in witness.requests if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_link_leads_to_what_its_sender_saw(page: Page, witness: Witness, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.click(31)
    view.click(HYDR, "Shift")
    view.click(3, "Alt")
    view.mode("links")
    expect(page).to_have_url(re.compile("#mode=links&selected=31-55&hidden=3$"))
    link = page.url
    other = page.context.new_page()
    other.goto(link)
    again = View(other.locator(".fixlip"))
    assert again.selected() == {31, HYDR}
    expect(again.root).to_have_attribute("data-mode", "links")
    expect(again.token(3)).to_have_attribute("data-off", "")
    other.evaluate("location.hash = '#mode=nonsense&selected=4-99-x-4&hidden='")
    expect(again.token(4)).to_have_attribute("aria-selected", "true")
    assert again.selected() == {4}
    expect(again.root).to_have_attribute("data-mode", "links")
    other.evaluate("location.hash = '#mode=links&selected=4&hidden=5'")
    expect(again.token(5)).to_have_attribute("data-off", "")
    other.evaluate("location.hash = '#mode=links&selected=4'")
    expect(again.token(5)).not_to_have_attribute("data-off", "")
    again.clear()
    expect(other).to_have_url(re.compile("#mode=links&selected=$"))
    other.reload()
    assert View(other.locator(".fixlip")).selected() == set()  # and not what the page opens with
    assert witness.errors == []


def test_one_tab_stop_for_each_board(page: Page, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    boards, stops = "[role=grid], [role=listbox], [role=radiogroup]", []
    page.keyboard.press("Tab")
    expect(view.root.locator(".fixlip-tip")).to_contain_text("The model's similarity of the whole image")
    for _ in range(5):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(f"document.activeElement.closest('{boards}')?.ariaLabel"))
    assert stops[:2] == ["image, 7 by 7 patches", "caption"]
    assert len(set(stops)) == len(stops)
    view.token(0).focus()
    page.keyboard.press("ArrowDown")
    expect(view.root.locator(".fixlip-tip")).to_contain_text("patch 1,0")


def test_colour_says_what_the_number_says(page: Page, tmp_path: Path) -> None:
    explanation = oblong()
    explanation.to_html(tmp_path / "oblong.html")
    view = opened(page, tmp_path / "oblong.html")
    view.click(17)
    page.mouse.move(0, 0)
    values = explanation.conditional(17)
    extent = float(np.abs(explanation.second).max())
    red, green, blue = view.colour(int(values.argmax()))
    assert red > max(green, blue) + 40
    red, green, blue = view.colour(int(values.argmin()))
    assert blue > max(red, green) + 40
    assert view.colour(17) == (255, 255, 255)  # zero is clear
    view.click(3)
    page.mouse.move(0, 0)
    values = explanation.conditional(3)
    for word in range(15, explanation.n_players):
        red, green, blue = view.colour(word)
        assert (red > blue) == (values[word] > 0), explanation.tokens[word]
        assert min(red, blue) == pytest.approx(255 * (1 - 0.72 * abs(values[word]) / extent), abs=45)


def test_a_view_takes_what_width_a_row_leaves(page: Page, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    width, most = view.root.evaluate(
        """root => {
          const host = root.parentElement, row = document.body.appendChild(document.createElement("div"));
          row.style.cssText = "display: flex; width: 700px";
          row.append(host, document.createTextNode("beside"));
          return [root.getBoundingClientRect().width, row.scrollWidth];
        }"""
    )
    assert 500 < width < 700
    assert most <= 700


def channels(colour: str) -> tuple[float, float, float, float]:
    """Red, green, blue and opacity of "color(srgb r g b / a)" or "rgba(r, g, b, a)", as browsers write them."""
    red, green, blue, *alpha = (float(number) for number in re.findall(r"[\d.]+(?:e-?\d+)?", colour.split("(")[1]))
    return red, green, blue, alpha[0] if alpha else 1.0


def test_any_caption_is_only_text(page: Page, witness: Witness, tmp_path: Path) -> None:
    oblong().to_html(tmp_path / "oblong.html")
    view = opened(page, tmp_path / "oblong.html")
    expect(view.token(15)).to_contain_text("<img src=x onerror=alert(1)>")
    expect(view.token(16)).to_contain_text("</script>")
    assert view.root.locator("img").count() == 1  # the picture
    assert witness.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_the_page_fits_and_follows_the_scheme(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    hydrant().to_html(tmp_path / "dog.html")
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        view = opened(page, tmp_path / "dog.html")
        view.click(HYDR)
        page.mouse.move(0, 0)
        ink = channels(str(view.root.evaluate("root => getComputedStyle(root).color")))
        paper = channels(str(page.evaluate("getComputedStyle(document.body).backgroundColor")))
        assert (sum(ink[:3]) < sum(paper[:3])) == (scheme == "light")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [view.token(player).bounding_box() for player in (0, 48, 49, 56)]
        assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
