"""The still figure of a view, for PNG and SVG; its colors and scales are those of the page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.exchange import SHAPIQ
from fixlip_widget.methods import METHODS, depends_on_p
from fixlip_widget.player_names import selection_label
from fixlip_widget.widget.canvas import Box, Canvas, Photo, Shape, Stripes, Text, translated
from fixlip_widget.widget.color_scale import (
    LOWER,
    MAX_OPACITY,
    PICTURE_OPACITY,
    RAISE,
    SIGN_THRESHOLD,
    UNDER_TEXT,
    decimals,
    plain,
    signed,
    strength,
)
from fixlip_widget.widget.displayed_values import WHOLE, displayed_picture, displayed_values, is_conditional
from fixlip_widget.widget.fonts import Font
from fixlip_widget.widget.serialize import continues_word

WIDTH, MARGIN, GAP = 960, 32, 20
MAX_COLUMNS = 3
"""Figures in a row of a comparison."""
BACKGROUND, INK, SECONDARY, BORDER, NO_PICTURE = "#ffffff", "#1c1e22", "#5c626c", "#dfe2e7", "#f1f2f4"
LEGEND_STEPS = 240
MIN_SIGN, MAX_SIGN = 8, 44
SMALL, BODY, WORD = 21, 23, 32
"""Font sizes in pixels."""
UNSEEN_OPACITY = 0.65
"""Opacity of the background over the part of a picture that the model does not see."""
STRIPE_OPACITY = 1.3
"""Opacity of stripes relative to that of a filled patch, as they cover less."""
MIN_STRIPE_OPACITY = 0.25
GREY = (0.2126, 0.7152, 0.0722, 0.0)
"""Weights of the channels in the brightness of a pixel, those of browsers."""


def draw(explanation: Explanation, selected: Sequence[int] = ()) -> Canvas:
    """The figure of attributions, or of the interactions with the `selected` tokens if there are any."""
    chosen = explanation.valid_players(selected)
    return Figure(explanation, tuple(chosen), color_extent(explanation, chosen)).canvas()


def draw_side_by_side(
    explanations: Sequence[Explanation], titles: Sequence[str], selected: Sequence[int], *, common: bool
) -> Canvas:
    """Figures of several explanations under their titles, up to three in a row; `common` gives them one scale."""
    extents = [color_extent(one, selected) for one in explanations]
    if common:
        extents = [max(extents)] * len(extents)
    figures = [
        Figure(one, tuple(selected), extent, title).canvas()
        for one, extent, title in zip(explanations, extents, titles, strict=True)
    ]
    shapes: list[Shape] = []
    height = 0
    for start in range(0, len(figures), MAX_COLUMNS):
        row = figures[start : start + MAX_COLUMNS]
        for column, figure in enumerate(row):
            shapes += [translated(shape, column * WIDTH, height) for shape in figure.shapes]
        height += max(figure.height for figure in row)
    return Canvas(WIDTH * min(len(figures), MAX_COLUMNS), height, BACKGROUND, tuple(shapes))


def color_extent(explanation: Explanation, selected: Sequence[int]) -> float:
    """The magnitude of the strongest color: of all attributions, or of all interactions of a patch with a word.

    Pairs of words may be stronger, and are clipped: one strong pair would leave the whole picture pale.
    """
    if not is_conditional(explanation, selected):
        return float(np.abs(explanation.first_order()).max(initial=0.0))
    pairs, n_patches = np.abs(explanation.second_order()), explanation.n_players_image
    return float(pairs[:n_patches, n_patches:].max(initial=0.0) or pairs.max(initial=0.0))


class Figure:
    """A figure that is drawn from top to bottom; `y` is the top of the next part."""

    def __init__(self, explanation: Explanation, selected: tuple[int, ...], extent: float, title: str = "") -> None:
        self.explanation, self.selected, self.extent, self.title = explanation, selected, extent, title
        self.conditional = is_conditional(explanation, selected)
        self.values, errors = displayed_values(explanation, selected)
        self.uncertain = np.abs(self.values) < errors  # (n,)
        largest = explanation.second_order() if self.conditional else self.values
        self.digits = decimals(float(np.abs(largest).max(initial=0.0)))
        self.shapes: list[Shape] = []
        self.has_signs = False
        self.y = MARGIN

    def canvas(self) -> Canvas:
        """The complete figure."""
        self._draw_header()
        self._draw_picture()
        self._draw_caption()
        self._draw_legend()
        return Canvas(WIDTH, self.y + MARGIN, BACKGROUND, tuple(self.shapes))

    def tint(self, value: float) -> tuple[str, float]:
        """Color and opacity of a value."""
        return RAISE if value > 0 else LOWER, MAX_OPACITY * strength(value, self.extent)

    def _draw_header(self) -> None:
        e = self.explanation
        facts = wrap(header_facts(e), Font(BODY), WIDTH - 2 * MARGIN)
        label = selection_label(e.tokens, e.n_players_image, self.selected)
        heading = f"together with {label}" if self.conditional else "attributions"
        title = wrap(self.title.split(), Font(BODY), WIDTH - 2 * MARGIN, " ") if self.title.strip() else []
        for line, color in (*zip(title, repeat(INK)), *zip(facts, repeat(SECONDARY)), (heading, INK)):
            self.shapes.append(Text(MARGIN, self.y + 14, line, BODY, color))
            self.y += 36
        self.y += GAP // 2

    def _draw_picture(self) -> None:
        rows, columns = self.explanation.grid
        source, crop_box = displayed_picture(self.explanation)
        ratio = source.width / source.height if source else columns / rows
        width = min(WIDTH - 2 * MARGIN, round(WIDTH * ratio))
        size = (width, round(width / ratio))
        picture = Image.new("RGB", size, NO_PICTURE)
        if source:
            grey = source.convert("RGB").resize(size).convert("L", GREY).convert("RGB")
            picture = Image.blend(Image.new("RGB", size, BACKGROUND), grey, PICTURE_OPACITY)
        self.shapes.append(Photo(MARGIN, self.y, picture))
        left, right = (MARGIN + round(width * edge) for edge in crop_box[::2])
        top, bottom = (self.y + round(size[1] * edge) for edge in crop_box[1::2])
        xs, ys = (edges(right - left, columns) + left).tolist(), (edges(bottom - top, rows) + top).tolist()
        self._draw_surroundings(Box(MARGIN, self.y, *size), Box(left, top, right - left, bottom - top))
        patches = [
            Box(xs[c], ys[r], xs[c + 1] - xs[c], ys[r + 1] - ys[r], *self.tint(float(self.values[r * columns + c])))
            for r in range(rows)
            for c in range(columns)
        ]
        self.shapes += [
            striped(patch) if uncertain else patch
            for patch, uncertain in zip(patches, self.uncertain, strict=False)
            if patch.width and patch.height
        ]
        self._draw_signs(patches)
        for player in self.selected:
            if player < len(patches):
                self.shapes.append(outlined(patches[player], 6, INK, 3))
                self.shapes.append(outlined(patches[player], 3, BACKGROUND, 4))
        self.y += size[1] + GAP

    def _draw_surroundings(self, picture: Box, seen: Box) -> None:
        """Fade what the model does not see, and outline what it sees."""
        below, beside = seen.y + seen.height, seen.x + seen.width
        surroundings = [
            Box(picture.x, picture.y, picture.width, seen.y - picture.y, BACKGROUND, UNSEEN_OPACITY),
            Box(picture.x, below, picture.width, picture.y + picture.height - below, BACKGROUND, UNSEEN_OPACITY),
            Box(picture.x, seen.y, seen.x - picture.x, seen.height, BACKGROUND, UNSEEN_OPACITY),
            Box(beside, seen.y, picture.x + picture.width - beside, seen.height, BACKGROUND, UNSEEN_OPACITY),
        ]
        visible = [box for box in surroundings if box.width and box.height]
        self.shapes += [*visible, *([outlined(seen, 2, INK, 2)] if visible else ())]

    def _draw_signs(self, patches: Sequence[Box]) -> None:
        size = min(MAX_SIGN, patches[0].width // 3, patches[0].height // 2)
        if size < MIN_SIGN:
            return
        n_shapes = len(self.shapes)
        for patch, number, uncertain in zip(patches, self.values, self.uncertain, strict=False):
            value = float(number)
            if strength(value, self.extent) >= SIGN_THRESHOLD and not uncertain:
                x, y = patch.x + patch.width / 2, patch.y + patch.height / 2
                self.shapes.append(Text(x, y, "+" if value > 0 else "−", size, BACKGROUND, "middle", INK))
        self.has_signs = len(self.shapes) > n_shapes

    def _draw_caption(self) -> None:
        n_patches = self.explanation.n_players_image
        tokens = self.explanation.tokens[n_patches:]
        joined = continues_word(self.explanation.caption, tokens)
        x, height, word_font, number_font = MARGIN, 82, Font(WORD), Font(SMALL)
        for index, token in enumerate(tokens):
            number = self._number(n_patches + index)
            width = 28 + max(word_font.width(token), number_font.width(number))
            x = x - 10 if joined[index] else x
            if x + width > WIDTH - MARGIN and x > MARGIN:
                x, self.y = MARGIN, self.y + height + 12
            self._draw_chip(x, width, height, n_patches + index, token, number)
            x += width + 10
        self.y += height + GAP + 8

    def _number(self, player: int) -> str:
        """The value of a token; of a selected one its own attribution in brackets, as nothing interacts with itself."""
        if self.conditional and self.selected == (player,):
            return f"({signed(float(self.explanation.first_order()[player]), self.digits)})"
        return signed(float(self.values[player]), self.digits)

    def _draw_chip(self, x: int, width: int, height: int, player: int, text: str, number: str) -> None:
        value = float(self.values[player])
        fill = on_background(UNDER_TEXT[0 if value > 0 else 1], strength(value, self.extent))
        outline, line = (INK, 4) if player in self.selected else (BORDER, 2)
        self.shapes += [
            Box(x, self.y, width, height, fill, outline=outline, line=line, radius=8),
            Text(x + width / 2, self.y + 27, text, WORD, INK, "middle"),
            Text(x + width / 2, self.y + 62, number, SMALL, SECONDARY if self.uncertain[player] else INK, "middle"),
        ]

    def _draw_legend(self) -> None:
        left, right = MARGIN, WIDTH - MARGIN
        xs = (edges(right - left, LEGEND_STEPS) + left).tolist()
        for step in range(LEGEND_STEPS):
            tint = self.tint(self.extent * (2 * (step + 0.5) / LEGEND_STEPS - 1))
            self.shapes.append(Box(xs[step], self.y, xs[step + 1] - xs[step], 21, on_background(*tint)))
        self.shapes.append(Box(left, self.y, right - left, 21, outline=BORDER, line=2))
        self.y += 42
        lowers, raises = ("less together", "more together") if self.conditional else ("lowers", "raises")
        low, high = signed(-self.extent, self.digits), signed(self.extent, self.digits)
        self.shapes += [
            Text(left, self.y, f"{self._clipping_sign(-1)}{low} {lowers}", SMALL, SECONDARY),
            Text((left + right) / 2, self.y, f"0 {self.explanation.units}", SMALL, SECONDARY, "middle"),
            Text(right, self.y, f"{raises} {self._clipping_sign(1)}{high}", SMALL, SECONDARY, "end"),
        ]
        self.y += 12
        if self.has_signs:
            self._draw_note(Text(MARGIN, self.y + 26, "+ −", SMALL, SECONDARY), "at least half the scale")
        if self.uncertain.any():
            self._draw_note(Stripes(MARGIN, self.y + 17, 44, 18, SECONDARY, 1.0), "within its standard error")
        if displayed_picture(self.explanation)[1] != WHOLE:
            frame = Box(MARGIN, self.y + 17, 44, 18, outline=SECONDARY, line=3)
            self._draw_note(frame, "what the model sees of the picture")

    def _draw_note(self, sample: Shape, meaning: str) -> None:
        self.shapes += [sample, Text(MARGIN + 58, self.y + 26, meaning, SMALL, SECONDARY)]
        self.y += 38

    def _clipping_sign(self, side: int) -> str:
        """ "≤ " or "≥ " where values on this side of zero (−1 or 1) exceed the extent."""
        is_clipped = (side * self.values > self.extent * (1 + 1e-6)).any()
        return ("≤ " if side < 0 else "≥ ") if is_clipped else ""


def header_facts(explanation: Explanation) -> list[str]:
    """The facts in the header: similarity, empty value, R², masks, p."""
    e = explanation
    # The values of white-box methods have units of their own, but the model's similarities do not.
    units = "logits" if e.method in METHODS and METHODS[e.method].white_box else e.units
    facts = [f"similarity {plain(e.full_value, 2)} {units}", f"empty {plain(e.empty_value, 2)}"]
    if e.method == SHAPIQ:
        facts = [f"sum of the fit {plain(e.full_value, 2)} {units}", f"baseline {plain(e.baseline_value, 2)}"]
    if e.r2 is not None:
        facts.append(f"R² {plain(e.r2, 2)}")
    if e.n_image_masks is not None and e.n_text_masks is not None:
        counts = (e.n_image_masks, e.n_text_masks) if e.n_text_masks > 1 else (e.n_image_masks,)
        facts.append(f"{' × '.join(map(str, counts))} masks")
    if depends_on_p(e.method):
        facts.append(f"p {e.p[0]} image, {e.p[1]} text" if isinstance(e.p, tuple) else f"p {e.p}")
    return facts


def wrap(parts: Sequence[str], font: Font, width: int, separator: str = " · ") -> list[str]:
    """The parts in lines no wider than `width` pixels."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = f"{lines[-1]}{separator}{part}"
        if font.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def edges(length: int, parts: int) -> npt.NDArray[np.int64]:
    """(parts + 1,) pixel boundaries that divide a length as evenly as possible."""
    return np.rint(np.linspace(0, length, parts + 1)).astype(np.int64)


def striped(box: Box) -> Stripes:
    """The tint of a box as stripes, for values within their standard error."""
    opacity = min(1.0, max(MIN_STRIPE_OPACITY, STRIPE_OPACITY * box.opacity))
    return Stripes(box.x, box.y, box.width, box.height, box.fill or BACKGROUND, opacity)


def outlined(box: Box, by: int, color: str, line: int) -> Box:
    """An outline around a box, `by` pixels larger on every side."""
    return Box(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by, outline=color, line=line)


def on_background(color: str, opacity: float) -> str:
    """The opaque color of a translucent one on white."""
    mixed = (round(255 + (channel - 255) * opacity) for channel in ImageColor.getrgb(color)[:3])
    return "#" + "".join(f"{channel:02x}" for channel in mixed)
