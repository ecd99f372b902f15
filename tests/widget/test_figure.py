from __future__ import annotations

import ctypes
import io
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cairosvg
import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageFilter, ImageFont
from pypdfium2 import raw

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.widget.canvas import Box, Photo, Polygon, Text
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.frame import STILL_MODES, create_frame, strongest_links
from fixlip_widget.widget.graph_drawing import MAX_NODES, MAX_STRONG
from fixlip_widget.widget.layout import FIGURE_UNIT_MM
from fixlip_widget.widget.tapered_stroke import stroke_outline
from tests.widget.samples import cropped, hydrant, oblong

SVG = "{http://www.w3.org/2000/svg}"
DOG, WORDS = 50, ("black", "dog", "next", "to", "a", "yellow", "hydr", "ant")
SERIF = "DejaVu Serif"


def selection(mode: str) -> tuple[int, ...]:
    return (DOG,) if mode == "conditional" else ()


def page_of(path: Path) -> pypdfium2.PdfPage:
    return pypdfium2.PdfDocument(path)[0]


@pytest.mark.parametrize("mode", STILL_MODES)
def test_a_figure_has_the_picture_and_the_caption_alone(mode: str) -> None:
    canvas = draw(hydrant(), selection(mode), mode=mode, figure=True)
    texts = [shape.text for shape in canvas.shapes if isinstance(shape, Text)]
    assert set(WORDS) <= set(texts)
    assert not [text for text in texts if any(word in text for word in ("similarity", "logits", "raises", "links"))]
    page = [shape.text for shape in draw(hydrant(), selection(mode), mode=mode).shapes if isinstance(shape, Text)]
    assert [text for text in page if "similarity" in text]
    chips = [shape for shape in canvas.shapes if isinstance(shape, Box) and shape.radius == 8][: len(WORDS)]
    assert len({chip.y for chip in chips}) == 1
    assert chips[0].x > 0
    assert max(chip.x + chip.width for chip in chips) <= canvas.width


def test_words_have_eight_points_in_any_width_and_rows_are_balanced() -> None:
    for width_mm, n_rows in ((120.0, 1), (40.0, 2), (28.0, 3)):
        canvas = draw(hydrant(), figure=True, width_mm=width_mm)
        assert canvas.width_mm == pytest.approx(width_mm)
        assert canvas.unit_mm == pytest.approx(FIGURE_UNIT_MM, rel=0.01)
        words = [shape for shape in canvas.shapes if isinstance(shape, Text) and shape.text in WORDS]
        assert [word.size for word in words] in ([32] * 8, [28] * 8)
        rows = [sum(word.y == y for word in words) for y in sorted({word.y for word in words})]
        assert (len(rows), sum(rows)) == (n_rows, 8)
        assert max(rows) - min(rows) <= 1


@pytest.mark.parametrize("mode", STILL_MODES)
def test_a_pdf_has_text_and_vectors_and_the_same_look(mode: str, tmp_path: Path) -> None:
    explanation = hydrant()
    explanation.to_pdf(tmp_path / "dog.pdf", selection(mode), mode=mode, figure=True, width_mm=85)
    explanation.to_svg(tmp_path / "dog.svg", selection(mode), mode=mode, figure=True, width_mm=85)
    page = page_of(tmp_path / "dog.pdf")
    assert page.get_width() / 72 * 25.4 == pytest.approx(85, abs=0.01)
    lines = page.get_textpage().get_text_range().split()
    assert set(WORDS) <= set(lines)
    kinds = [item.type for item in page.get_objects()]
    n_pictures = 1 + sum(player < 49 for player in create_frame(explanation, selection(mode), mode).members)
    assert kinds.count(raw.FPDF_PAGEOBJ_IMAGE) == n_pictures
    assert kinds.count(raw.FPDF_PAGEOBJ_PATH) >= 8
    texts = [item for item in page.get_objects() if item.type == raw.FPDF_PAGEOBJ_TEXT]
    assert all(is_embedded(item) for item in texts)
    size = (int(page.get_width() * 2), int(page.get_height() * 2))
    written = page.render(scale=2).to_pil().convert("RGB").resize(size)
    drawn = Image.open(io.BytesIO(cairosvg.svg2png(url=str(tmp_path / "dog.svg"), output_width=size[0])))
    difference = np.abs(blurred(written) - blurred(drawn.convert("RGB").resize(size)))
    assert difference.mean() < 2.5
    assert np.percentile(difference, 99.9) < 45


