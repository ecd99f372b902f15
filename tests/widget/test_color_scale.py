"""Still figures and the front end have the same colours."""

from __future__ import annotations

import re
from pathlib import Path

from fixlip_widget.widget.color_scale import LOWER, MAX_OPACITY, RAISE

SOURCES = Path(__file__).parents[2] / "js" / "src"


def test_hues_and_opacity_are_those_of_the_front_end() -> None:
    theme = (SOURCES / "styles" / "theme.css").read_text(encoding="utf-8")
    hues = dict(re.findall(r"--fixlip-(raise|lower): light-dark\((#\w{6}),", theme))
    assert hues == {"raise": RAISE, "lower": LOWER}
    scale = (SOURCES / "color-scale.ts").read_text(encoding="utf-8")
    assert re.findall(r"MAX_OPACITY = ([\d.]+);", scale) == [str(MAX_OPACITY)]
