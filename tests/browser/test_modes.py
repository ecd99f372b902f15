from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Witness
from tests.browser.view import opened
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG, HYDR = 50, 55


def test_links_join_the_tokens_they_are_about(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.mode("links")
    links = view.root.locator(".fixlip-link-overlay path")
    expect(links).to_have_count(20)
    view.root.get_by_role("slider", name="number of links").fill("1")
    expect(links).to_have_count(1)

    rows, columns = np.unravel_index(np.abs(explanation.second).argmax(), explanation.second.shape)
    link = links.bounding_box()
    ends = [view.token(int(player)).bounding_box() for player in sorted((rows, columns))]
    assert link
    assert all(ends)
    patch, word = (end for end in ends if end)
    assert link["y"] == pytest.approx(patch["y"] + patch["height"] / 2, abs=12)
    assert link["y"] + link["height"] == pytest.approx(word["y"], abs=6)

    view.click(HYDR)
    expect(view.root.locator("[data-bar]:visible").first).to_contain_text("hydr")
    page.set_viewport_size({"width": 700, "height": 900})
    moved = view.token(HYDR).bounding_box()
    assert moved
    ending = view.root.locator(".fixlip-link-overlay path").bounding_box()
    assert ending
    assert ending["y"] - 12 <= moved["y"] + moved["height"]
    assert witness.errors == []


def test_the_best_set_stands_out(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    view.mode("subset")
    size = view.root.get_by_role("slider", name="size of the set")
    size.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    inside = view.root.locator("[data-player]:not([data-outside])")
    expect(inside).to_have_count(7)
    view.click(DOG)
    expect(view.token(DOG)).not_to_have_attribute("data-outside", "")
    expect(inside).to_have_count(7)

    kept = np.zeros(explanation.n_players, dtype=bool)  # (n,)
    kept[inside.evaluate_all("all => all.map(token => Number(token.dataset.player))")] = True
    said = re.search(r"[\d.]+", view.root.locator(".fixlip-reach").inner_text())
    assert said
    assert float(said[0]) == pytest.approx(explanation.empty_value + explanation.predict(kept)[0], abs=0.006)

    view.root.locator(".fixlip-node", has_text="dog").hover()
    expect(view.token(DOG)).to_have_class(re.compile("fixlip-pointed"))
    assert witness.errors == []


def test_what_if_is_answered_without_a_kernel(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    answer = view.root.locator(".fixlip-what-if")
    expect(answer).to_be_hidden()

    def says(hidden: list[int]) -> None:
        mask = np.ones(explanation.n_players, dtype=bool)  # (n,)
        mask[hidden] = False
        value = explanation.empty_value + explanation.predict(mask)[0]
        expect(answer).to_contain_text(f"predicted {value:.2f}")

    view.click(DOG, "Alt")
    says([DOG])
    assert view.selected() == set()
    box = view.token(30).bounding_box()
    view.click(30)
    page.keyboard.press("Delete")
    says([DOG, 30])
    page.keyboard.press("ControlOrMeta+z")
    says([DOG])
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(answer).to_be_hidden()
    assert view.token(30).bounding_box() == box
    assert witness.errors == []


def test_words_as_wholes_and_softer_colours(page: Page, witness: Witness, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_html(tmp_path / "dog.html")
    view = opened(page, tmp_path / "dog.html")
    before = view.colour(28)
    view.root.get_by_label("options").click()
    view.root.get_by_role("radio", name="whole").check()
    bar = view.root.locator("[data-bar]", has_text="hydrant")
    together = explanation.first_order()[[HYDR, HYDR + 1]].sum()  # at p = 0.5, as the pieces' own interaction cancels
    expect(bar).to_contain_text(f"+{together:.2f}")
    view.root.get_by_role("slider", name="strength of the colours").fill("0")
    assert view.colour(28) != before
    page.mouse.click(5, 5)
    expect(view.root.get_by_role("slider", name="strength of the colours")).to_be_hidden()

    view.click(HYDR)
    assert view.selected() == {HYDR, HYDR + 1}
    both = explanation.conditional([HYDR, HYDR + 1])
    assert view.values()[:49] == pytest.approx(both[:49].tolist(), abs=1e-5)
    uncertain = view.root.locator('[data-player][aria-label*="within its error"]')
    expect(uncertain).to_have_count(0)  # the error of a sum is not known
    view.click(DOG)
    small = np.abs(explanation.conditional(DOG)[:HYDR]) < 0.11
    small[DOG] = False
    expect(uncertain).to_have_count(int(small.sum()))
    assert witness.errors == []
