from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageColor

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.player_names import patch_names
from fixlip_widget.widget.canvas import Box, Photo, Stripes, Text
from fixlip_widget.widget.figure import compose, draw
from fixlip_widget.widget.fonts import Font
from fixlip_widget.widget.frame import color_extent, create_frame
from fixlip_widget.widget.layout import BACKGROUND, GAP, NO_PICTURE, PAGE, SECONDARY
from fixlip_widget.widget.legend_drawing import header_facts
from fixlip_widget.widget.picture_drawing import UNSEEN_OPACITY, draw_picture, tint
from fixlip_widget.widget.png import paint, render_png, write_png
from tests.widget.samples import AWKWARD, cropped, hydrant, oblong


def drawn(explanation: Explanation, selected: tuple[int, ...] = ()) -> Image.Image:
    return Image.open(io.BytesIO(render_png(draw(explanation, selected)))).convert("RGB")


def test_the_still_is_small_and_complete() -> None:
    canvas = draw(hydrant())
    assert canvas.width == PAGE.width
    assert canvas.height > PAGE.width
    assert len(render_png(canvas)) < 200_000


def test_red_raises_and_blue_lowers_and_zero_is_clear() -> None:
    explanation = oblong(image=False)
    second = np.zeros_like(explanation.second)
    second[0, 15] = second[15, 0] = 2.0
    second[4, 15] = second[15, 4] = -2.0
    frame = create_frame(explanation.replace(second=second), 15, extent=2.0)
    assert tint(frame, 0.0)[1] == 0

    top = PAGE.margin + 36 * 2 + 36 + GAP  # below the lines of the header
    patch = PAGE.inner_width // 5
    pixels = np.asarray(paint(compose(frame, PAGE)))  # (h, w, 3)
    raised, clear, lowered = (pixels[top + 12, PAGE.margin + column * patch + 12] for column in (0, 1, 4))
    assert raised[0] > raised[2]
    assert lowered[2] > lowered[0]
    assert tuple(clear) == ImageColor.getrgb(NO_PICTURE)


def test_a_selection_changes_the_still() -> None:
    explanation = hydrant()
    stills = [drawn(explanation, selected) for selected in ((), (54,), (54, 3))]
    assert len({still.tobytes() for still in stills}) == 3


@pytest.mark.parametrize("selected", [(), (4,), (4, 16)])
def test_values_within_their_error_are_striped(selected: tuple[int, ...]) -> None:
    """And carry no sign; the errors of sums are not known."""
    explanation = oblong(errors=True)
    doubted = explanation.replace(stderr_second=2 * np.abs(explanation.second))
    assert explanation.stderr_first_order is not None
    expected = {
        (): np.abs(explanation.first_order()) < explanation.stderr_first_order,
        (4,): doubted.second[4] != 0,
        (4, 16): np.zeros(explanation.n_players, dtype=bool),
    }[selected]
    canvas = draw(doubted, selected)
    patches = canvas.shapes[1 + [isinstance(shape, Photo) for shape in canvas.shapes].index(True) :][:15]
    assert [isinstance(patch, Stripes) for patch in patches] == expected[:15].tolist()
    note = any(isinstance(shape, Text) and shape.text.startswith("within its") for shape in canvas.shapes)
    assert note == expected.any() == (selected != (4, 16))
    quiet = [
        shape.color == SECONDARY for shape in canvas.shapes if isinstance(shape, Text) and shape.anchor == "middle"
    ]
    assert sum(quiet) == expected[15:].sum() + 1  # and the middle of the legend
    bare = replace(canvas, shapes=canvas.shapes[: canvas.shapes.index(patches[0])])
    touched = (np.asarray(paint(canvas)) != np.asarray(paint(bare))).any(axis=2)  # (h, w)
    for patch, striped in zip(patches, expected, strict=False):
        assert isinstance(patch, Box | Stripes)
        corner = touched[patch.y + 8 : patch.y + patch.height // 3, patch.x + 8 : patch.x + patch.width // 3]
        assert (0.1 < corner.mean() < 0.9) == striped


def test_where_nothing_interacts_a_selection_changes_no_value() -> None:
    first = hydrant().replace(second=np.zeros((57, 57)), max_order=1, stderr_second=None)
    alone, selected = (create_frame(first, chosen) for chosen in ((), 54))
    np.testing.assert_array_equal(selected.values, alone.values)
    assert selected.extent == alone.extent > 0
    assert "attributions" in [shape.text for shape in compose(selected, PAGE).shapes if isinstance(shape, Text)]


@pytest.mark.parametrize("image", [True, False])
def test_any_text_is_drawn_where_it_belongs(image: bool) -> None:
    canvas = draw(oblong(image=image), (16,))
    painted = paint(canvas)
    assert painted.getpixel((2, 2)) == ImageColor.getrgb(BACKGROUND)
    words = [shape for shape in canvas.shapes if isinstance(shape, Text) and shape.text in AWKWARD]
    assert [word.text for word in words] == list(AWKWARD)
    for word in words:
        rest = replace(canvas, shapes=tuple(shape for shape in canvas.shapes if shape is not word))
        letters = ImageChops.difference(painted, paint(rest)).getbbox()
        assert letters, word.text
        left, top, right, bottom = letters
        assert (left + right) / 2 == pytest.approx(word.x, abs=word.size / 4)
        assert (top + bottom) / 2 == pytest.approx(word.y, abs=word.size / 4)
        assert right - left == pytest.approx(Font(word.size).width(word.text), abs=word.size / 2)


def test_tall_pictures_and_long_captions_fit() -> None:
    explanation = hydrant()
    words = tuple(f"word{i}" for i in range(60))
    n = 49 + len(words)
    tall = explanation.replace(
        image=Image.new("RGB", (100, 400)),
        tokens=(*explanation.tokens[:49], *words),
        first=np.ones(n),
        second=np.zeros((n, n)),
        stderr_first=None,
        stderr_second=None,
        stderr_first_order=None,
    )
    assert drawn(tall).height < 4 * PAGE.width


@pytest.mark.parametrize(
    "text", ["\u2029", "a\nb\r\n", "\x1c\x85\u2028", "\ud83d", "\0\ufffe", "a" * 100_000], ids=ascii
)
def test_a_still_survives_any_text(text: str, tmp_path: Path) -> None:
    explanation = oblong()
    tokens = (*explanation.tokens[:-2], text, f"{text} and more")
    told = explanation.replace(
        caption=text, tokens=tokens, model=text, model_card=text, masking=text, units=text, index=text, method=text
    )
    assert drawn(told).width == PAGE.width
    told.to_svg(tmp_path / "a.svg", figure=True)
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    told.to_pdf(tmp_path / "a.pdf", figure=True)
    assert "image/png" in told._repr_mimebundle_()[0]
    assert len(repr(told)) < 900


def test_letters_that_no_font_has_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixlip_widget.widget.fonts.FONT_FILES", ("no-such-font.ttf",))
    assert Font(20).printable("R² 0.9 · 3 × 4, −1 שלום") == "R^2 0.9 · 3 x 4, -1 ????"
    assert drawn(oblong()).width == PAGE.width


def test_writing_replaces_whole_files_only(tmp_path: Path) -> None:
    path = tmp_path / "dog.png"
    path.write_bytes(b"old")
    with pytest.raises(InputError):
        write_png(hydrant(), path, selected=[99])
    assert path.read_bytes() == b"old"
    write_png(hydrant(), path, selected=[54])
    assert path.read_bytes() == render_png(draw(hydrant(), (54,)))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("grid", "size"),
    [((1, 40), (40, 1)), ((3, 5), (10, 400)), ((3, 5), (400, 10)), ((3, 5), (1, 65500)), ((3, 5), (65500, 1))],
)
def test_grids_and_pictures_of_any_shape_are_drawn(grid: tuple[int, int], size: tuple[int, int]) -> None:
    n = grid[0] * grid[1] + 2
    explanation = oblong().replace(
        grid=grid,
        tokens=(*patch_names(grid), "a", "cat"),
        first=np.linspace(-1, 1, n),
        second=np.zeros((n, n)),
        image=Image.new("CMYK", size),
    )
    canvas = draw(explanation)
    assert drawn(explanation).size == (canvas.width, canvas.height)


