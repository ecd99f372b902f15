"""The view as a still picture, for places where nothing interactive runs. Colours and scale are the page's own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from os import PathLike

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageColor, ImageDraw, ImageEnhance

from fixlip_widget.explanation import Explanation
from fixlip_widget.files import replacing
from fixlip_widget.widget.lettering import Lettering
from fixlip_widget.widget.scale import FULL, SATURATION, SIGNED, decimals, plain, signed, strength
from fixlip_widget.widget.wire import continues_word

WIDTH, MARGIN, GAP = 960, 32, 20
PAPER, INK, QUIET, LINE = "#ffffff", "#1c1e22", "#5c626c", "#dfe2e7"
RAISE, LOWER = "#d7263d", "#1667d9"
LEGEND_STEPS = 240
SMALLEST_SIGN = 8


def write_png(explanation: Explanation, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
    """Write the picture of attributions, or of the interactions with the `selected` tokens if there are any."""
    png, _ = render_png(explanation, selected)
    with replacing(path) as file:
        file.write(png)


def render_png(explanation: Explanation, selected: Sequence[int] = ()) -> tuple[bytes, tuple[int, int]]:
    """The PNG file's bytes, and its width and height in pixels: two per point of a page."""
    drawing = Drawing(explanation, tuple(selected))
    file = io.BytesIO()
    drawing.draw().save(file, "PNG", optimize=True)
    return file.getvalue(), drawing.sheet.size


