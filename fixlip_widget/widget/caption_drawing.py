"""The caption of a still figure: a chip for each token, with its value beneath."""

from __future__ import annotations

from dataclasses import dataclass

from fixlip_widget.widget.canvas import Box, Shape, Text
from fixlip_widget.widget.color_scale import UNDER_TEXT, signed
from fixlip_widget.widget.frame import Frame
from fixlip_widget.widget.layout import BODY, BORDER, INK, SECONDARY, WORD, Layout, on_background
from fixlip_widget.widget.serialize import continues_word

ROW_GAP = 12
BETWEEN = 44
"""Height of the words between the two captions of a contrast."""
OUTSIDE_OPACITY = 0.35
"""Of words that are not in the set."""
OVER_LINKS = 0.75
"""Opacity of chips that lie over links."""


@dataclass(frozen=True)
class Setting:
    """How densely a caption is set: font size of its words, space around a word and between chips."""

    word: int
    padding: int
    gap: int


NORMAL = Setting(WORD, 28, 10)
DENSE = (NORMAL, Setting(WORD, 16, 6), Setting(28, 14, 5))
"""A figure takes the first in which the caption has the fewest rows."""


@dataclass(frozen=True, eq=False)
class CaptionDrawing:
    """The shapes of a caption; `chips` are where its tokens lie, and `bottom` its lower edge."""

    shapes: list[Shape]
    chips: list[Box]
    bottom: int


def draw_caption(frame: Frame, layout: Layout, top: int) -> CaptionDrawing:
    """The caption with its upper edge at `top`."""
    setting, rows = NORMAL, _rows(frame, layout, NORMAL, layout.inner_width)
    if layout.is_figure:
        settings = [(each, _balanced_rows(frame, layout, each)) for each in DENSE]
        setting, rows = min(settings, key=lambda each: len(each[1]))  # the first of equals
    height = 50 + setting.word
    chips, between, y = list[Box](), list[Shape](), top
    for row in rows:
        if frame.explanation.n_players_image + len(chips) == frame.explanation.second_caption:
            between = [Text(layout.margin, y + BETWEEN // 2 - ROW_GAP // 2, "rather than", BODY, SECONDARY)]
            y += BETWEEN
        width = row[-1].x + row[-1].width
        left = (layout.width - width) // 2 if layout.is_figure else layout.margin
        chips += [Box(left + chip.x, y, chip.width, height) for chip in row]
        y += height + ROW_GAP
    shapes = [shape for place, chip in enumerate(chips) for shape in _chip(frame, layout, setting, place, chip)]
    return CaptionDrawing([*between, *shapes], chips, max(top, y - ROW_GAP))


def _balanced_rows(frame: Frame, layout: Layout, setting: Setting) -> list[list[Box]]:
    """As few rows as there must be, in the least width."""
    count = len(_rows(frame, layout, setting, layout.inner_width))
    widths = range(layout.inner_width // max(1, count), layout.inner_width, 8)
    fitting = (_rows(frame, layout, setting, width) for width in (*widths, layout.inner_width))
    return next(rows for rows in fitting if len(rows) == count)


def _rows(frame: Frame, layout: Layout, setting: Setting, limit: int) -> list[list[Box]]:
    """The chips in rows no wider than the limit, each from x = 0."""
    explanation = frame.explanation
    n_patches = explanation.n_players_image
    tokens = explanation.tokens[n_patches:]
    word_font, number_font = layout.font(setting.word), layout.font(layout.number)
    rows: list[list[Box]] = []
    x = 0
    for place, (token, joins) in enumerate(zip(tokens, continues_word(explanation.caption, tokens), strict=True)):
        widths = word_font.width(token), number_font.width(_number(frame, n_patches + place))
        width = setting.padding + max(widths)
        x -= setting.gap if joins and x else 0  # chips of one word touch
        is_second = n_patches + place == explanation.second_caption
        if not rows or (x + width > limit and x > 0) or is_second:
            rows.append([])
            x = 0
        rows[-1].append(Box(x, 0, width, 0))
        x += width + setting.gap
    return rows


def _number(frame: Frame, player: int) -> str:
    """The value of a token; of a selected one its own attribution in brackets, as nothing interacts with itself."""
    if frame.is_conditional and frame.selected == (player,):
        return f"({signed(float(frame.explanation.first_order()[player]), frame.digits)})"
    return signed(float(frame.values[player]), frame.digits)


def _chip(frame: Frame, layout: Layout, setting: Setting, place: int, chip: Box) -> list[Shape]:
    player = frame.explanation.n_players_image + place
    value = float(frame.values[player])
    fill = on_background(UNDER_TEXT[0 if value > 0 else 1], frame.tint_strength(value))
    outline, line = (INK, 4) if player in frame.selected else (BORDER, 2)
    number_color = SECONDARY if frame.uncertain[player] else INK
    shade = OUTSIDE_OPACITY if frame.is_outside(player) else 1.0
    middle = chip.x + chip.width / 2
    opacity = OVER_LINKS if frame.mode == "links" else 1.0
    box = Box(chip.x, chip.y, chip.width, chip.height, fill, opacity, on_background(outline, shade), line, 8)
    return [
        box,
        Text(
            middle,
            chip.y + 11 + setting.word // 2,
            frame.explanation.tokens[player],
            setting.word,
            on_background(INK, shade),
            "middle",
        ),
        Text(
            middle,
            chip.y + 30 + setting.word,
            _number(frame, player),
            layout.number,
            on_background(number_color, shade),
            "middle",
        ),
    ]
