"""Putting a scene of emoji together: things from a palette are dropped, dragged, recoloured and resized."""

from __future__ import annotations

import base64
import io
from functools import cache
from typing import Any

import anywidget
import traitlets as t
from PIL import Image

from fixlip_widget.demo.by_hand import BACKDROP, Item, drawing, scene
from fixlip_widget.demo.painting import RGB
from fixlip_widget.demo.things import COLOURS, EMOJI, THINGS
from fixlip_widget.widget.static import bundle

_CELL, _COLUMNS = 40, 20
"""Pixels of a thing in the palette, and things in one of its rows."""
_PICTURE = 160
"""Pixels of a thing in the scene."""
_FAMILY = "fluent"


class SceneEditor(anywidget.AnyWidget):
    """The editor; observe `items`.

    Attributes:
        items: (thing, colour or None, (x, y), size) of each thing, as `fixlip_widget.scene` takes them; what comes from
            the page is checked by `picture`.
        message: a line below the tools.
    """

    _esm = bundle("scene-editor.js")
    _css = bundle("scene-editor.css")

    items: t.List[Any] = t.List().tag(sync=True)
    message = t.Unicode().tag(sync=True)
    things = t.List([[word, EMOJI[word]] for word in THINGS], read_only=True).tag(sync=True)
    colours = t.List(
        [[name, f"rgb({' '.join(f'{share:.0%}' for share in RGB[name])})"] for name in COLOURS], read_only=True
    ).tag(sync=True)
    palette = t.Bytes(read_only=True).tag(sync=True)
    pictures = t.Dict().tag(sync=True)
    backdrop = t.Unicode("linear-gradient(to bottom right, rgb{}, rgb{})".format(*BACKDROP), read_only=True).tag(
        sync=True
    )

    def __init__(self, items: tuple[Item, ...] = ()) -> None:
        super().__init__(items=[list(item) for item in items])
        self.set_trait("palette", _palette())
        self.observe(lambda change: self._draw(), "items")
        self._draw()

    def picture(self) -> Image.Image:
        """The scene; InputError where there are no things, or such as no scene has."""
        return scene(tuple(self.items))

    def _draw(self) -> None:
        """Send the pictures of things that are new."""
        used = {(item[0], item[1]) for item in self.items if _is_known(item)}
        new = {f"{colour or ''} {thing}": (thing, colour) for thing, colour in used}
        missing = {key: _data_url(*each) for key, each in new.items() if key not in self.pictures}
        if missing:
            self.pictures = self.pictures | missing


def _is_known(item: Any) -> bool:
    """Whether an item that came from the page can be drawn."""
    return (isinstance(item, list) and len(item) == 4 and isinstance(item[0], str) and item[0] in EMOJI) and item[
        1
    ] in (None, *COLOURS)


def _data_url(thing: str, colour: str | None) -> str:
    file = io.BytesIO()
    drawing(thing, colour, _FAMILY).resize((_PICTURE, _PICTURE), Image.Resampling.LANCZOS).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@cache
def _palette() -> bytes:
    """All things in rows, as a WebP."""
    rows = -(-len(THINGS) // _COLUMNS)
    whole = Image.new("RGBA", (_CELL * _COLUMNS, _CELL * rows))
    for index, thing in enumerate(THINGS):
        row, column = divmod(index, _COLUMNS)
        small = drawing(thing, None, _FAMILY).resize((_CELL, _CELL), Image.Resampling.LANCZOS)
        whole.paste(small, (column * _CELL, row * _CELL))
    file = io.BytesIO()
    whole.save(file, "WEBP", quality=80)
    return file.getvalue()