class Drawing:
    """A sheet filled from top to bottom; `y` is where the next thing goes."""

    def __init__(self, explanation: Explanation, selected: tuple[int, ...]) -> None:
        self.explanation, self.selected = explanation, selected
        self.values = explanation.conditional(selected) if selected else explanation.first_order()
        shown = explanation.second_order() if selected else self.values
        self.extent = float(np.abs(shown).max(initial=0.0))
        self.digits = decimals(self.extent)
        self.sheet = Image.new("RGB", (WIDTH, 4 * WIDTH), PAPER)
        self.pen = ImageDraw.Draw(self.sheet)
        self.small, self.body, self.word = (Lettering(size) for size in (21, 23, 32))
        self.y = MARGIN

    def draw(self) -> Image.Image:
        """The finished sheet, cut to what was drawn."""
        self._header()
        self._picture()
        self._caption()
        self._legend()
        self.sheet = self.sheet.crop((0, 0, WIDTH, self.y + MARGIN))
        return self.sheet

    def tint(self, value: float) -> tuple[int, int, int, int]:
        """RGBA of a value; zero is transparent."""
        opacity = FULL * strength(value, self.extent)
        red, green, blue = ImageColor.getrgb(RAISE if value > 0 else LOWER)[:3]
        return red, green, blue, round(255 * opacity)

    def _header(self) -> None:
        for line in wrap(header_facts(self.explanation), self.body, WIDTH - 2 * MARGIN):
            self.pen.text((MARGIN, self.y), self.body.spell(line), font=self.body.font, fill=QUIET)
            self.y += 36
        title = f"together with {company(self.explanation, self.selected)}" if self.selected else "attributions"
        self.pen.text((MARGIN, self.y), self.body.spell(title), font=self.body.font, fill=INK)
        self.y += 36 + GAP // 2

    def _picture(self) -> None:
        rows, columns = self.explanation.grid
        image = self.explanation.image
        ratio = image.width / image.height if image else columns / rows
        width = min(WIDTH - 2 * MARGIN, round(WIDTH * ratio))
        size = (width, round(width / ratio))
        picture = Image.new("RGB", size, "#f1f2f4")
        if image:
            picture = ImageEnhance.Color(image.convert("RGB").resize(size)).enhance(SATURATION)
        heat = Image.new("RGBA", size)
        pen = ImageDraw.Draw(heat)
        edges_x, edges_y = edges(size[0], columns), edges(size[1], rows)
        boxes = [
            (edges_x[c], edges_y[r], edges_x[c + 1] - 1, edges_y[r + 1] - 1)
            for r in range(rows)
            for c in range(columns)
        ]
        for player, box in enumerate(boxes):
            pen.rectangle(box, fill=self.tint(float(self.values[player])))
        picture.paste(heat, mask=heat.getchannel("A"))
        self._signs(ImageDraw.Draw(picture), boxes)
        self.sheet.paste(picture, (MARGIN, self.y))
        for player in self.selected:
            if player < len(boxes):
                left, top, right, bottom = boxes[player]
                box = (MARGIN + left, self.y + top, MARGIN + right, self.y + bottom)
                self.pen.rectangle(grow(box, 5), outline=INK, width=3)
                self.pen.rectangle(grow(box, 2), outline=PAPER, width=4)
        self.y += size[1] + GAP

    def _signs(self, pen: ImageDraw.ImageDraw, boxes: Sequence[tuple[int, int, int, int]]) -> None:
        left, top, right, bottom = boxes[0]
        size = min(44, (right - left) // 3, (bottom - top) // 2)
        if size < SMALLEST_SIGN:
            return
        font = Lettering(size).font
        for player, (left, top, right, bottom) in enumerate(boxes):
            value = float(self.values[player])
            if strength(value, self.extent) >= SIGNED:
                middle, sign = ((left + right) / 2, (top + bottom) / 2), "+" if value > 0 else "-"
                pen.text(middle, sign, font=font, fill=PAPER, anchor="mm", stroke_width=2, stroke_fill=INK)

    def _caption(self) -> None:
        patches = self.explanation.n_players_image
        words = self.explanation.tokens[patches:]
        joined = continues_word(self.explanation.caption, words)
        x, height = MARGIN, 82
        for place, word in enumerate(words):
            player, text = patches + place, self.word.spell(word)
            number = signed(float(self.values[player]), self.digits)
            width = 28 + max(self.word.width(text), self.small.width(number))
            x = x - 10 if joined[place] else x
            if x + width > WIDTH - MARGIN and x > MARGIN:
                x, self.y = MARGIN, self.y + height + 12
            self._chip((x, self.y, x + width, self.y + height), player, text, number)
            x += width + 10
        self.y += height + GAP + 8

    def _chip(self, box: tuple[int, int, int, int], player: int, text: str, number: str) -> None:
        chosen, middle = player in self.selected, (box[0] + box[2]) / 2
        fill = blend(self.tint(float(self.values[player])))
        outline, width = (INK, 4) if chosen else (LINE, 2)
        self.pen.rounded_rectangle(box, 8, fill=fill, outline=outline, width=width)
        self.pen.text((middle, box[1] + 27), text, font=self.word.font, fill=INK, anchor="mm")
        self.pen.text((middle, box[1] + 62), self.small.spell(number), font=self.small.font, fill=INK, anchor="mm")

    def _legend(self) -> None:
        left, right = MARGIN, WIDTH - MARGIN
        xs = edges(right - left, LEGEND_STEPS)
        for step in range(LEGEND_STEPS):
            value = self.extent * (2 * (step + 0.5) / LEGEND_STEPS - 1)
            box = (left + xs[step], self.y, left + xs[step + 1] - 1, self.y + 20)
            self.pen.rectangle(box, fill=blend(self.tint(value)))
        self.pen.rectangle((left, self.y, right - 1, self.y + 20), outline=LINE, width=2)
        self.y += 42
        labels = (
            (left, "lm", f"{signed(-self.extent, self.digits)} lowers"),
            ((left + right) / 2, "mm", f"0 {self.explanation.units}"),
            (right, "rm", f"raises {signed(self.extent, self.digits)}"),
        )
        for x, anchor, label in labels:
            self.pen.text((x, self.y), self.small.spell(label), font=self.small.font, fill=QUIET, anchor=anchor)
        self.y += 12


def header_facts(explanation: Explanation) -> list[str]:
    """What the header states: similarity, empty value, fit, masks, p."""
    e = explanation
    facts = [f"similarity {plain(e.full_value, 2)} {e.units}", f"empty {plain(e.empty_value, 2)}"]
    if e.r2 is not None:
        facts.append(f"R² {plain(e.r2, 2)}")
    if e.n_image_masks is not None and e.n_text_masks is not None:
        facts.append(f"{e.n_image_masks} × {e.n_text_masks} masks")
    facts.append(f"p {e.p[0]} image, {e.p[1]} text" if isinstance(e.p, tuple) else f"p {e.p}")
    return facts


def company(explanation: Explanation, selected: Sequence[int]) -> str:
    """The selected tokens by name, where they are few."""
    if len(selected) > 3:
        return f"{len(selected)} tokens"
    names, patches = explanation.tokens, explanation.n_players_image
    return " + ".join(names[i] if i < patches else f"“{names[i]}”" for i in selected)


def wrap(facts: Sequence[str], lettering: Lettering, width: int) -> list[str]:
    """The facts in lines no wider than `width`, parted by dots."""
    lines = [facts[0]]
    for fact in facts[1:]:
        longer = f"{lines[-1]} · {fact}"
        if lettering.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(fact)
    return lines


def edges(length: int, parts: int) -> npt.NDArray[np.int64]:
    """(parts + 1,) whole pixels that divide a length as evenly as they can."""
    return np.rint(np.linspace(0, length, parts + 1)).astype(np.int64)


def grow(box: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    """The box, larger on every side."""
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def blend(tint: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """A translucent colour on white paper."""
    red, green, blue, alpha = tint
    mixed = [round(255 + (channel - 255) * alpha / 255) for channel in (red, green, blue)]
    return mixed[0], mixed[1], mixed[2]
