"""The header and the legend of a still of the page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.exchange import SHAPIQ
from fixlip_widget.methods import METHODS, depends_on_p
from fixlip_widget.player_names import selection_label
from fixlip_widget.widget.canvas import Box, Polygon, Shape, Stripes, Text
from fixlip_widget.widget.color_scale import plain, signed
from fixlip_widget.widget.displayed_values import WHOLE, displayed_picture
from fixlip_widget.widget.fonts import Font
from fixlip_widget.widget.frame import Frame
from fixlip_widget.widget.layout import BODY, BORDER, GAP, INK, SECONDARY, Layout, on_background
from fixlip_widget.widget.link_drawing import WIDTH_AT_PATCH
from fixlip_widget.widget.picture_drawing import edges, tint

LEGEND_STEPS = 240
LINE, NOTE = 36, 38
"""Heights of a line of the header and of a note of the legend."""
SAMPLE = 44
"""Width of what a note explains."""


def draw_header(frame: Frame, layout: Layout, title: str, top: int) -> tuple[list[Shape], int]:
    """The title, the facts and what is shown, and the lower edge."""
    inner, font = layout.inner_width, layout.font(BODY)
    lines = [(line, INK) for line in wrap(title.split(), font, inner, " ")] if title.strip() else []
    lines += [(line, SECONDARY) for line in wrap(header_facts(frame.explanation), font, inner)]
    lines.append((heading(frame), INK))
    shapes: list[Shape] = [
        Text(layout.margin, top + LINE * place + 14, line, BODY, color) for place, (line, color) in enumerate(lines)
    ]
    return shapes, top + LINE * len(lines) + GAP // 2


def heading(frame: Frame) -> str:
    """What the still shows, in words."""
    e = frame.explanation
    label = selection_label(e.tokens, e.n_players_image, frame.selected)
    if frame.mode == "subset":
        value = e.empty_value + float(e.predict([player in frame.members for player in range(e.n_players)])[0])
        size = f"the best set of {len(frame.members)}" + (f" with {label}" if label else "")
        return f"{size}: {plain(value, 2)} predicted for these alone"
    if frame.mode == "links":
        return f"the {len(frame.links)} strongest links" + (f" of {label}" if label else "") + ", on attributions"
    return f"together with {label}" if frame.is_conditional else "attributions"


def draw_legend(frame: Frame, layout: Layout, top: int, *, has_signs: bool) -> tuple[list[Shape], int]:
    """The colour scale and the notes, and the lower edge."""
    if frame.mode == "subset":
        return [], top
    left, right = layout.margin, layout.width - layout.margin
    xs = (edges(right - left, LEGEND_STEPS) + left).tolist()
    values = [frame.extent * (2 * (step + 0.5) / LEGEND_STEPS - 1) for step in range(LEGEND_STEPS)]
    shapes: list[Shape] = [
        Box(xs[step], top, xs[step + 1] - xs[step], 21, on_background(*tint(frame, value)))
        for step, value in enumerate(values)
    ]
    y = top + 42
    lowers, raises = ("less together", "more together") if frame.is_conditional else ("lowers", "raises")
    low, high = signed(-frame.extent, frame.digits), signed(frame.extent, frame.digits)
    size = layout.number
    shapes += [
        Box(left, top, right - left, 21, outline=BORDER, line=2),
        Text(left, y, f"{_clipping_sign(frame, -1)}{low} {lowers}", size, SECONDARY),
        Text((left + right) / 2, y, f"0 {frame.explanation.units}", size, SECONDARY, "middle"),
        Text(right, y, f"{raises} {_clipping_sign(frame, 1)}{high}", size, SECONDARY, "end"),
    ]
    y += 12
    for meaning, sample in _notes(frame, layout, y, has_signs=has_signs):
        shapes += [sample, Text(left + SAMPLE + 14, y + 26, meaning, size, SECONDARY)]
        y += NOTE
    return shapes, y


def _notes(frame: Frame, layout: Layout, top: int, *, has_signs: bool) -> Iterator[tuple[str, Shape]]:
    """What is drawn besides colors, as a meaning and a sample, one below the other."""
    left, size = layout.margin, layout.number
    middles = itertools.count(top + 26, NOTE)
    if has_signs:
        yield "at least half the scale", Text(left, next(middles), "+ −", size, SECONDARY)
    if frame.uncertain.any():
        yield "within its standard error", Stripes(left, next(middles) - 9, SAMPLE, 18, SECONDARY, 1.0)
    if displayed_picture(frame.explanation)[1] != WHOLE:
        sample = Box(left, next(middles) - 9, SAMPLE, 18, outline=SECONDARY, line=3)
        yield "what the model sees of the picture", sample
    if frame.links:
        strongest = plain(abs(frame.links[0].value), frame.digits)
        y, half = next(middles), WIDTH_AT_PATCH / 2
        wedge = ((left, y), (left + SAMPLE, y - half), (left + SAMPLE, y + half))
        yield f"link width, from 0 to ±{strongest} {frame.explanation.units}", Polygon(wedge, SECONDARY)


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
    """The parts in lines no wider than `width` units."""
    lines = [parts[0]]
    for part in parts[1:]:
        longer = f"{lines[-1]}{separator}{part}"
        if font.width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines


def _clipping_sign(frame: Frame, side: int) -> str:
    """ "≤ " or "≥ " where values on this side of zero (−1 or 1) exceed the extent."""
    is_clipped = (side * frame.values > frame.extent * (1 + 1e-6)).any()
    return ("≤ " if side < 0 else "≥ ") if is_clipped else ""