def test_one_strong_pair_of_words_leaves_no_picture_pale() -> None:
    explanation = hydrant()
    pairs = explanation.second.copy()
    pairs[55, 56] = pairs[56, 55] = 1000.0
    strong = explanation.replace(second=pairs)
    cross = float(np.abs(explanation.second[:49, 49:]).max())
    assert color_extent(strong, [50]) == color_extent(explanation, [50]) == cross
    said = [shape.text for shape in draw(strong, (55,)).shapes if isinstance(shape, Text)]
    assert f"more together ≥ +{cross:.0f}" in said
    assert "+1000" in said
    only_words = np.zeros_like(pairs)
    only_words[55, 56] = only_words[56, 55] = 3.0
    assert color_extent(explanation.replace(second=only_words), [55]) == 3.0


def test_the_header_says_what_means_something_to_the_method() -> None:
    explanation = hydrant()
    assert "p 0.5" in header_facts(explanation)
    inside = explanation.replace(method="grad-eclip", units="relevance")
    assert not [fact for fact in header_facts(inside) if fact.startswith("p ") or "relevance" in fact]
    fitted = header_facts(explanation.replace(method="shapiq", units="game value", baseline_value=-0.5))
    assert fitted[:2] == ["sum of the fit 33.95 game value", "baseline −0.50"]


def test_masks_of_both_together_are_one_number() -> None:
    explanation = hydrant()
    assert "4096 × 256 masks" in header_facts(explanation)
    assert "512 masks" in header_facts(explanation.replace(n_image_masks=512, n_text_masks=1))


def test_the_whole_picture_is_drawn_with_what_the_model_saw_outlined() -> None:
    explanation = cropped()
    # Pale, so that the picture shows.
    shapes = draw_picture(create_frame(explanation, extent=100.0), PAGE, 50).shapes
    photo = shapes[0]
    assert isinstance(photo, Photo)
    assert photo.picture.size == (PAGE.inner_width, round(PAGE.inner_width / 1.5))
    height = photo.picture.height
    boxes = [shape for shape in shapes if isinstance(shape, Box | Stripes)]
    faded = [box for box in boxes if isinstance(box, Box) and box.opacity == UNSEEN_OPACITY]
    # Below, on the left and on the right of what the model saw.
    assert len(faded) == 3
    patches = [box for box in boxes if box not in faded and (isinstance(box, Stripes) or box.fill)]
    assert len(patches) == 15
    assert min(box.x for box in patches) == PAGE.margin + round(0.2 * photo.picture.width)
    assert max(box.x + box.width for box in patches) == PAGE.margin + round(0.8 * photo.picture.width)
    assert min(box.y for box in patches) == 50
    assert max(box.y + box.height for box in patches) == 50 + round(0.75 * height)
    covered = sum(box.width * box.height for box in (*faded, *patches))
    assert covered == photo.picture.width * height
    texts = {shape.text for shape in draw(explanation).shapes if isinstance(shape, Text)}
    assert "what the model sees of the picture" in texts
    whole = {shape.text for shape in draw(oblong()).shapes if isinstance(shape, Text)}
    assert "what the model sees of the picture" not in whole