def blurred(picture: Image.Image) -> Any:
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(3)), dtype=float)


def is_embedded(text: Any) -> bool:
    return bool(raw.FPDFFont_GetIsEmbedded(raw.FPDFTextObj_GetFont(text)))


def test_a_font_is_found_by_family_and_by_path(tmp_path: Path) -> None:
    explanation = oblong()
    file = ImageFont.truetype("DejaVuSerif.ttf", 10).path
    for font in (SERIF, "dejavu serif", str(file), "DejaVuSerif"):
        explanation.to_svg(tmp_path / "serif.svg", figure=True, font=font)
        assert ElementTree.parse(tmp_path / "serif.svg").getroot().get("font-family", "").startswith(f"'{SERIF}', ")
    explanation.to_pdf(tmp_path / "serif.pdf", font=SERIF)
    items = [item for item in page_of(tmp_path / "serif.pdf").get_objects() if item.type == raw.FPDF_PAGEOBJ_TEXT]
    assert all(is_embedded(item) for item in items)
    # Hebrew letters, which the font lacks, are those of the system's font.
    others = [item for item in items if "DejaVuSerif" not in font_name(item)]
    assert len(others) == 1 < len(items)
    assert "DejaVuSans" in font_name(others[0])


def font_name(text: Any) -> str:
    name = ctypes.create_string_buffer(100)
    raw.FPDFFont_GetBaseFontName(raw.FPDFTextObj_GetFont(text), name, 100)
    return name.value.decode()


def test_without_a_font_of_the_system_pillow_s_own_is_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fixlip_widget.widget.fonts.FONT_FILES", ("no-such-font.ttf",))
    hydrant().to_pdf(tmp_path / "dog.pdf", figure=True)
    page = page_of(tmp_path / "dog.pdf")
    assert "yellow" in page.get_textpage().get_text_range()
    assert all(is_embedded(item) for item in page.get_objects() if item.type == raw.FPDF_PAGEOBJ_TEXT)


def test_a_png_has_the_size_in_print(tmp_path: Path) -> None:
    for figure, width_mm in ((True, 60), (False, 120)):
        hydrant().to_png(tmp_path / "dog.png", figure=figure, width_mm=width_mm)
        with Image.open(tmp_path / "dog.png") as picture:
            assert picture.width / picture.info["dpi"][0] * 25.4 == pytest.approx(width_mm, rel=1e-3)


def test_links_are_the_strongest_pairs_between_the_right_tokens() -> None:
    explanation = hydrant()
    pairs = np.triu(explanation.second_order(), 1)
    links = strongest_links(explanation, 7)
    assert [abs(link.value) for link in links] == sorted(np.abs(pairs).ravel(), reverse=True)[:7]
    assert all(pairs[link.start, link.end] == link.value for link in links)
    assert {DOG} <= {player for link in strongest_links(explanation, 5, [DOG]) for player in (link.start, link.end)}
    canvas = draw(explanation, mode="links", count=3, figure=True)
    strokes = [shape for shape in canvas.shapes if isinstance(shape, Polygon)]
    assert len(strokes) == 3
    photo = next(shape for shape in canvas.shapes if isinstance(shape, Photo))
    strongest, stroke = strongest_links(explanation, 3)[0], strokes[-1]
    row, column = divmod(strongest.start, 7)
    side = photo.picture.width / 7
    center = np.array([photo.x + (column + 0.5) * side, photo.y + (row + 0.5) * side])
    distance = np.linalg.norm(np.array(stroke.points) - center, axis=1).min()
    assert strongest.start < 49 <= strongest.end
    assert distance < 16  # half of its width
    word = next(shape for shape in canvas.shapes if isinstance(shape, Text) and shape.text == WORDS[strongest.end - 49])
    assert min(abs(x - word.x) for x, y in stroke.points if y > photo.y + photo.picture.height) < 6


