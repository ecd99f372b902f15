from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import Selection
from fixlip_widget.widget.canvas import Box, Text
from fixlip_widget.widget.color_scale import LOWER, MAX_OPACITY, RAISE
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.svg import to_svg, write_svg
from tests.widget.samples import hydrant, oblong

SVG = "{http://www.w3.org/2000/svg}"


def render_svg(explanation: Explanation, selected: Selection, **options: Any) -> str:
    return to_svg(draw(explanation, selected, **options), explanation.caption)


def test_it_says_what_the_png_shows() -> None:
    explanation = oblong()
    canvas, root = draw(explanation, (16, 2)), ElementTree.fromstring(render_svg(explanation, (16, 2)))
    assert root.get("viewBox") == f"0 0 {canvas.width} {canvas.height}"
    texts = [
        (text.text, float(text.get("x", "")), text.get("fill"))
        for text in root.iter(f"{SVG}text")
        if text.get("fill") != "none"
    ]
    assert texts == [(t.text, t.x, t.color) for t in canvas.shapes if isinstance(t, Text)]
    assert len(list(root.iter(f"{SVG}rect"))) == 1 + sum(isinstance(shape, Box) for shape in canvas.shapes)
    assert [image.get("height") for image in root.iter(f"{SVG}image")] == [str(round((960 - 64) / 250 * 150))]


def test_patches_have_the_colours_of_their_values() -> None:
    explanation = hydrant().replace(stderr_second=None)
    root = ElementTree.fromstring(render_svg(explanation, (50,)))
    values = explanation.conditional(50)
    extent = abs(explanation.second_order()).max()
    patches = [rect for rect in root.iter(f"{SVG}rect") if rect.get("fill-opacity")]
    assert len(patches) == 49
    for patch, value in zip(patches, values, strict=False):
        assert patch.get("fill") == (RAISE if value > 0 else LOWER)
        assert float(patch.get("fill-opacity", "")) == pytest.approx(MAX_OPACITY * abs(value) / extent, abs=1e-4)
    # Row-major: patch 9 is in the second row and the third column.
    assert float(patches[9].get("x", "")) == pytest.approx(32 + 2 * 896 / 7)


def test_values_within_their_error_are_striped() -> None:
    explanation = hydrant()
    assert explanation.stderr_second is not None
    doubted = (np.abs(explanation.conditional(50)) < explanation.stderr_second[50])[:49].sum()
    root = ElementTree.fromstring(render_svg(explanation, (50,)))
    assert len(list(root.iter(f"{SVG}path"))) == doubted + 1 > 5  # and the note's


def test_a_caption_is_text_whatever_it_holds(tmp_path: Path) -> None:
    rude = oblong().replace(caption="<script>\x00\ud800 & co")
    write_svg(rude, tmp_path / "rude.svg")
    text = (tmp_path / "rude.svg").read_text(encoding="utf-8")
    assert "<script" not in text
    root = ElementTree.fromstring(text)
    assert root.findtext(f"{SVG}title") == "<script>\ufffd\ufffd & co"
    said = {text.text for text in root.iter(f"{SVG}text")}
    assert set(rude.tokens[15:]) <= said


def test_a_refused_selection_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "dog.svg"
    path.write_text("old")
    with pytest.raises(InputError):
        write_svg(hydrant(), path, selected=[99])
    assert path.read_text() == "old"
