"""Scenes by hand: what is shown where, and what is refused in one sentence."""

import contextlib
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

import fixlip_widget as fw
from fixlip_widget.demo.by_hand import SIDE
from fixlip_widget.demo.emoji_names import find_emoji, thing_of
from fixlip_widget.demo.sprites import read_sprite
from fixlip_widget.demo.things import ALIASES, COLOURS, EMOJI, TINTED
from fixlip_widget.errors import InputError

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


def pixels(image: Image.Image) -> FloatArray:
    return np.asarray(image, dtype=float)


def cell(image: Image.Image, row: int, column: int, rows: int = 2, columns: int = 2) -> FloatArray:
    height, width = SIDE // rows, SIDE // columns
    return pixels(image)[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_rows_are_rows() -> None:
    image = fw.scene("🔵 🟡\n🟢 🔴")
    assert (image.mode, image.size) == ("RGB", (SIDE, SIDE))
    centres = {(row, column): cell(image, row, column)[112, 112] for row in (0, 1) for column in (0, 1)}
    assert centres[0, 0].argmax() == 2  # blue
    assert centres[0, 1].argmin() == 2  # yellow
    assert centres[1, 0].argmax() == 1  # green
    assert centres[1, 1].argmax() == 0  # red


@pytest.mark.parametrize(
    "text", ["🦊🚀", "fox, rocket", "a fox and a rocket", "FOX  rockets", " 🦊\t🚀 \n\n", "🦊rocket"]
)
def test_emoji_and_words_are_the_same(text: str) -> None:
    assert fw.scene(text).tobytes() == fw.scene("🦊 🚀").tobytes()


def test_a_list_says_colours_places_and_sizes_and_later_things_cover_earlier_ones() -> None:
    rows = fw.scene("purple cat")
    listed = fw.scene([("🐈", "purple", (0.5, 0.5), 0.7)])
    assert rows.tobytes() == listed.tobytes()
    as_arrays: Any = [["cat", "purple", np.array([0.5, 0.5]), np.float32(0.7)]]
    assert fw.scene(as_arrays).tobytes() == rows.tobytes()
    covered = fw.scene([("cat", None, (0.5, 0.5), 0.3), ("square", "green", (0.5, 0.5), 0.5)])
    assert covered.tobytes() == fw.scene([("square", "green", (0.5, 0.5), 0.5)]).tobytes()


def test_the_picture_of_a_thing_is_its_sprite() -> None:
    image = fw.scene([("fox", None, (0.5, 0.5), 128 / SIDE)], family="noto")
    r, g, b, a = read_sprite("fox", "noto").numpy().astype(float)
    middle = slice(SIDE // 2 - 64, SIDE // 2 + 64)
    shown = pixels(image)[middle, middle]
    opaque = a == 255
    assert np.abs(shown - np.stack([r, g, b], -1))[opaque].mean() < 1


def test_a_dot_leaves_a_cell_empty() -> None:
    image = fw.scene("🦊 .\n. 🚀")
    assert cell(image, 0, 1).std(axis=(0, 1)).max() < 3
    assert cell(image, 0, 0).std(axis=(0, 1)).max() > 20


def test_every_emoji_that_is_known_is_a_thing_with_or_without_its_selector() -> None:
    for emoji in (*EMOJI.values(), *ALIASES, *TINTED):
        for written in (emoji, emoji.replace("\ufe0f", "")):
            found = find_emoji(f"{written}cat")
            assert found == written
            assert thing_of(found) is not None
    assert thing_of("💚") == ("heart", "green")
    assert {colour for _, colour in TINTED.values()} == set(COLOURS)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "The scene has no things; write emoji or words"),
        (" \n . ", "The scene has no things"),
        ("🦤", r"There is no picture of '🦤' \(dodo\); near are 🦉 owl, 🪶 feather, 🦢 swan\."),
        ("🐈‍⬛", r"\(black cat\); near are 🐈 cat, "),
        ("dodo", "There is no thing 'dodo'; near are 🦉 owl"),
        ("foxx", "There is no thing 'foxx'; near are 🦊 fox"),
        ("purple", "After the colour 'purple' there is no thing; write one, such as 'purple cat'"),
        ("purple red cat", "There is no thing 'red'"),
        ("<script>alert(1)</script>", "There is no thing '<script>alert"),
        ("\x00\x1b[31m\ud800", "There is no thing "),
        ("a" * 10**5, "There is no thing 'a{50,60}…'; write emoji or words"),
        ("🦊" * 500, "The scene has 500 cells in 1 row, but takes at most 6 rows of 6; leave some out"),
        ("🦊\n" * 7, "The scene has 7 cells in 7 rows"),
        ([("cat", None, (0.3, 0.3), 0.4)] * 500, "The scene has more than the 36 things that one takes"),
        (itertools.repeat(("cat", None, (0.3, 0.3), 0.4)), "The scene has more than the 36 things"),
        ([], "The scene has no things"),
        (None, "A scene is text or a list of things, not NoneType"),
        (b"fox", "A scene is text or a list of things, not bytes"),
        (["cat"], r"'cat' is not \(thing, colour, \(x, y\), size\)"),
        ([("cat", "purple")], r"\('cat', 'purple'\) is not \(thing, colour"),
        ([(3, None, (0.3, 0.3), 0.4)], "The thing 3 is not text"),
        ([("cat", "mauve", (0.3, 0.3), 0.4)], "There is no colour 'mauve'; use None for its own, or red, "),
        ([("cat", ["red"], (0.3, 0.3), 0.4)], r"There is no colour \['red'\]"),
        ([("cat", None, (2, 0.3), 0.4)], r"The position \(2, 0.3\) is not a pair"),
        ([("cat", None, (0.3, float("nan")), 0.4)], r"The position \(0.3, nan\)"),
        ([("cat", None, 0.3, 0.4)], "The position 0.3"),
        ([("cat", None, "ab", 0.4)], "The position 'ab'"),
        ([("cat", None, (10**400, 0.3), 0.4)], "The position "),
        ([("cat", None, (0.3, 0.3), 0)], "The size 0 is not a number from 0.05 to 1"),
        ([("cat", None, (0.3, 0.3), True)], "The size True"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_sentence(content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        fw.scene(content)
    assert len(str(error.value)) < 300
    assert "\n" not in str(error.value)


def test_an_unknown_family_is_an_error() -> None:
    with pytest.raises(InputError, match="There is no family of emoji 'apple'; use 'noto' or 'fluent'"):
        fw.scene("🦊", family="apple")


@given(st.lists(st.sampled_from([*EMOJI.values(), *COLOURS, *EMOJI, ".", ",", "\n", " ", "👩‍🚀", "x"]), max_size=6))
@example(["🐻", "‍", "❄️"])
def test_any_text_is_shown_or_refused(parts: list[str]) -> None:
    with contextlib.suppress(InputError):
        assert fw.scene(" ".join(parts)).size == (SIDE, SIDE)
