"""Reading and using a view the way a person does, through what the page shows."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Locator, Page, expect

Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]

BESIDE = 4


class View:
    """One view on a page."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        expect(root).to_have_attribute("data-status", "ready")
        self.settle()

    def settle(self) -> None:
        """Until the words and bars of what is coloured are there."""
        expect(self.root).not_to_have_attribute("aria-busy", "true")

    def token(self, player: int) -> Locator:
        return self.root.locator(f'[data-player="{player}"]')

    def click(self, player: int, *modifiers: Modifier) -> None:
        self.token(player).click(modifiers=modifiers)
        self.settle()

    def clear(self) -> None:
        """Nothing is selected."""
        self.root.evaluate("root => root.focus()")
        self.root.page.keyboard.press("Escape")
        expect(self.root.locator('[data-player][aria-selected="true"]')).to_have_count(0)
        self.settle()

    def mode(self, name: str) -> None:
        self.root.get_by_role("radio", name=name, exact=True).check()
        expect(self.root).to_have_attribute("data-mode", name)
        self.settle()

    def choose(self, name: str) -> None:
        """Of several words in one line."""
        self.root.get_by_role("radio", name=name, exact=True).check()
        self.settle()

    def values(self) -> list[float]:
        shown = self.root.locator("[data-player]").evaluate_all("all => all.map(token => Number(token.dataset.value))")
        return [float(value) for value in shown]

    def selected(self) -> set[int]:
        chosen = self.root.locator('[data-player][aria-selected="true"]')
        return set(chosen.evaluate_all("all => all.map(token => Number(token.dataset.player))"))

    def colour(self, player: int) -> tuple[int, ...]:
        """Red, green and blue as they are seen near the left edge, where neither a letter nor a sign is."""
        with Image.open(io.BytesIO(self.token(player).screenshot())) as seen:
            pixel = seen.convert("RGB").getpixel((BESIDE, seen.height // 2))
        assert isinstance(pixel, tuple)
        return pixel


def opened(page: Page, path: Path) -> View:
    """The view in an exported page, with the network off and no token selected."""
    page.context.set_offline(True)
    page.goto(path.as_uri())
    view = View(page.locator(".fixlip"))
    view.clear()
    return view
