from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Witness
from tests.browser.many import PREPARE, held, mount_and_unmount
from tests.browser.view import View, opened
from tests.widget.samples import hydrant

pytestmark = pytest.mark.browser

VIEWS = 20
TIMES = 12
DOG = 50


def test_views_that_go_leave_nothing_behind(page: Page, witness: Witness, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html", selected=())
    opened(page, tmp_path / "dog.html")
    page.evaluate(PREPARE)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    mount_and_unmount(page, 3)  # what a page builds once is built by then
    before = held(session)
    mount_and_unmount(page, TIMES)
    after = held(session)
    assert after.listeners <= before.listeners
    assert after.nodes <= before.nodes
    assert witness.errors == []


def test_many_views_of_one_model_answer_together(page: Page, witness: Witness, tmp_path: Path) -> None:
    hydrant().to_html(tmp_path / "dog.html", selected=())
    opened(page, tmp_path / "dog.html")
    page.evaluate(PREPARE)
    for _ in range(VIEWS):
        page.evaluate("mountOne()")
    views = page.locator("body > div > .fixlip")
    expect(views).to_have_count(VIEWS)
    View(views.nth(3)).click(DOG)
    for place in (0, 3, VIEWS - 1):
        assert View(views.nth(place)).selected() == {DOG}
    assert View(page.locator("main .fixlip")).selected() == set()
    assert witness.errors == []
