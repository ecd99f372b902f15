from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import axe_script, violations
from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook
from tests.browser.test_lab_compare import CELLS as COMPARED
from tests.browser.test_lab_compare import check, save_pair
from tests.browser.tour import tour
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG, HYDR = 50, 55
TOLERANCE = 1e-5
QUICKSTART = Path(__file__).parents[2] / "notebooks" / "01_quickstart.ipynb"
DEFAULT = "explain(image, caption"
FEWER = f"{DEFAULT}, n_image_masks=1536, n_text_masks=1024"
CELLS = (
    """\
import ipywidgets
from fixlip_widget import Explanation

explanation = Explanation.load("dog.npz")
explanation""",
    """\
heard = ipywidgets.Label("nothing")
widget = explanation.show(selected=())
widget.observe(lambda change: setattr(heard, "value", f"{widget.selected} {widget.mode}"), "selected")
ipywidgets.VBox([widget, heard])""",
    """\
button = ipywidgets.Button(description="from Python")
button.on_click(lambda _: setattr(widget, "selected", [3, 50]))
button""",
)


def test_clicks_reach_the_kernel_and_come_back(lab: JupyterLab, page: Page, witness: Witness) -> None:
    explanation = hydrant(triples=True)
    explanation.save(lab.folder / "dog.npz")
    write_notebook(lab.folder / "live.ipynb", CELLS)
    lab.open(page, "live.ipynb")
    lab.run_all(page)
    expect(page.locator(".fixlip")).to_have_count(2)
    first, view = (View(page.locator(".fixlip").nth(place)) for place in (0, 1))
    # It opens with the word of the strongest interactions, unless it is told otherwise.
    assert first.selected() == {DOG}
    first.clear()
    np.testing.assert_allclose(view.values(), explanation.first_order(), atol=TOLERANCE)

    view.click(HYDR)
    heard = page.locator(".widget-label")
    expect(heard).to_have_text("[55] conditional")
    np.testing.assert_allclose(view.values(), explanation.conditional(HYDR), atol=TOLERANCE)
    view.click(30, "Shift")
    expect(heard).to_have_text("[55, 30] conditional")
    np.testing.assert_allclose(view.values(), explanation.conditional([HYDR, 30]), atol=TOLERANCE)
    assert first.selected() == set()

    # Keys belong to the view: in JupyterLab's command mode "Space" would scroll and arrows would change cells.
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(heard).to_have_text("[31] conditional")
    page.keyboard.press("Escape")
    expect(heard).to_have_text("[] attribution")

    page.get_by_role("button", name="from Python").click()
    expect(heard).to_have_text("[3, 50] conditional")
    expect(view.token(50)).to_have_attribute("aria-selected", "true")
    np.testing.assert_allclose(view.values(), explanation.conditional([3, 50]), atol=TOLERANCE)
    view.mode("attribution")
    tour(page, view, explanation)
    page.evaluate(axe_script())
    for theme in ("Light", "Dark"):
        lab.theme(page, f"JupyterLab {theme}")
        assert view.root.evaluate("root => getComputedStyle(root).colorScheme") == theme.lower()
        for mode in ("attribution", "links", "subset", "masks", "matrix"):
            view.mode(mode)
            page.mouse.move(0, 0)
            assert violations(page, ".fixlip") == [], (theme, mode)
    assert witness.ours == []


def test_a_reopened_notebook_answers_without_its_kernel(lab: JupyterLab, page: Page) -> None:
    hydrant().save(lab.folder / "dog.npz")
    pair = save_pair(lab.folder)
    write_notebook(lab.folder / "reopened.ipynb", (*CELLS, *COMPARED))
    lab.jupyter("execute", "--inplace", "reopened.ipynb")
    # JupyterLab runs scripts only in notebooks their reader trusts; others show the still picture.
    lab.jupyter("trust", "reopened.ipynb")
    lab.open(page, "reopened.ipynb")
    view = View(page.locator(".fixlip").first)
    lab.stop_kernel(page)
    view.click(HYDR)
    np.testing.assert_allclose(view.values(), hydrant().conditional(HYDR), atol=TOLERANCE)
    check(page, pair, HYDR)
    expect(page.get_by_role("button", name="No Kernel", exact=True)).to_be_visible()


def test_the_quickstart_runs_and_answers(lab: JupyterLab, page: Page) -> None:
    source = QUICKSTART.read_text(encoding="utf-8")
    assert DEFAULT in source
    # Fewer masks than a reader gets by default, so that the test is quicker than reading.
    (lab.folder / QUICKSTART.name).write_text(source.replace(DEFAULT, FEWER), encoding="utf-8")
    lab.open(page, QUICKSTART.name)
    lab.run_all(page)
    heard = page.locator(".widget-label")
    failed = page.locator(".jp-OutputArea-output", has_text="Traceback (most recent call last)")
    expect(heard.or_(failed).first).to_be_attached()
    expect(page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(0)
    assert failed.all_inner_texts() == []
    view = View(page.locator(".widget-vbox .fixlip"))
    before, said = view.values(), heard.inner_text()

    word = view.root.locator("[role=option][data-player]").last
    word.click()
    expect(word).to_have_attribute("aria-selected", "true")
    expect(heard).not_to_have_text(said)
    assert view.values() != before

    before, said = view.values(), heard.inner_text()
    view.click(8)
    expect(heard).not_to_have_text(said)
    assert view.values() != before
