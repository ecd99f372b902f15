"""`fw.compare`: several explanations of one grid side by side, linked in the page."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import traitlets as t

from fixlip_widget.arguments import as_list
from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import depends_on_p
from fixlip_widget.player_names import find_players
from fixlip_widget.widget.alignment import align
from fixlip_widget.widget.figure import draw_side_by_side
from fixlip_widget.widget.html import as_json, write_page
from fixlip_widget.widget.png import mime_png
from fixlip_widget.widget.serialize import State, serialize
from fixlip_widget.widget.widget import ViewWidget

MIN_VIEWS, MAX_VIEWS = 2, 6
TITLE_FIELDS = ("caption", "method", "model", "masking", "p", "max_order")
"""Fields that a title names wherever they differ."""
SAMPLING_FIELDS = ("budget", "random_state")
"""Fields that a title names where nothing else differs."""
ORDERS = {1: "single tokens", 2: "pairs", 3: "triples"}
MASKINGS = {
    "image zero": "hidden patches blank",
    "image mean": "hidden patches in the mean colour",
    "image blur": "hidden patches blurred",
    "image drop": "hidden patches left out",
    "text attention": "hidden words unattended",
    "text pad": "hidden words padded",
}
"""What the parts of `Explanation.masking` begin with, in words."""


class ComparisonWidget(ViewWidget):
    """Two to six explanations of the same patches, with one selection for all.

    Views are linked in the page, so that they stay linked without a kernel. Players are those of the first explanation;
    words of other captions that it does not have follow, as `tokens` names them.

    Attributes:
        tokens: names of all players.
        explanations: that are shown.
        scale: "common" for one color scale, or "own".
    """

    views: t.List[dict[str, Any]] = t.List().tag(sync=True)
    scale = t.Enum(("common", "own"), default_value="common").tag(sync=True)

    def __init__(self, explanations: Sequence[Explanation], titles: Sequence[str], **traits: Any) -> None:
        self._serialized: dict[Explanation, State] = {}
        super().__init__(views=self._views(explanations, titles), **traits)

    def show(self, explanations: Sequence[Explanation], titles: Sequence[str]) -> None:
        """Show other explanations of the same grid; tokens that remain stay selected and switched off."""
        with self.hold_sync():
            self.views = self._views(explanations, titles)
            for name in ("selected", "hidden"):
                setattr(self, name, [player for player in getattr(self, name) if player < len(self.tokens)])

    def _views(self, explanations: Sequence[Explanation], titles: Sequence[str]) -> list[dict[str, Any]]:
        self.explanations = tuple(explanations)
        n_patches = explanations[0].n_players_image
        words, indices = align([one.tokens[n_patches:] for one in explanations])
        self.tokens = (*explanations[0].tokens[:n_patches], *words)
        self._players = [[*range(n_patches), *(n_patches + index for index in own)] for own in indices]
        # Encoding a picture takes longer than all the rest. A story is of a view of its own.
        self._serialized = {one: self._serialized.get(one) or serialize(one.with_story(())) for one in explanations}
        return [
            {"title": title, "aligned": players[n_patches:], **self._serialized[one]}
            for title, one, players in zip(titles, explanations, self._players, strict=True)
        ]

    def valid_players(self, players: Any) -> list[int]:
        """Indices of existing players, each once; InputError for others."""
        return find_players(players, self.tokens)

    def _own(self, players: Sequence[int]) -> list[list[int]]:
        """The players of each explanation that stand for the given ones."""
        return [[own.index(player) for player in players if player in own] for own in self._players]

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        titles = [view["title"] for view in self.views]
        is_common = self.scale == "common"
        stills = draw_side_by_side(self.explanations, titles, self._own(self.conditioned_on), common=is_common)
        png, size = mime_png(stills)
        text = "\n".join(f"{title}: {one!r}" for title, one in zip(titles, self.explanations, strict=True))
        return {**data, **png, "text/plain": text}, {**metadata, **size}

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write the comparison as one HTML file that needs no kernel and no network."""
        traits = {name: getattr(self, name) for name in ("selected", "hidden", "measured", "mode", "scale", "status")}
        views = [as_json(view) for view in self.views]
        write_page(path, self.explanations[0].caption, {**traits, "views": views, "progress": 0}, wide=True)


def compare(*explanations: Explanation, titles: Sequence[str] | None = None) -> ComparisonWidget:
    """Show two to six explanations of the same patches side by side; a selection applies to all.

    Args:
        explanations: by other methods, other models with the same grid, other p, or of other captions: words that these
            have in common are selected together.
        titles: one for each; by default the fields in which they differ.

    Raises:
        InputError: for fewer than two or more than six, for other objects or other grids, or for titles that are not
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
        if other.grid != first.grid:
            raise InputError(f"{other!r} has another grid than {first!r}; compare explanations of the same patches.")
    names = _distinguishing_titles(explanations) if titles is None else as_list(titles, "titles")
    if len(names) != len(explanations):
        raise InputError(f"{len(names)} titles do not fit {len(explanations)} explanations; give one for each.")
    same_units = len({one.units for one in explanations}) == 1
    return ComparisonWidget(explanations, names, scale="common" if same_units else "own")


def titles_of(explanations: Sequence[Explanation], names: Sequence[str]) -> list[str]:
    """The names, each with what tells its explanation apart."""
    fields = ["" if len(title) == 1 else title for title in _distinguishing_titles(explanations)]
    return [": ".join(filter(None, parts)) for parts in zip(names, fields, strict=True)]


def _distinguishing_titles(explanations: Sequence[Explanation]) -> list[str]:
    """The fields in which explanations differ: kinds first, then their sampling, then letters."""
    titles = [""] * len(explanations)
    for name in (*TITLE_FIELDS, *SAMPLING_FIELDS):
        values = _field_texts(explanations, name)
        if len(set(values)) > 1 and (name in TITLE_FIELDS or not _are_distinct(titles)):
            parts = zip(titles, values, strict=True)
            titles = [" · ".join(filter(None, part)) for part in parts]
    if _are_distinct(titles):
        return titles
    letters = [chr(ord("a") + index) for index in range(len(explanations))]
    return [f"{title} ({letter})" if title else letter for title, letter in zip(titles, letters, strict=True)]


def _are_distinct(titles: Sequence[str]) -> bool:
    return len(set(titles)) == len(titles)


def _field_texts(explanations: Sequence[Explanation], name: str) -> list[str]:
    """A field of all explanations in words; empty where it does not apply."""
    texts = [_field_text(one, name) for one in explanations]
    if name != "masking":
        return texts
    # Of a masking, the parts that differ.
    parts = [text.split(", ") for text in texts]
    common = set.intersection(*map(set, parts))
    return [", ".join(_in_words(part) for part in own if part not in common) for own in parts]


def _in_words(masking: str) -> str:
    """A part of a masking: "image blur 7×7" is "hidden patches blurred, 7×7"."""
    for beginning, words in MASKINGS.items():
        if masking.startswith(beginning):
            return ", ".join(filter(None, (words, masking.removeprefix(beginning).strip())))
    return masking


def _field_text(explanation: Explanation, name: str) -> str:
    value = getattr(explanation, name)
    if value is None or (name == "p" and not depends_on_p(explanation.method)):
        return ""
    if name == "caption":
        return f"“{value}”"
    if name == "max_order":
        return ORDERS.get(value, str(value))
    if name == "p" and isinstance(value, tuple):
        return f"p {value[0]} image, {value[1]} text"
    return str(value) if name in ("method", "model", "masking") else f"{name.replace('_', ' ')} {value}"
