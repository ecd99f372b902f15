from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import fixlip_widget as fw
from tests.browser.conftest import Witness
from tests.browser.view import View
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

DOG = 50


def test_one_click_conditions_both_without_a_kernel(page: Page, witness: Witness, tmp_path: Path) -> None:
    one, other = hydrant(), hydrant(seed=1)
    fw.compare(one, other, titles=["first", "second"]).to_html(tmp_path / "two.html")
    page.context.set_offline(True)
    page.goto((tmp_path / "two.html").as_uri())
    views = [View(page.locator(".fixlip").nth(place)) for place in (0, 1)]
    views[0].click(DOG)
    for view, explanation in zip(views, (one, other), strict=True):
        np.testing.assert_allclose(view.values(), explanation.conditional(DOG), atol=1e-5)
        assert view.selected() == {DOG}
    page.get_by_role("radio", name="differences").check()
    expect(page.get_by_role("heading", name="second − first")).to_be_visible()
    difference = other.conditional(DOG) - one.conditional(DOG)
    np.testing.assert_allclose(views[1].values(), difference, atol=1e-5)
    assert witness.errors == []
