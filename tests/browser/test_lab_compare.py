from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixlip_widget.explanation import Explanation
from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG = 50
CELLS = (
    """\
import ipywidgets
import fixlip_widget as fw

both = fw.compare(*map(fw.Explanation.load, ("one.npz", "other.npz")), titles=["one", "other"])
heard = ipywidgets.Label("nothing")
both.observe(lambda change: setattr(heard, "value", f"{both.selected} {both.mode}"), "selected")
ipywidgets.VBox([both, heard])""",
)


def save_pair(folder: Path) -> tuple[Explanation, Explanation]:
    """The files that the cells load."""
    one, other = hydrant(), hydrant(seed=1)
    one.save(folder / "one.npz")
    other.save(folder / "other.npz")
    return one, other


def check(page: Page, pair: tuple[Explanation, Explanation], player: int) -> None:
    """What is clicked in the second view is selected, and conditioned on, in both; scales and differences follow."""
    views = [View(page.locator(".fixlip-comparison .fixlip").nth(place)) for place in (0, 1)]
    views[1].click(player)
    for view, explanation in zip(views, pair, strict=True):
        expect(view.token(player)).to_have_attribute("aria-selected", "true")
        np.testing.assert_allclose(view.values(), explanation.conditional(player), atol=1e-5)
    switches = page.locator(".fixlip-switches")
    ends = page.locator(".fixlip-view .fixlip-ends")
    for scale, different in (("own", 2), ("common", 1)):
        switches.get_by_role("radio", name=scale).check()
        for place in (0, 1):
            View(page.locator(".fixlip-comparison .fixlip").nth(place))
        assert len(set(ends.all_inner_texts())) == different
    switches.get_by_role("radio", name="differences").check()
    less, more = (explanation.conditional(player) for explanation in pair)
    second = View(page.locator(".fixlip-comparison .fixlip").nth(1))
    np.testing.assert_allclose(second.values(), more - less, atol=1e-5)
    switches.get_by_role("radio", name="values").check()


def test_one_click_conditions_both_and_reaches_the_kernel(lab: JupyterLab, page: Page, witness: Witness) -> None:
    pair = save_pair(lab.folder)
    write_notebook(lab.folder / "pair.ipynb", CELLS)
    lab.open(page, "pair.ipynb")
    lab.run_all(page)
    expect(page.locator(".fixlip")).to_have_count(2)
    check(page, pair, DOG)
    expect(page.locator(".widget-label")).to_have_text(f"[{DOG}] conditional")
    assert witness.ours == []


def test_three_views_fit_beside_each_other_at_1400_pixels(lab: JupyterLab, page: Page, witness: Witness) -> None:
    save_pair(lab.folder)
    page.set_viewport_size({"width": 1400, "height": 900})
    three = CELLS[0].replace('"other.npz")', '"other.npz", "one.npz")').replace('"other"]', '"other", "once more"]')
    write_notebook(lab.folder / "three.ipynb", (three,))
    lab.open(page, "three.ipynb")
    lab.run_all(page)
    views = page.locator(".fixlip-view")
    expect(views).to_have_count(3)
    boxes = [box for view in views.locator(".fixlip-picture").all() if (box := view.bounding_box())]
    output = page.locator(".fixlip-comparison").bounding_box()
    assert output
    assert len({round(box["y"]) for box in boxes}) == 1
    assert min(box["width"] for box in boxes) > 150
    assert boxes[0]["x"] > output["x"]
    assert boxes[-1]["x"] + boxes[-1]["width"] <= output["x"] + output["width"]
    assert page.locator(".fixlip-comparison").evaluate("box => box.scrollWidth <= box.clientWidth")
    assert witness.ours == []
