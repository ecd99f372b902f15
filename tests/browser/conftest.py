from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.browser.jupyterlab import JupyterLab, jupyterlab

# Costs nothing where a page answers, and a busy machine needs it.
PAGE_TIMEOUT_MS = 120_000
expect.set_options(timeout=PAGE_TIMEOUT_MS)


@cache
def chromium() -> str | None:
    with sync_playwright() as playwright:
        return executable(playwright.chromium)


def pytest_runtest_setup() -> None:
    """Without a browser, say so in one line for all tests; where nothing may be left out, fail."""
    if chromium() is None:
        message = "no Chromium was found or could be installed; set CHROME to its path"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)


# Playwright keeps an event loop running in this thread; other packages' tests must not meet it.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


class Witness:
    """What a page complained about and asked for."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.ours: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", self.catch)
        page.on("console", self.listen)
        page.on("request", lambda request: self.requests.append(request.url))

    def catch(self, error: Error) -> None:
        self.errors.append(str(error))
        if "blob:" in (error.stack or ""):
            self.ours.append(str(error))

    def listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)
            # A widget's module is loaded from a blob; the rest of a notebook's page is not ours to judge.
            if message.location["url"].startswith("blob:"):
                self.ours.append(message.text)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1100, "height": 900}) as context:
        context.set_default_timeout(PAGE_TIMEOUT_MS)
        yield context.new_page()


@pytest.fixture
def witness(page: Page) -> Witness:
    return Witness(page)


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[JupyterLab]:
    # Beside other tests, a kernel's threads would only wait for one another.
    with jupyterlab(tmp_path_factory.mktemp("lab") / "home", OMP_NUM_THREADS="1") as server:
        yield server
