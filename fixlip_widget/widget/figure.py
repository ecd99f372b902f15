"""The view drawn once, for PNG and SVG alike. Colours and scale are the page's own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageEnhance

from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS, keeps_with_probability
from fixlip_widget.widget.canvas import Box, Photo, Shape, Sheet, Stripes, Text, moved
from fixlip_widget.widget.color_scale import FULL, SATURATION, SIGNED, decimals, plain, signed, strength
from fixlip_widget.widget.displayed_values import conditions, shown
from fixlip_widget.widget.fonts import Lettering
from fixlip_widget.widget.serialize import continues_word

WIDTH, MARGIN, GAP = 960, 32, 20
PAPER, INK, QUIET, LINE, BLANK = "#ffffff", "#1c1e22", "#5c626c", "#dfe2e7", "#f1f2f4"
RAISE, LOWER = "#d7263d", "#1667d9"
LEGEND_STEPS = 240
SMALLEST_SIGN = 8
SMALL, BODY, WORD = 21, 23, 32  # pixels of letters


def draw(explanation: Explanation, selected: Sequence[int] = ()) -> Sheet:
    """Attributions, or the interactions with the `selected` tokens if there are any."""
    return Drawing(explanation, tuple(selected), extent_of(explanation, selected)).sheet()


def extent_of(explanation: Explanation, selected: Sequence[int]) -> float:
    """The magnitude that has the full colour: of any attribution, or of any interaction of a patch with a word.

    One strong pair of words would leave the whole picture pale; pairs stronger than this have the full colour too.
    """
    if not conditions(explanation, selected):
        return float(np.abs(explanation.first_order()).max(initial=0.0))
    pairs, patches = np.abs(explanation.second_order()), explanation.n_players_image
    return float(pairs[:patches, patches:].max(initial=0.0) or pairs.max(initial=0.0))


class Drawing:
    """A sheet filled from top to bottom; `y` is where the next thing goes."""

    def __init__(self, explanation: Explanation, selected: tuple[int, ...], extent: float, title: str = "") -> None:
        self.explanation, self.selected, self.extent, self.title = explanation, selected, extent, title
        self.together = conditions(explanation, selected)
        self.values, errors = shown(explanation, selected)
        self.uncertain = np.abs(self.values) < errors  # (n,)
        largest = explanation.second_order() if self.together else self.values
        self.digits = decimals(float(np.abs(largest).max(initial=0.0)))
        self.shapes: list[Shape] = []
        self.y = MARGIN

    def sheet(self) -> Sheet:
        """The finished sheet, as high as what was drawn."""
        self._header()
        self._picture()
        self._caption()
        self._legend()
        return Sheet(WIDTH, self.y + MARGIN, PAPER, tuple(self.shapes))

    def tint(self, value: float) -> tuple[str, float]:
        """Colour and opacity of a value; zero is transparent."""
        return RAISE if value > 0 else LOWER, FULL * strength(value, self.extent)

    def _header(self) -> None:
        facts = wrap(header_facts(self.explanation), Lettering(BODY), WIDTH - 2 * MARGIN)
        heading = f"together with {company(self.explanation, self.selected)}" if self.together else "attributions"
        name = wrap(self.title.split(), Lettering(BODY), WIDTH - 2 * MARGIN, " ") if self.title.strip() else []
        for line, colour in (*zip(name, repeat(INK)), *zip(facts, repeat(QUIET)), (heading, INK)):
            self.shapes.append(Text(MARGIN, self.y + 14, line, BODY, colour))
            self.y += 36
        self.y += GAP // 2

    def _picture(self) -> None:
        rows, columns = self.explanation.grid
        image = self.explanation.image
        ratio = image.width / image.height if image else columns / rows
        width = min(WIDTH - 2 * MARGIN, round(WIDTH * ratio))
        size = (width, round(width / ratio))
        picture = Image.new("RGB", size, BLANK)
        if image:
            picture = ImageEnhance.Color(image.convert("RGB").resize(size)).enhance(SATURATION)
        self.shapes.append(Photo(MARGIN, self.y, picture))
        xs, ys = (edges(size[0], columns) + MARGIN).tolist(), (edges(size[1], rows) + self.y).tolist()
        patches = [
            Box(xs[c], ys[r], xs[c + 1] - xs[c], ys[r + 1] - ys[r], *self.tint(float(self.values[r * columns + c])))
            for r in range(rows)
            for c in range(columns)
        ]
        self.shapes += [
            striped(patch) if doubted else patch
            for patch, doubted in zip(patches, self.uncertain, strict=False)
            if patch.width and patch.height
        ]
        self._signs(patches)
        for player in self.selected:
            if player < len(patches):
                self.shapes.append(ring(patches[player], 6, INK, 3))
                self.shapes.append(ring(patches[player], 3, PAPER, 4))
        self.y += size[1] + GAP

    def _signs(self, patches: Sequence[Box]) -> None:
        size = min(44, patches[0].width // 3, patches[0].height // 2)
        if size < SMALLEST_SIGN:
            return
        for patch, number, doubted in zip(patches, self.values, self.uncertain, strict=False):
            value = float(number)
            if strength(value, self.extent) >= SIGNED and not doubted:
                x, y = patch.x + patch.width / 2, patch.y + patch.height / 2
                self.shapes.append(Text(x, y, "+" if value > 0 else "−", size, PAPER, "middle", INK))

    def _caption(self) -> None:
        patches = self.explanation.n_players_image
        words = self.explanation.tokens[patches:]
        joined = continues_word(self.explanation.caption, words)
        x, height, letters, figures = MARGIN, 82, Lettering(WORD), Lettering(SMALL)
        for place, word in enumerate(words):
            number = signed(float(self.values[patches + place]), self.digits)
            width = 28 + max(letters.width(word), figures.width(number))
            x = x - 10 if joined[place] else x
            if x + width > WIDTH - MARGIN and x > MARGIN:
                x, self.y = MARGIN, self.y + height + 12
            self._chip(x, width, height, patches + place, word, number)
            x += width + 10
        self.y += height + GAP + 8

    def _chip(self, x: int, width: int, height: int, player: int, text: str, number: str) -> None:
        fill = blend(*self.tint(float(self.values[player])))
        outline, line = (INK, 4) if player in self.selected else (LINE, 2)
        self.shapes += [
            Box(x, self.y, width, height, fill, outline=outline, line=line, radius=8),
            Text(x + width / 2, self.y + 27, text, WORD, INK, "middle"),
            Text(x + width / 2, self.y + 62, number, SMALL, QUIET if self.uncertain[player] else INK, "middle"),
        ]

    def _legend(self) -> None:
        left, right = MARGIN, WIDTH - MARGIN
        xs = (edges(right - left, LEGEND_STEPS) + left).tolist()
        for step in range(LEGEND_STEPS):
            tint = self.tint(self.extent * (2 * (step + 0.5) / LEGEND_STEPS - 1))
            self.shapes.append(Box(xs[step], self.y, xs[step + 1] - xs[step], 21, blend(*tint)))
        self.shapes.append(Box(left, self.y, right - left, 21, outline=LINE, line=2))
        self.y += 42
        self.shapes += [
            Text(left, self.y, f"{self._beyond(-1)}{signed(-self.extent, self.digits)} lowers", SMALL, QUIET),
            Text((left + right) / 2, self.y, f"0 {self.explanation.units}", SMALL, QUIET, "middle"),
            Text(right, self.y, f"raises {self._beyond(1)}{signed(self.extent, self.digits)}", SMALL, QUIET, "end"),
        ]
        self.y += 12
        if self.uncertain.any():
            self.y += 26
            self.shapes += [
                Stripes(left, self.y - 9, 44, 18, QUIET, 1.0),
                Text(left + 58, self.y, "within its standard error", SMALL, QUIET),
            ]
            self.y += 12

    def _beyond(self, side: int) -> str:
        """Whether values on this side of zero are stronger than the full colour."""
        cut = (side * self.values > self.extent * (1 + 1e-6)).any()
        return ("≤ " if side < 0 else "≥ ") if cut else ""


def header_facts(explanation: Explanation) -> list[str]:
    """What the header states: similarity, empty value, fit, masks, p."""
    e = explanation
    # Methods that look inside have units of their own, the model's answers have not.
    units = "logits" if e.method in METHODS and METHODS[e.method].inside else e.units
    facts = [f"similarity {plain(e.full_value, 2)} {units}", f"empty {plain(e.empty_value, 2)}"]
    if e.r2 is not None:
        facts.append(f"R² {plain(e.r2, 2)}")
    if e.n_image_masks is not None and e.n_text_masks is not None:
        # Where both are masked together, each mask of the image has one of the text.
        drawn = (e.n_image_masks, e.n_text_masks) if e.n_text_masks > 1 else (e.n_image_masks,)
        facts.append(f"{' × '.join(map(str, drawn))} masks")
    if keeps_with_probability(e.method):
        facts.append(f"p {e.p[0]} image, {e.p[1]} text" if isinstance(e.p, tuple) else f"p {e.p}")
    return facts


def company(explanation: Explanation, selected: Sequence[int]) -> str:
    """The selected tokens by name, where they are few."""
    if len(selected) > 3:
        return f"{len(selected)} tokens"
    names, patches = explanation.tokens, explanation.n_players_image
    return " + ".join(names[i] if i < patches else f"“{names[i]}”" for i in selected)


def wrap(facts: Sequence[str], lettering: Lettering, width: int, between: str = " · ") -> list[str]:
    """The facts in lines no wider than `width`, with dots between them or what is asked for."""
    lines = [facts[0]]
    for fact in facts[1:]:
        longer = f"{lines[-1]}{between}{fact}"
        if lettering.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines


def edges(length: int, parts: int) -> npt.NDArray[np.int64]:
    """(parts + 1,) whole pixels that divide a length as evenly as they can."""
    return np.rint(np.linspace(0, length, parts + 1)).astype(np.int64)


def striped(box: Box) -> Stripes:
    """The box's tint in stripes: as good as zero, for all that is known."""
    return Stripes(box.x, box.y, box.width, box.height, box.fill or PAPER, min(1.0, 1.6 * box.opacity))


