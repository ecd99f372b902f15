"""The still picture of a saved view, in the state in which it was saved."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from fixlip_widget.explanation import Explanation
from fixlip_widget.widget.comparison import ComparisonWidget
from fixlip_widget.widget.deserialize import deserialize
from fixlip_widget.widget.widget import ExplanationWidget


def still(state: Mapping[str, Any]) -> str:
    """An `img` element of a view's page state, described by its text."""
    widget = _widget(state)
    data, metadata = widget._repr_mimebundle_()
    widget.close()
    size = metadata["image/png"]
    return (
        f'<img class="fixlip-still" alt="{html.escape(data["text/plain"])}" width="{size["width"]}"'
        f' height="{size["height"]}" src="data:image/png;base64,{_smaller(data["image/png"])}">'
    )


def _widget(state: Mapping[str, Any]) -> ExplanationWidget | ComparisonWidget:
    views = state.get("views")
    opened = {name: state[name] for name in ("selected", "hidden", "mode") if name in state}
    if views:
        explanations: list[Explanation] = [deserialize(view) for view in views]
        return ComparisonWidget(explanations, [view["title"] for view in views], **opened)
    return ExplanationWidget(deserialize(state), **opened)


def _smaller(png: str) -> str:
    """The picture with a palette, a third of its size, as it is replaced as soon as the view is alive."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as picture:
        picture.convert("RGB").quantize(128).save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
