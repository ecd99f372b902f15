"""The rules of accessibility that axe-core checks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "js" / "node_modules" / "axe-core" / "axe.min.js"


def axe_script() -> str:
    """The source of axe-core; skips the test where it is not installed."""
    if not AXE.is_file():
        message = "axe-core is not installed; run npm ci in js"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
    return AXE.read_text(encoding="utf-8")


def violations(page: Page, within: str = "main") -> list[str]:
    """What breaks a rule within the elements of a selector, on a page that has the script."""
    found: list[dict[str, Any]] = page.evaluate(
        "within => axe.run(within).then(({ violations }) => violations)", within
    )
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
