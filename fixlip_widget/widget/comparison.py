"""Several explanations of the same tokens side by side, linked in the page."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import anywidget
import traitlets as t

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import keeps_with_probability
from fixlip_widget.widget.figure import draw_beside
from fixlip_widget.widget.html import save, write_page
from fixlip_widget.widget.png import mime_png
from fixlip_widget.widget.serialize import encode
from fixlip_widget.widget.static import bundle
from fixlip_widget.widget.widget import MODES

FEWEST, MOST = 2, 6
KINDS, DRAWS = ("method", "model", "masking", "p", "max_order"), ("budget", "random_state")


class ComparisonWidget(anywidget.AnyWidget):
    """Two to six explanations of the same patches and words; one selection conditions all of them.

    `selected`, `hidden` and `mode` are those of `ExplanationWidget`. `scale` is "common", one colour scale for all, or
    "own". The links are made in the page, so they hold without a kernel too.
    """

    _esm = bundle("widget.js")
    _css = bundle("widget.css")
    _page = t.Unicode(bundle("page.html")).tag(sync=True)

    views: t.List[dict[str, Any]] = t.List().tag(sync=True)
    selected: t.List[int] = t.List().tag(sync=True)
    hidden: t.List[int] = t.List().tag(sync=True)
    mode = t.Enum(MODES, default_value="attribution").tag(sync=True)
    scale = t.Enum(("common", "own"), default_value="common").tag(sync=True)
    status = t.Unicode("ready").tag(sync=True)
    progress = t.Float(0.0).tag(sync=True)
    measured: Any = t.Dict(default_value=None, allow_none=True).tag(sync=True)

    def __init__(self, explanations: Sequence[Explanation], titles: Sequence[str], **traits: Any) -> None:
        self.explanations = tuple(explanations)
        views = [{"title": title, **encode(one)} for title, one in zip(titles, explanations, strict=True)]
        super().__init__(views=views, **traits)

    @t.validate("selected", "hidden")
    def _valid_players(self, proposal: t.Bunch) -> list[int]:
        return self.explanations[0].valid_players(proposal["value"])

    @t.observe("selected")
    def _follow_selection(self, change: t.Bunch) -> None:
        if self.mode not in ("links", "subset"):
            self.mode = "conditional" if change["new"] else "attribution"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        titles = [view["title"] for view in self.views]
        selected = self.selected if self.mode == "conditional" else ()
        still, size = mime_png(draw_beside(self.explanations, titles, selected, common=self.scale == "common"))
        text = "\n".join(f"{title}: {one!r}" for title, one in zip(titles, self.explanations, strict=True))
        return {**data, **still, "text/plain": text}, {**metadata, **size}

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write the comparison as one HTML file that needs no kernel and no network."""
        saved = {name: getattr(self, name) for name in ("selected", "hidden", "measured", "mode", "scale", "status")}
        views = [save(view) for view in self.views]
        write_page(path, self.explanations[0].caption, {**saved, "views": views, "progress": 0}, wide=True)


def compare(*explanations: Explanation, titles: Sequence[str] | None = None) -> ComparisonWidget:
    """Show two to six explanations of the same patches and words side by side, clicks in one conditioning all.

    Args:
        explanations: of the same tokens: by other methods, other models with the same grid, other p.
        titles: a name for each; what tells them apart if left out.

    Raises:
        InputError: for fewer than two or more than six, for other tokens, or for another number of titles.
    """
    if not FEWEST <= len(explanations) <= MOST:
        raise InputError(f"{len(explanations)} explanations cannot be compared; give from {FEWEST} to {MOST}.")
    first = explanations[0]
    for other in explanations[1:]:
        if (other.tokens, other.grid) != (first.tokens, first.grid):
            raise InputError(
                f"{other!r} has other tokens than {first!r}; compare explanations of the same patches and words."
            )
    names = _telling(explanations) if titles is None else list(titles)
    if len(names) != len(explanations):
        raise InputError(f"{len(names)} titles do not fit {len(explanations)} explanations; give one for each.")
    alike = len({one.units for one in explanations}) == 1
    return ComparisonWidget(explanations, names, scale="common" if alike else "own")


def _telling(explanations: Sequence[Explanation]) -> list[str]:
    """What differs between them in kind, then how they were drawn where they are still alike, then letters."""
    titles = [""] * len(explanations)
    for name in (*KINDS, *DRAWS):
        values = [_said(one, name) for one in explanations]
        if len(set(values)) > 1 and (name in KINDS or not _all_differ(titles)):
            parts = zip(titles, values, strict=True)
            titles = [" · ".join(filter(None, part)) for part in parts]
    if _all_differ(titles):
        return titles
    letters = [chr(ord("a") + place) for place in range(len(explanations))]
    return [f"{title} ({letter})" if title else letter for title, letter in zip(titles, letters, strict=True)]


def _all_differ(titles: Sequence[str]) -> bool:
    return len(set(titles)) == len(titles)


def _said(explanation: Explanation, name: str) -> str:
    """What an explanation says of itself, nothing where that means nothing."""
    value = getattr(explanation, name)
    if value is None or (name == "p" and not keeps_with_probability(explanation.method)):
        return ""
    return str(value) if name in ("method", "model", "masking") else f"{name.replace('_', ' ')} {value}"