def test_a_stroke_is_as_wide_as_it_should_be() -> None:
    outline = stroke_outline(10 + 10j, 110 + 10j, 60 + 10j, (20, 8))
    x, y = outline.real, outline.imag
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert area == pytest.approx(100 * (20 + 8) / 2 + np.pi / 2 * (10**2 + 4**2), rel=0.01)
    assert (x.min(), x.max()) == (pytest.approx(0), pytest.approx(114))
    assert np.ptp(y[x <= 10]) == pytest.approx(20)
    assert np.ptp(y[x >= 110]) == pytest.approx(8)


def test_a_set_is_drawn_with_its_patches_as_they_are_and_its_strongest_pairs() -> None:
    explanation = cropped()
    for count in (3, MAX_NODES + 3):
        canvas = draw(explanation, mode="subset", count=count, figure=True)
        members = create_frame(explanation, mode="subset", count=count).members
        assert len(members) == count
        photos = [shape for shape in canvas.shapes if isinstance(shape, Photo)]
        n_nodes = min(count, MAX_NODES)
        assert len(photos) == 1 + sum(player < 15 for player in members[:n_nodes])
        edges = [shape for shape in canvas.shapes if isinstance(shape, Polygon)]
        assert len(edges) == n_nodes * (n_nodes - 1) / 2
        numbers = [shape for shape in canvas.shapes if isinstance(shape, Text) and shape.halo]
        assert len(numbers) == min(MAX_STRONG, len(edges))


def test_patches_of_a_set_have_the_colours_of_the_picture() -> None:
    explanation = hydrant()
    members = create_frame(explanation, mode="subset", count=20).members
    photo = next(shape for shape in draw(explanation, mode="subset", count=20).shapes if isinstance(shape, Photo))
    picture = np.asarray(photo.picture, dtype=float)  # (896, 896, 3)
    saturation = np.ptp(picture, axis=2).reshape(7, 128, 7, 128).max(axis=(1, 3)).ravel()  # (49,)
    assert explanation.image
    source = np.asarray(explanation.image.resize((896, 896)), dtype=float)  # (896, 896, 3)
    expected = np.ptp(source, axis=2).reshape(7, 128, 7, 128).max(axis=(1, 3)).ravel()  # (49,)
    inside = np.isin(np.arange(49), members)
    np.testing.assert_allclose(saturation[inside], expected[inside], atol=3)
    assert expected[inside].max() > 30
    assert not saturation[~inside].any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "graph"}, "There is no still of mode 'graph'; use attribution, conditional, links, subset"),
        ({"mode": "conditional"}, "mode='conditional' shows interactions with selected tokens; give one"),
        ({"selected": "bird"}, "There is no token 'bird'"),
        ({"figure": True, "width_mm": 3}, "width_mm=3 is no width of a figure; give millimetres from 20 to 1000"),
        ({"font": "No Such Family"}, "There is no font 'No Such Family' on this system"),
        ({"mode": "links", "count": 0}, "count=0 is not available; give a number of links or tokens from 1 to 200"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    for write in (Explanation.to_svg, Explanation.to_png, Explanation.to_pdf):
        with pytest.raises(InputError, match=message):
            write(hydrant(), tmp_path / "dog", **arguments)
    assert not list(tmp_path.iterdir())


def test_modes_without_values_are_refused() -> None:
    single = hydrant().replace(second=np.zeros((57, 57)), max_order=1, stderr_second=None, method="shapley")
    with pytest.raises(InputError, match="shapley finds no interactions, which mode='links' shows"):
        draw(single, mode="links")
    with pytest.raises(InputError, match="game predicts no similarities, which mode='subset' shows"):
        draw(hydrant().replace(method="game"), mode="subset")
