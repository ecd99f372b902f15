"""`fw.compare`: several explanations of the same tokens side by side, linked in the page."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import traitlets as t

from fixlip_widget.arguments import as_list
from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import depends_on_p
from fixlip_widget.widget.figure import draw_side_by_side
from fixlip_widget.widget.html import as_json, write_page
from fixlip_widget.widget.png import mime_png
from fixlip_widget.widget.serialize import serialize
from fixlip_widget.widget.widget import ViewWidget

MIN_VIEWS, MAX_VIEWS = 2, 6
TITLE_FIELDS = ("method", "model", "masking", "p", "max_order")
"""Fields that a title names wherever they differ."""
SAMPLING_FIELDS = ("budget", "random_state")
"""Fields that a title names where nothing else differs."""


class ComparisonWidget(ViewWidget):
    """Two to six explanations of the same patches and words, with one selection for all.

    Views are linked in the page, so that they stay linked without a kernel.

    Attributes:
        explanations: that are shown.
        scale: "common" for one color scale, or "own".
    """

    views: t.List[dict[str, Any]] = t.List().tag(sync=True)
    scale = t.Enum(("common", "own"), default_value="common").tag(sync=True)

    def __init__(self, explanations: Sequence[Explanation], titles: Sequence[str], **traits: Any) -> None:
        self.explanations = tuple(explanations)
        views = [{"title": title, **serialize(one)} for title, one in zip(titles, explanations, strict=True)]
        super().__init__(views=views, **traits)

    def valid_players(self, players: Any) -> list[int]:
        """Indices of existing players, each once; InputError for others."""
        return self.explanations[0].valid_players(players)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        titles = [view["title"] for view in self.views]
        is_common = self.scale == "common"
        png, size = mime_png(draw_side_by_side(self.explanations, titles, self.conditioned_on, common=is_common))
        text = "\n".join(f"{title}: {one!r}" for title, one in zip(titles, self.explanations, strict=True))
        return {**data, **png, "text/plain": text}, {**metadata, **size}

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write the comparison as one HTML file that needs no kernel and no network."""
        traits = {name: getattr(self, name) for name in ("selected", "hidden", "measured", "mode", "scale", "status")}
        views = [as_json(view) for view in self.views]
        write_page(path, self.explanations[0].caption, {**traits, "views": views, "progress": 0}, wide=True)


def compare(*explanations: Explanation, titles: Sequence[str] | None = None) -> ComparisonWidget:
    """Show two to six explanations of the same patches and words side by side; a selection applies to all.

    Args:
        explanations: explanations of the same tokens: by other methods, other models with the same grid, other p.
        titles: one for each; by default the fields in which they differ.

    Raises:
        InputError: for fewer than two or more than six, for other objects or other tokens, or for titles that are not
            one for each.

    Example:
        >>> import fixlip_widget as fw
        >>> from fixlip_widget.demo.showcase import showcase
        >>> explainer = fw.Explainer.demo(image_grid=(1, 7))
        >>> by_p = [explainer.explain(*showcase("above"), p=p) for p in (0.3, 0.7)]
        >>> [view["title"] for view in fw.compare(*by_p).views]
        ['p 0.3', 'p 0.7']
    """
    for one in explanations:
        if not isinstance(one, Explanation):
            raise InputError(f"An explanation is compared, not {type(one).__name__}; give them as in compare(a, b).")
    if not MIN_VIEWS <= len(explanations) <= MAX_VIEWS:
        raise InputError(f"{len(explanations)} explanations cannot be compared; give from {MIN_VIEWS} to {MAX_VIEWS}.")
    first = explanations[0]
    for other in explanations[1:]:
        if (other.tokens, other.grid) != (first.tokens, first.grid):
            raise InputError(
                f"{other!r} has other tokens than {first!r}; compare explanations of the same patches and words."
            )
    names = _distinguishing_titles(explanations) if titles is None else as_list(titles, "titles")
    if len(names) != len(explanations):
        raise InputError(f"{len(names)} titles do not fit {len(explanations)} explanations; give one for each.")
    same_units = len({one.units for one in explanations}) == 1
    return ComparisonWidget(explanations, names, scale="common" if same_units else "own")


def _distinguishing_titles(explanations: Sequence[Explanation]) -> list[str]:
    """The fields in which explanations differ: kinds first, then their sampling, then letters."""
    titles = [""] * len(explanations)
    for name in (*TITLE_FIELDS, *SAMPLING_FIELDS):
        values = [_field_text(one, name) for one in explanations]
        if len(set(values)) > 1 and (name in TITLE_FIELDS or not _are_distinct(titles)):
            parts = zip(titles, values, strict=True)
            titles = [" · ".join(filter(None, part)) for part in parts]
    if _are_distinct(titles):
        return titles
    letters = [chr(ord("a") + index) for index in range(len(explanations))]
    return [f"{title} ({letter})" if title else letter for title, letter in zip(titles, letters, strict=True)]


def _are_distinct(titles: Sequence[str]) -> bool:
    return len(set(titles)) == len(titles)


def _field_text(explanation: Explanation, name: str) -> str:
    """A field as text; empty where it does not apply."""
    value = getattr(explanation, name)
    if value is None or (name == "p" and not depends_on_p(explanation.method)):
        return ""
    return str(value) if name in ("method", "model", "masking") else f"{name.replace('_', ' ')} {value}"
