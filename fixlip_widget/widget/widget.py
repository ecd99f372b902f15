"""The widget: an explanation's state in traits, mirrored by the page."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import anywidget
import traitlets as t

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.png import mime_png
from fixlip_widget.widget.serialize import encode, encode_image, encode_meta, encode_values
from fixlip_widget.widget.static import bundle

MODES = ("attribution", "conditional", "links", "subset")
SETTABLE = ("selected", "hidden", "mode", "layout")


class ExplanationWidget(anywidget.AnyWidget):
    """An explanation to click through.

    `selected` holds the selected players in the order they were chosen; selecting any shows what goes with them
    (`mode` "conditional"), selecting none shows each token's own attribution. In the modes "links" and "subset" the
    mode stays: a selection asks for its own links, and for sets that contain it. `hidden` holds the players switched
    off; the page predicts the similarity without them. Observe any of these with
    `widget.observe(callback, "selected")`. Assigning another `explanation` shows that one; what was
    selected stays selected where it is the same token.

    `measured` is the model's own answer, {"hidden": players, "similarity": value}; the page shows it beside its
    prediction for the same players.
    """

    _esm = bundle("widget.js")
    _css = bundle("widget.css")
    _page = t.Unicode(bundle("page.html")).tag(sync=True)

    explanation = t.Instance(Explanation)
    meta = t.Dict().tag(sync=True)
    values = t.Bytes().tag(sync=True)
    picture = t.Unicode().tag(sync=True)
    selected: t.List[int] = t.List().tag(sync=True)
    hidden: t.List[int] = t.List().tag(sync=True)
    measured: Any = t.Dict(default_value=None, allow_none=True).tag(sync=True)
    mode = t.Enum(MODES, default_value="attribution").tag(sync=True)
    status = t.Enum(("ready", "running", "cancelled", "error"), default_value="ready").tag(sync=True)
    progress = t.Float(0.0, min=0.0, max=1.0).tag(sync=True)

    def __init__(self, explanation: Explanation, **traits: Any) -> None:
        for name in traits:
            if name not in SETTABLE:
                near = get_close_matches(name, SETTABLE, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(SETTABLE)}."
                raise InputError(f"ExplanationWidget takes no argument {name!r}; {hint}")
        selected, mode, hidden = traits.pop("selected", []), traits.pop("mode", None), traits.pop("hidden", [])
        super().__init__(explanation=explanation, **encode(explanation), **traits)
        self.selected, self.hidden = selected, hidden
        if mode is not None:
            self.mode = mode

    @t.validate("selected", "hidden")
    def _valid_selection(self, proposal: t.Bunch) -> list[int]:
        return self.explanation.valid_players(proposal["value"])

    @t.observe("selected")
    def _follow_selection(self, change: t.Bunch) -> None:
        if self.mode not in ("links", "subset"):
            self.mode = "conditional" if change["new"] else "attribution"

    @t.observe("explanation")
    def _show_explanation(self, change: t.Bunch) -> None:
        if change["old"] is t.Undefined or change["old"] is None:
            return
        with self.hold_sync():
            keep = _shared(change["old"], change["new"])
            # Nothing goes with a selection where there are no interactions.
            kept = keep if change["new"].max_order > 1 else 0
            self.selected = [player for player in self.selected if player < kept]
            self.hidden = [player for player in self.hidden if player < keep]
            if not _same_game(change["old"], change["new"]):
                self.measured = None
            self.meta, self.values = encode_meta(change["new"]), encode_values(change["new"])
            if change["old"].image != change["new"].image:  # a picture takes longer than all the rest
                self.picture = encode_image(change["new"])

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        still, size = mime_png(draw(self.explanation, self.selected if self.mode == "conditional" else ()))
        return {**data, **still, "text/plain": repr(self.explanation)}, {**metadata, **size}


def _same_game(old: Explanation, new: Explanation) -> bool:
    """Whether the model says the same of every input, and only the masks differ."""
    names = "caption", "tokens", "model", "empty_value", "full_value"
    return all(getattr(old, name) == getattr(new, name) for name in names)


def _shared(old: Explanation, new: Explanation) -> int:
    """How many of the first players are the same tokens in both: all, the patches, or none."""
    if old.grid != new.grid:
        return 0
    return new.n_players if old.tokens == new.tokens else new.n_players_image


def mimebundle(explanation: Explanation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and metadata by MIME type: the live view, a still picture and a line of text, for what each place shows."""
    return ExplanationWidget(explanation)._repr_mimebundle_()
