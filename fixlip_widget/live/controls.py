"""The controls of a live view: image, caption, model, method, p and masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import ascii_letters
from typing import Any

import ipywidgets as w
from PIL.Image import Image

from fixlip_widget.demo.by_hand import Item
from fixlip_widget.encoders.images import read_image
from fixlip_widget.errors import InputError
from fixlip_widget.live.picture_drop import PictureDrop
from fixlip_widget.live.scene_editor import SceneEditor
from fixlip_widget.methods import METHODS
from fixlip_widget.typing import ImageLike

MASK_CHOICES = tuple((str(2**power), 2**power) for power in range(9, 16))
DEFAULT_MASKS = 2**11
MAX_RECENT = 12
RECENT_TITLE = "recent captions"
LETTERS = ascii_letters + "'"
WRAP = w.Layout(flex_flow="row wrap")
SPACED = w.Layout(flex_flow="row wrap", grid_gap="0 16px")
EDITOR_PLACE = 2
"""Rows of controls above the editor of scenes."""
LABEL = {"description_width": "56px"}


class Controls(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The controls in three rows, and a line for messages below.

    Args:
        models: names to choose from.
        caption: to begin with.
        on_change: called after every change but those of the image.
        on_image: called with a new image once it could be read.
        scene: the things that the image shows, where it is a scene of emoji.
    """

    def __init__(
        self,
        models: Sequence[str],
        caption: str,
        on_change: Callable[[], None],
        on_image: Callable[[ImageLike], None],
        scene: Sequence[Item] = (),
    ) -> None:
        self._on_image, self._scene = on_image, tuple(scene)
        self.editor: SceneEditor | None = None
        self._picture: Image | None = None
        # With completions of the word that is typed, where the words are known.
        self.caption = w.Combobox(
            value=caption, description="caption", continuous_update=True, layout=_flexible(1, 320), style=LABEL
        )
        # No wider, however long the captions are.
        self.recent = w.Dropdown(options=(RECENT_TITLE,), layout=w.Layout(width="200px"))
        self.recent.tooltip = "captions explained before"
        self.upload = w.FileUpload(
            accept="image/*", description="upload", tooltip="upload a picture", layout=w.Layout(width="130px")
        )
        self.drop = PictureDrop()
        self.scene = w.ToggleButton(
            description="scene", tooltip="put a scene of emoji together", layout=w.Layout(width="80px")
        )
        self.path = w.Text(
            description="image",
            placeholder="path of a picture",
            continuous_update=False,
            layout=_flexible(1, 260),
            style=LABEL,
        )
        self.model = w.Dropdown(options=tuple(models), description="model", layout=_flexible(1, 220), style=LABEL)
        self.method = w.Dropdown(options=tuple(METHODS), description="method", layout=_flexible(1, 200), style=LABEL)
        self.p = w.FloatSlider(
            0.5,
            min=0.1,
            max=0.9,
            step=0.1,
            description="p",
            continuous_update=False,
            layout=_flexible(1, 220),
            style=LABEL,
        )
        self.masks = w.SelectionSlider(
            options=MASK_CHOICES,
            value=DEFAULT_MASKS,
            description="masks",
            continuous_update=False,
            layout=_flexible(1, 240),
            style=LABEL,
        )
        self.cancel = w.Button(description="cancel", disabled=True, layout=w.Layout(width="90px"))
        self.pin = w.ToggleButton(
            description="pin",
            tooltip="keep what is shown, and compare what follows with it",
            disabled=True,
            layout=w.Layout(width="70px"),
        )
        self.message = w.HTML()
        for control in (self.caption, self.model, self.method, self.p, self.masks):
            control.observe(lambda change: on_change(), "value")
        self.recent.observe(self._use_recent, "value")
        self.path.observe(self._open_path, "value")
        self.drop.observe(lambda change: self._use_image(bytes(change["new"]), self.drop.name), "content")
        self.upload.observe(lambda change: self.open_upload(change["new"]), "value")
        self.scene.observe(lambda change: self._show_editor(on=change["new"]), "value")
        self._rows = (
            w.HBox([self.caption, self.recent, self.pin], layout=WRAP),
            w.HBox([self.path, self.upload, self.drop, self.scene, self.model], layout=WRAP),
            w.HBox([self.method, self.p, self.masks, self.cancel], layout=SPACED),
            self.message,
        )
        super().__init__(self._rows, layout=w.Layout(max_width="880px"))

    def report_scene(self, image: ImageLike, text: str) -> None:
        """Say something about an image in the editor, if it is the scene there."""
        if self.editor is not None and image is self._picture:
            self.editor.message = text

    def enable_by_method(self) -> None:
        """Enable the controls that the method depends on."""
        spec = METHODS[self.method.value]
        self.p.disabled, self.masks.disabled = not spec.weighted, spec.white_box

    def show_message(self, text: str) -> None:
        """Show a sentence below the controls, or nothing."""
        self.message.value = escape(text, quote=False)

    def remember(self, caption: str) -> None:
        """Put a caption first among the recent ones, in place of its own prefixes."""
        others = [known for known in self.recent.options[1:] if not caption.startswith(known)]
        self.recent.options = (RECENT_TITLE, caption, *others)[: MAX_RECENT + 1]

    def forget(self, caption: str) -> None:
        """Take a caption out of the recent ones."""
        self.recent.options = tuple(known for known in self.recent.options if known != caption)

    def complete(self, words: Sequence[str]) -> None:
        """Offer the caption completed by each of the words that begin like its last one; by all after a space."""
        caption = self.caption.value
        typed = caption[len(caption.rstrip(LETTERS)) :]
        before = caption.removesuffix(typed)
        matching = sorted(word for word in words if word.startswith(typed.lower()) and word != typed.lower())
        self.caption.options = tuple(before + word for word in matching)

    def open_upload(self, files: tuple[Mapping[str, Any], ...]) -> None:
        """Use the last of the uploaded files as image."""
        for file in files[-1:]:
            self._use_image(bytes(file["content"]), file["name"])

    def _show_editor(self, *, on: bool) -> None:
        if self.editor is None:
            self.editor = SceneEditor(self._scene)
            self.editor.observe(lambda change: self._use_scene(), "items")
        editor = [self.editor] if on else []
        self.children = (*self._rows[:EDITOR_PLACE], *editor, *self._rows[EDITOR_PLACE:])

    def _use_scene(self) -> None:
        """Use the scene of the editor as image."""
        editor = self.editor
        assert editor is not None
        try:
            self._picture = editor.picture()
        except InputError as error:
            editor.message = str(error)
            return
        editor.message = ""
        self._on_image(self._picture)

    def _use_recent(self, change: Mapping[str, Any]) -> None:
        if change["new"] != RECENT_TITLE:
            self.caption.value = change["new"]

    def _open_path(self, change: Mapping[str, Any]) -> None:
        if change["new"]:
            self._use_image(Path(change["new"]).expanduser())

    def _use_image(self, image: ImageLike, name: str | None = None) -> None:
        """Report an image that can be read; keep the one before and show a message otherwise."""
        try:
            picture = read_image(image, name)
        except InputError as error:
            self.show_message(str(error))
        else:
            self._on_image(picture)


def _flexible(grow: int, width: int) -> w.Layout:
    return w.Layout(width="auto", flex=f"{grow} 1 {width}px")
