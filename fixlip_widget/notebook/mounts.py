"""From a displayed widget to HTML: a place for a live view, a container around such places, or what nbconvert shows."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fixlip_widget.notebook.saved_widgets import OURS, VIEW_TYPE, SavedWidgets

Still = Callable[[str], str]
"""From the id of a model to the HTML of its still picture."""
_DIRECTIONS = {
    "HBox": "display: flex; flex-flow: row",
    "VBox": "display: flex; flex-flow: column",
    "Box": "display: flex",
}
_CONTAINERS = (*_DIRECTIONS, "GridBox", "Tab", "Accordion", "Stack")
_CSS = re.compile(r"[-\w.%()#, +*/]*")
"""What a value of a layout may be made of; anything else is left out."""
NOTE = "Drawn by another library: its widgets need the network, as their scripts are fetched from a CDN."


class Mounts:
    """The places of the widgets of one notebook.

    Args:
        widgets: that the notebook saved.
        still: draws what is shown until a view is alive.

    Attributes:
        placed: our views that were placed.
        others: models of other libraries that were placed beside ours, and are drawn by nbconvert's own means.
    """

    def __init__(self, widgets: SavedWidgets, still: Still) -> None:
        self._widgets, self._still = widgets, still
        self.placed: set[str] = set()
        self.others: set[str] = set()

    def place(self, model_id: str) -> str:
        """The HTML of a model that is one of our views, or that contains one."""
        kind = self._widgets.kind(model_id)
        if kind in OURS:
            self.placed.add(model_id)
            return (
                f'<div class="fixlip-mount" data-fixlip-model="{html.escape(model_id)}">{self._still(model_id)}</div>'
            )
        state = self._widgets.state(model_id)
        if kind == "Label":
            return f"<span>{html.escape(str(state.get('value', '')))}</span>"
        if kind in ("HTML", "HTMLMath"):
            return f"<div>{state.get('value', '')}</div>"
        if kind in _CONTAINERS and self._widgets.contains_ours(model_id):
            return self._container(kind, model_id, state)
        self.others.add(model_id)
        view = {"model_id": model_id, "version_major": 2, "version_minor": 0}
        return f'<div title="{NOTE}"><script type="{VIEW_TYPE}">{json.dumps(view)}</script></div>'

    def _container(self, kind: str, model_id: str, state: Mapping[str, Any]) -> str:
        children = list(map(self.place, self._widgets.children(model_id)))
        style = html.escape("; ".join(self._style(kind, state)))
        if kind in ("Tab", "Accordion"):
            titles = list(state.get("titles") or ()) + [""] * len(children)
            children = [
                f"<details open><summary>{html.escape(str(title))}</summary>{child}</details>"
                for title, child in zip(titles, children, strict=False)
            ]
        return f'<div class="fixlip-container" style="{style}">{"".join(children)}</div>'

    def _style(self, kind: str, state: Mapping[str, Any]) -> Iterator[str]:
        """The CSS of a container: how its kind lays out children, and what its layout says."""
        yield "display: grid" if kind == "GridBox" else _DIRECTIONS.get(kind, "display: block")
        layout = self._widgets.state(str(state.get("layout", "")).removeprefix("IPY_MODEL_"))
        for name, value in layout.items():
            if not name.startswith("_") and isinstance(value, str) and _CSS.fullmatch(value):
                yield f"{name.replace('_', '-')}: {value}"