def ring(box: Box, by: int, colour: str, line: int) -> Box:
    """A line around a box, that much larger on every side."""
    return Box(box.x - by, box.y - by, box.width + 2 * by, box.height + 2 * by, outline=colour, line=line)


def blend(colour: str, opacity: float) -> str:
    """What a translucent colour looks like on white paper."""
    mixed = (round(255 + (channel - 255) * opacity) for channel in ImageColor.getrgb(colour)[:3])
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


COLUMNS = 3


def draw_beside(
    explanations: Sequence[Explanation], titles: Sequence[str], selected: Sequence[int], *, common: bool
) -> Sheet:
    """Every explanation under its title, at most three in a row; on one scale where it is `common`."""
    extents = [extent_of(one, selected) for one in explanations]
    if common:
        extents = [max(extents)] * len(extents)
    sheets = [
        Drawing(one, tuple(selected), extent, title).sheet()
        for one, extent, title in zip(explanations, extents, titles, strict=True)
    ]
    shapes: list[Shape] = []
    height = 0
    for start in range(0, len(sheets), COLUMNS):
        row = sheets[start : start + COLUMNS]
        for column, sheet in enumerate(row):
            shapes += [moved(shape, column * WIDTH, height) for shape in sheet.shapes]
        height += max(sheet.height for sheet in row)
    return Sheet(WIDTH * min(len(sheets), COLUMNS), height, PAPER, tuple(shapes))
