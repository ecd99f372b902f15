"""Explaining live: edit the caption, change the model, the method or p, and the view follows."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import numpy as np
from PIL import Image, UnidentifiedImageError

from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from fixlip_widget.widget.jobs import Ticket, Worker
from fixlip_widget.widget.view import ExplanationWidget

MASKS = tuple((str(2**power), 2**power) for power in range(9, 16))
USUAL_MASKS = 2**11
REMEMBERED = 12
EXPLAIN, MEASURE = "explain", "measure"
LINE = w.Layout(width="auto", flex="1 1 320px")
SHORT = w.Layout(width="auto", flex="0 1 250px")


class Explorer(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls over an interactive view, and a thread that explains what they say.

    `explanation` is the newest, None before the first; `view` shows it. Every change asks anew: results of an older
    question never take the place of newer ones. A new caption encodes no image.
    """

    def __init__(self, explainers: Mapping[str, Explainer], image: ImageLike, caption: str) -> None:
        self.explanation: Explanation | None = None
        self.view: ExplanationWidget | None = None
        self.worker = Worker()
        self._explainers, self._image = dict(explainers), image
        self.caption = w.Text(caption, description="caption", continuous_update=True, layout=LINE)
        self.recent = w.Dropdown(options=(caption,), description="recent", layout=SHORT)
        self.upload = w.FileUpload(accept="image/*", description="image", layout=w.Layout(width="120px"))
        self.path = w.Text(placeholder="or its path", continuous_update=False, layout=SHORT)
        self.model = w.Dropdown(options=tuple(explainers), description="model", layout=SHORT)
        self.method = w.Dropdown(options=tuple(METHODS), description="method", layout=SHORT)
        self.p = w.FloatSlider(0.5, min=0.1, max=0.9, step=0.1, description="p", continuous_update=False, layout=SHORT)
        self.masks = w.SelectionSlider(
            options=MASKS, value=USUAL_MASKS, description="masks", continuous_update=False, layout=SHORT
        )
        self.cancel = w.Button(description="cancel", disabled=True, layout=w.Layout(width="90px"))
        self.message = w.HTML()
        for control in (self.caption, self.model, self.method, self.p, self.masks):
            control.observe(lambda change: self.ask(), "value")
        self.recent.observe(lambda change: setattr(self.caption, "value", change["new"]), "value")
        self.path.observe(lambda change: self._open(change["new"]), "value")
        self.upload.observe(lambda change: self._take(change["new"]), "value")
        self.cancel.on_click(lambda button: self.worker.cancel(EXPLAIN))
        wrap = w.Layout(flex_flow="row wrap")
        rows = (
            w.HBox([self.caption, self.recent], layout=wrap),
            w.HBox([self.upload, self.path, self.model, self.method, self.p, self.masks, self.cancel], layout=wrap),
        )
        self._controls = (*rows, self.message)
        super().__init__(self._controls)
        self.ask()

    def ask(self) -> None:
        """Explain what the controls say now; what was under way is given up."""
        method = METHODS[self.method.value]
        self.p.disabled, self.masks.disabled = not method.weighted, method.inside
        options: dict[str, Any] = {"method": self.method.value}
        if method.weighted:
            options["p"] = self.p.value
        if not method.inside:
            # Image masks by number: those of the last caption then serve the next one too.
            options["budget" if method.joint else "n_image_masks"] = self.masks.value
        explainer, image, caption = self._explainers[self.model.value], self._image, self.caption.value
        self.worker.submit(EXPLAIN, lambda ticket: self._explain(ticket, explainer, image, caption, options))

    def _explain(
        self, ticket: Ticket, explainer: Explainer, image: ImageLike, caption: str, options: dict[str, Any]
    ) -> None:
        def progress(share: float) -> None:
            ticket.report(lambda: self._tell("running", share))

        ticket.publish(lambda: self._tell("running", 0.0))
        try:
            for explanation in explainer.stream(image, caption, progress=progress, cancel=ticket.cancelled, **options):
                ticket.publish(partial(self._show, explanation))
        except CancelledError:
            pass  # there is nothing yet to show; the status says so
        except Exception as error:  # shown in the page, which is where it was caused
            text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            ticket.publish(lambda: self._tell("error", 0.0, text))
            return
        status = "cancelled" if ticket.cancelled() else "ready"
        ticket.publish(lambda: self._tell(status, 1.0))
        if status == "ready":
            ticket.publish(lambda: self._remember(caption))

    def _show(self, explanation: Explanation) -> None:
        self.explanation = explanation
        if self.view is None:
            self.view = ExplanationWidget(explanation)
            self.view.status = "running"
            self.view.observe(lambda change: self._measure(change["new"]), "hidden")
            self.children = (*self._controls, self.view)
        else:
            self.view.explanation = explanation

    def _tell(self, status: str, progress: float, message: str = "") -> None:
        self.cancel.disabled = status != "running"
        self._say("cancelled" if status == "cancelled" else message)
        if self.view is not None:
            with self.view.hold_sync():
                self.view.status, self.view.progress = status, progress

    def _measure(self, hidden: list[int]) -> None:
        """Ask the model itself about the input without some tokens."""
        explanation, view = self.explanation, self.view
        if not hidden or explanation is None or view is None:
            return
        explainer, image = self._explainers[self.model.value], self._image

        def job(ticket: Ticket) -> None:
            if ticket.cancelled():
                return
            kept = np.ones(explanation.n_players, dtype=bool)  # (n,)
            kept[hidden] = False
            value = explanation.empty_value + float(explainer.game(image, explanation.caption)(kept)[0])
            ticket.publish(lambda: setattr(view, "measured", {"hidden": hidden, "similarity": value}))

        self.worker.submit(MEASURE, job)

    def _remember(self, caption: str) -> None:
        """Put the caption first among the recent ones, without asking for it again."""
        recent = tuple(dict.fromkeys((caption, *self.recent.options)))[:REMEMBERED]
        self.recent.options = recent
        self.recent.value = caption

    def _say(self, text: str) -> None:
        self.message.value = escape(text, quote=False)

    def _open(self, path: str) -> None:
        if not path:
            return
        if Path(path).is_file():
            self._image = Path(path)
            self.ask()
        else:
            self._say(f"There is no file {path}; give the path of a picture.")

    def _take(self, files: tuple[Mapping[str, Any], ...]) -> None:
        if not files:
            return
        try:
            self._image = Image.open(io.BytesIO(bytes(files[-1]["content"]))).convert("RGB")
        except UnidentifiedImageError:
            self._say(f"{files[-1]['name']} is not a picture that can be read; give a PNG or a JPEG.")
            return
        self.ask()


def explore(
    image: ImageLike | None = None,
    caption: str | None = None,
    *,
    explainer: Explainer | Mapping[str, Explainer] | None = None,
) -> Explorer:
    """Explain live: controls for image, caption, model, method, p and masks over the interactive view.

    Args:
        image: a path, a PIL image or an array; a painted scene if left out.
        caption: what to compare it with; that scene's own if left out.
        explainer: one, or several by name to choose from; the bundled encoder's if left out.

    Raises:
        InputError: where there is no explainer to choose from, or an image without a caption.
    """
    if image is None or caption is None:
        from fixlip_widget.demo.showcase import showcase

        if image is not None:
            raise InputError("There is an image and no caption; give both, or neither for a painted scene.")
        picture, usual = showcase()
        image, caption = picture, caption or usual
    explainer = Explainer.demo() if explainer is None else explainer
    explainers = explainer if isinstance(explainer, Mapping) else {explainer.encoder.name: explainer}
    if not explainers:
        raise InputError("There is no explainer to choose from; give at least one.")
    return Explorer(explainers, image, caption)
