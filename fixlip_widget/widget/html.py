"""The view as one HTML file: no kernel, no network, nothing beside it."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Mapping
from os import PathLike

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import replacing
from fixlip_widget.widget.serialize import encode
from fixlip_widget.widget.static import bundle

NARROW, WIDE = 880, 1840
UNTOUCHED: dict[str, object] = {
    "selected": [],
    "hidden": [],
    "measured": None,
    "mode": "attribution",
    "status": "ready",
    "progress": 0,
}


def write_html(explanation: Explanation, path: str | PathLike[str]) -> None:
    """Write the interactive page; an existing file is replaced only once the new one is whole."""
    with replacing(path) as file:
        file.write(render_html(explanation).encode(errors="replace"))


def render_html(explanation: Explanation) -> str:
    """The page as text."""
    return render_page(explanation.caption, {**save(encode(explanation)), **UNTOUCHED})


def write_page(path: str | PathLike[str], title: str, state: Mapping[str, object], *, wide: bool = False) -> None:
    """Write a page that shows the given traits."""
    with replacing(path) as file:
        file.write(render_page(title, state, wide=wide).encode(errors="replace"))


def render_page(title: str, state: Mapping[str, object], *, wide: bool = False) -> str:
    """The page of a widget's traits, as JSON holds them."""
    template = bundle("page.html")
    parts = {
        "title": html.escape(title),
        "css": bundle("widget.css"),
        "width": str(WIDE if wide else NARROW),
        "state": script_safe({**state, "module": bundle("widget.js"), "page": template}),
    }
    return re.sub("%(title|css|width|state)%", lambda found: parts[found[1]], template)


def save(state: Mapping[str, object]) -> dict[str, object]:
    """A state as JSON can hold it."""
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in state.items()
    }


def script_safe(value: object) -> str:
    """JSON that cannot end the script element that holds it."""
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")
