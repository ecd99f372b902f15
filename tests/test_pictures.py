"""The pictures of the README and the notebooks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PICTURES = sorted((ROOT / "notebooks" / "images").glob("*.png"))
LARGEST = 300_000


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_shown(picture: Path) -> None:
    assert picture.stat().st_size <= LARGEST
    assert str(picture.relative_to(ROOT)) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_picture_is_there() -> None:
    shown = re.findall(r"notebooks/images/[\w-]+\.png", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {ROOT / path for path in shown} == set(PICTURES) != set()
