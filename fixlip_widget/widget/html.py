"""The view as one HTML file that needs no kernel, no network and no other file."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from os import PathLike

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write
from fixlip_widget.typing import Selection
from fixlip_widget.widget.displayed_values import opening_state
from fixlip_widget.widget.serialize import serialize
from fixlip_widget.widget.static import bundle

NARROW, WIDE = 880, 1840
"""Maximum width of the page in CSS pixels, for one view and for several."""
INITIAL_STATE: dict[str, object] = {
    "selected": [],
    "hidden": [],
    "measured": None,
    "mode": "attribution",
    "status": "ready",
    "progress": 0,
}


def write_html(explanation: Explanation, path: str | PathLike[str], selected: Selection | None = None) -> None:
    """Write the interactive page; an existing file is replaced only once the new one is complete."""
    with atomic_write(path) as file:
        file.write(render_html(explanation, selected).encode(errors="replace"))


def render_html(explanation: Explanation, selected: Selection | None = None) -> str:
    """The page as text, opened with the `selected` tokens; by default with the word of the strongest interactions."""
    opening = opening_state(explanation)
    if selected is not None:
        chosen = explanation.valid_players(selected)
        opening = {"selected": chosen, "mode": "conditional" if chosen else "attribution"}
    state = {**INITIAL_STATE, **opening}
    return render_page(explanation.caption, {**as_json(serialize(explanation)), **state})


def write_page(path: str | PathLike[str], title: str, state: Mapping[str, object], *, wide: bool = False) -> None:
    """Write a page that shows a widget's traits."""
    with atomic_write(path) as file:
        file.write(render_page(title, state, wide=wide).encode(errors="replace"))


def render_page(title: str, state: Mapping[str, object], *, wide: bool = False) -> str:
    """The page that shows a widget's traits, given as JSON."""
    template = bundle("page.html")
    parts = {
        "title": html.escape(title),
        "css": bundle("widget.css"),
        "width": str(WIDE if wide else NARROW),
        "state": script_safe({**state, "module": bundle("widget.js"), "page": template}),
    }
    return re.sub("%(title|css|width|state)%", lambda match: parts[match[1]], template)


def as_json(state: Mapping[str, object]) -> dict[str, object]:
    """Traits as JSON, with bytes in base64."""
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in state.items()
    }


def script_safe(value: object) -> str:
    """JSON for a script element: escaped so that it cannot end the element."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")
