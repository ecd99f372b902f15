"""`ExplanationWidget`: the state of a view in traits, which the front end mirrors."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

import anywidget
import traitlets as t

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import MODES, Selection
from fixlip_widget.widget.canvas import Canvas
from fixlip_widget.widget.displayed_values import displayed_picture, opening_state
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.frame import is_available
from fixlip_widget.widget.png import mime_png
from fixlip_widget.widget.serialize import serialize, serialize_image, serialize_meta, serialize_values
from fixlip_widget.widget.static import bundle

ARGUMENTS = ("selected", "hidden", "mode", "layout")


class ViewWidget(anywidget.AnyWidget):
    """The state of a view, whether it shows one explanation or several.

    Attributes:
        selected: selected players in the order of their selection. Selecting any changes `mode` to "conditional", and
            selecting none to "attribution"; the modes "links", "subset" and "matrix" stay.
        hidden: players that are switched off; the page predicts the similarity without them.
        measured: the model's own value, {"hidden": players, "similarity": value}, which the page shows beside its
            prediction for the same players.
        mode: "attribution", "conditional", "links", "subset", "masks" (masked inputs, as the model saw them) or
            "matrix" (the interactions of all pairs).
        status: "ready", "running", "cancelled" or "error".
        progress: share of the running work that is done, from 0 to 1.
    """

    _esm = bundle("widget.js")
    _css = bundle("widget.css")
    _page = t.Unicode(bundle("page.html")).tag(sync=True)

    selected: t.List[int] = t.List().tag(sync=True)
    hidden: t.List[int] = t.List().tag(sync=True)
    measured: Any = t.Dict(default_value=None, allow_none=True).tag(sync=True)
    mode = t.Enum(MODES, default_value="attribution").tag(sync=True)
    status = t.Enum(("ready", "running", "cancelled", "error"), default_value="ready").tag(sync=True)
    progress = t.Float(0.0, min=0.0, max=1.0).tag(sync=True)

    def valid_players(self, players: Any) -> list[int]:
        """Indices of existing players, each once; InputError for others."""
        raise NotImplementedError

    @property
    def conditioned_on(self) -> Sequence[int]:
        """The players that the displayed values are interactions with; none for attributions."""
        return self.selected if self.mode == "conditional" else ()

    @t.validate("selected", "hidden")
    def _validate_players(self, proposal: t.Bunch) -> list[int]:
        return self.valid_players(proposal["value"])

    @t.observe("selected")
    def _follow_selection(self, change: t.Bunch) -> None:
        if self.mode not in ("links", "subset", "matrix"):
            self.mode = "conditional" if change["new"] else "attribution"


class ExplanationWidget(ViewWidget):
    """An interactive view of one explanation.

    Observe a trait with `widget.observe(callback, "selected")`. Assigning another `explanation` shows that one; tokens
    that exist in both stay selected and switched off.

    Args:
        explanation: to show.
        traits: initial `selected`, `hidden`, `mode` and `layout`.

    Raises:
        InputError: for other arguments, and for players that do not exist.
    """

    explanation = t.Instance(Explanation)
    meta = t.Dict().tag(sync=True)
    values = t.Bytes().tag(sync=True)
    picture = t.Unicode().tag(sync=True)

    def __init__(self, explanation: Explanation, **traits: Any) -> None:
        for name in traits:
            if name not in ARGUMENTS:
                similar = get_close_matches(name, ARGUMENTS, n=1)
                hint = f"did you mean {similar[0]!r}?" if similar else f"it takes {', '.join(ARGUMENTS)}."
                raise InputError(f"ExplanationWidget takes no argument {name!r}; {hint}")
        selected, mode, hidden = traits.pop("selected", []), traits.pop("mode", None), traits.pop("hidden", [])
        super().__init__(explanation=explanation, **serialize(explanation), **traits)
        self.selected, self.hidden = selected, hidden
        if mode is not None:
            self.mode = mode

    def valid_players(self, players: Any) -> list[int]:
        """Indices of existing players, each once; InputError for others."""
        return self.explanation.valid_players(players)

    @t.observe("explanation")
    def _show_explanation(self, change: t.Bunch) -> None:
        if change["old"] is t.Undefined or change["old"] is None:
            return
        with self.hold_sync():
            n_common = _n_common_players(change["old"], change["new"])
            # Without interactions a selection has nothing to show.
            n_selectable = n_common if change["new"].max_order > 1 else 0
            self.selected = [player for player in self.selected if player < n_selectable]
            self.hidden = [player for player in self.hidden if player < n_common]
            if not _is_same_game(change["old"], change["new"]):
                self.measured = None
            self.meta, self.values = serialize_meta(change["new"]), serialize_values(change["new"])
            # Encoding a picture takes longer than all the rest.
            if displayed_picture(change["old"]) != displayed_picture(change["new"]):
                self.picture = serialize_image(change["new"])

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        png, size = mime_png(self._still())
        return {**data, **png, "text/plain": repr(self.explanation)}, {**metadata, **size}

    def _still(self) -> Canvas:
        """The view as it is shown where nothing interactive runs."""
        if self.mode in ("links", "subset") and is_available(self.explanation, self.mode):
            return draw(self.explanation, self.selected, mode=self.mode)
        return draw(self.explanation, self.conditioned_on)


def _is_same_game(old: Explanation, new: Explanation) -> bool:
    """Whether both explain the same game, from other masks or by another method."""
    names = "caption", "tokens", "model", "empty_value", "full_value"
    return all(getattr(old, name) == getattr(new, name) for name in names)


def _n_common_players(old: Explanation, new: Explanation) -> int:
    """How many of the first players are the same tokens in both, one after another; none with another grid."""
    if old.grid != new.grid:
        return 0
    pairs = zip(old.tokens, new.tokens, strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def show(explanation: Explanation, selected: Selection | None = None, **traits: Any) -> ExplanationWidget:
    """The view, opened with the `selected` tokens; by default with the word of the strongest interactions."""
    # A view in another mode, or with tokens switched off, is one that the caller knows.
    is_known = traits.get("mode", "conditional") != "conditional" or "hidden" in traits
    if selected is not None:
        traits = {"selected": explanation.valid_players(selected), **traits}
    elif not is_known:
        traits = {**opening_state(explanation), **traits}
    return ExplanationWidget(explanation, **traits)


def mimebundle(explanation: Explanation) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rich display of an explanation by MIME type: the live view, a still figure, and a line of text."""
    return show(explanation)._repr_mimebundle_()
