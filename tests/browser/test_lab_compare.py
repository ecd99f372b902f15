from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixlip_widget.explanation import Explanation
from tests.browser.conftest import Witness
from tests.browser.jupyterlab import JupyterLab, write_notebook
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG, HYDR = 50, 55
CELLS = (
    """\
import ipywidgets
import fixlip_widget as fw

both = fw.compare(*map(fw.Explanation.load, ("one.npz", "other.npz")), titles=["one", "other"])
heard = ipywidgets.Label("nothing")
both.observe(lambda change: setattr(heard, "value", f"{both.selected} {both.mode}"), "selected")
ipywidgets.VBox([both, heard])""",
)


@pytest.fixture
def pair(lab: JupyterLab) -> tuple[Explanation, Explanation]:
    one, other = hydrant(), hydrant(seed=1)
    one.save(lab.folder / "one.npz")
    other.save(lab.folder / "other.npz")
    write_notebook(lab.folder / "pair.ipynb", CELLS)
    return one, other


def check(page: Page, pair: tuple[Explanation, Explanation], player: int) -> None:
    """What is clicked in the second view is selected, and conditioned on, in both."""
    views = [View(page.locator(".fixlip").nth(place)) for place in (0, 1)]
    views[1].click(player)
    for view, explanation in zip(views, pair, strict=True):
        expect(view.token(player)).to_have_attribute("aria-selected", "true")
        np.testing.assert_allclose(view.values(), explanation.conditional(player), atol=1e-5)


def test_one_click_conditions_both_and_reaches_the_kernel(
    lab: JupyterLab, page: Page, witness: Witness, pair: tuple[Explanation, Explanation]
) -> None:
    lab.open(page, "pair.ipynb")
    lab.run_all(page)
    expect(page.locator(".fixlip")).to_have_count(2)
    check(page, pair, DOG)
    expect(page.locator(".widget-label")).to_have_text(f"[{DOG}] conditional")
    assert witness.ours == []


def test_a_saved_comparison_stays_linked_without_a_kernel(
    lab: JupyterLab, page: Page, pair: tuple[Explanation, Explanation]
) -> None:
    lab.jupyter("execute", "--inplace", "pair.ipynb")
    lab.jupyter("trust", "pair.ipynb")
    lab.open(page, "pair.ipynb")
    expect(page.locator(".fixlip")).to_have_count(2)
    lab.stop_kernel(page)
    check(page, pair, HYDR)
    expect(page.get_by_role("button", name="No Kernel", exact=True)).to_be_visible()
