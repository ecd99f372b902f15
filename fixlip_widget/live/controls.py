"""What one sets: image, caption, model, method, p and masks."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
from PIL import Image, UnidentifiedImageError

from fixlip_widget.encoders import ImageLike
from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.methods import METHODS

MASKS = tuple((str(2**power), 2**power) for power in range(9, 16))
USUAL_MASKS = 2**11
REMEMBERED = 12
LATELY = "recent captions"
WRAP = w.Layout(flex_flow="row wrap")
LABEL = {"description_width": "56px"}


class Controls(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The controls in two rows, and a line of text under them.

    `changed` is called for every change but those of the image, which go to `seen` once they are read.
    """

    def __init__(
        self, models: Sequence[str], caption: str, changed: Callable[[], None], seen: Callable[[ImageLike], None]
    ) -> None:
        self._seen = seen
        self.caption = w.Text(caption, description="caption", continuous_update=True, layout=_wide(1, 320), style=LABEL)
        self.recent = w.Dropdown(options=(LATELY,), layout=_wide(0, 200))
        self.recent.tooltip = "captions explained before"
        self.upload = w.FileUpload(
            accept="image/*", description="upload", tooltip="upload a picture", layout=w.Layout(width="130px")
        )
        self.path = w.Text(
            description="image",
            placeholder="path of a picture",
            continuous_update=False,
            layout=_wide(1, 260),
            style=LABEL,
        )
        self.model = w.Dropdown(options=tuple(models), description="model", layout=_wide(1, 220), style=LABEL)
        self.method = w.Dropdown(options=tuple(METHODS), description="method", layout=_wide(1, 200), style=LABEL)
        self.p = w.FloatSlider(
            0.5, min=0.1, max=0.9, step=0.1, description="p", continuous_update=False, layout=_wide(1, 220), style=LABEL
        )
        self.masks = w.SelectionSlider(
            options=MASKS,
            value=USUAL_MASKS,
            description="masks",
            continuous_update=False,
            layout=_wide(1, 240),
            style=LABEL,
        )
        self.cancel = w.Button(description="cancel", disabled=True, layout=w.Layout(width="90px"))
        self.message = w.HTML()
        for control in (self.caption, self.model, self.method, self.p, self.masks):
            control.observe(lambda change: changed(), "value")
        self.recent.observe(self._repeat, "value")
        self.path.observe(self._open, "value")
        self.upload.observe(lambda change: self.take(change["new"]), "value")
        super().__init__(
            [
                w.HBox([self.caption, self.recent], layout=WRAP),
                w.HBox([self.path, self.upload, self.model], layout=WRAP),
                w.HBox([self.method, self.p, self.masks, self.cancel], layout=WRAP),
                self.message,
            ],
            layout=w.Layout(max_width="880px"),
        )

    def allow(self) -> None:
        """Enable what means something to the method."""
        method = METHODS[self.method.value]
        self.p.disabled, self.masks.disabled = not method.weighted, method.inside

    def say(self, text: str) -> None:
        """Write a sentence under the controls, or nothing."""
        self.message.value = escape(text, quote=False)

    def remember(self, caption: str) -> None:
        """Put the caption first among the recent ones; what it goes on from is forgotten."""
        known = [one for one in self.recent.options[1:] if not caption.startswith(one)]
        self.recent.options = (LATELY, caption, *known)[: REMEMBERED + 1]

    def take(self, files: tuple[Mapping[str, Any], ...]) -> None:
        """Look at the last of the uploaded files."""
        for file in files[-1:]:
            try:
                picture = Image.open(io.BytesIO(bytes(file["content"])))
            except UnidentifiedImageError:
                self.say(f"{file['name']} is not a picture that can be read; give a PNG or a JPEG.")
            else:
                self._look(picture)

    def _repeat(self, change: Mapping[str, Any]) -> None:
        if change["new"] != LATELY:
            self.caption.value = change["new"]

    def _open(self, change: Mapping[str, Any]) -> None:
        if change["new"]:
            self._look(Path(change["new"]).expanduser())

    def _look(self, image: ImageLike) -> None:
        """Hand a picture on once it is known to be one; what was looked at before stays where it is not."""
        try:
            picture = read_image(image)
        except InputError as error:
            self.say(str(error))
        else:
            self._seen(picture)


def _wide(grow: int, width: int) -> w.Layout:
    return w.Layout(width="auto", flex=f"{grow} 1 {width}px")
