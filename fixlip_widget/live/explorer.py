"""`fw.explore`: controls, a view and a chart, and a thread that explains what the controls ask for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import ipywidgets as w
import numpy as np

from fixlip_widget.demo.by_hand import Item
from fixlip_widget.encoders.images import buffered
from fixlip_widget.encoders.protocol import check_text
from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.live.controls import Controls
from fixlip_widget.live.fidelity_panel import FidelityPanel
from fixlip_widget.live.jobs import JobHandle, Worker
from fixlip_widget.live.live_query import LiveQuery
from fixlip_widget.typing import ImageLike
from fixlip_widget.widget.comparison import ComparisonWidget, titles_of
from fixlip_widget.widget.widget import ExplanationWidget

EXPLAIN, MEASURE = "explain", "measure"
ERROR_DELAY_S = 0.5
"""An error is shown after this time, unless another key was pressed."""
REST_S = 1.0
"""A caption that was typed on before this time is not remembered."""
PINNED = ("pinned", "now")
N_FRESH_MASKS, FRESH_SEED = 256, 20_011
"""Masks on which explanations are held against the model."""


def explore(
    image: ImageLike | None = None,
    caption: str | None = None,
    *,
    explainer: Explainer | Mapping[str, Explainer] | None = None,
) -> Explorer:
    """Explain live: controls for image, caption, model, method, p and masks above the interactive view.

    Args:
        image: as for `Explainer.explain`; a scene of emoji if left out.
        caption: the text to compare it with; that of the scene if left out.
        explainer: one, or several by name to choose from; the bundled encoder's if left out.

    Raises:
        InputError: where there is no explainer to choose from, or an image without a caption.

    Example:
        >>> import fixlip_widget as fw
        >>> live = fw.explore()
        >>> live.worker.wait(60)
        True
        >>> live.explanation.caption
        'a fox, a house and a purple moon'
    """
    scene: Sequence[Item] = ()
    if image is None or caption is None:
        from fixlip_widget.demo.showcase import SHOWCASES, showcase

        if image is not None:
            raise InputError("There is an image and no caption; give both, or neither for a scene of emoji.")
        picture, its_caption = showcase()
        image, caption, scene = picture, caption or its_caption, SHOWCASES["three things"].items
    check_text(caption)
    explainer = Explainer.demo() if explainer is None else explainer
    explainers = explainer if isinstance(explainer, Mapping) else {explainer.encoder.name: explainer}
    if not explainers:
        raise InputError("There is no explainer to choose from; give at least one.")
    return Explorer(explainers, buffered(image), caption, scene)


class Explorer(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls above an interactive view and its chart, kept up to date by a worker thread.

    Every change of a control starts a new query; results of an older one never replace those of a newer one. A new
    caption encodes no image.

    Attributes:
        explanation: the newest; None before the first.
        view: shows it; None before the first.
        panel: the chart beside it; None before the first.
        comparison: in place of the view while an explanation is pinned: that one and the newest.
        worker: runs the queries.
    """

    def __init__(
        self, explainers: Mapping[str, Explainer], image: ImageLike, caption: str, scene: Sequence[Item] = ()
    ) -> None:
        self.explanation: Explanation | None = None
        self.view: ExplanationWidget | None = None
        self.panel: FidelityPanel | None = None
        self.worker = Worker()
        self._explainers, self._image = dict(explainers), image
        self._shown: LiveQuery | None = None
        self._completed: LiveQuery | None = None
        self._completed_at = 0.0
        self.comparison: ComparisonWidget | None = None
        self.controls = Controls(tuple(explainers), caption, self.submit, self._change_image, scene)
        self.controls.cancel.on_click(lambda button: self.worker.cancel(EXPLAIN))
        self.controls.pin.observe(lambda change: self._pin(on=change["new"]), "value")
        super().__init__([self.controls])
        self.submit()

    def submit(self) -> None:
        """Explain what the controls ask for now, in place of what is running."""
        controls = self.controls
        controls.enable_by_method()
        controls.complete(getattr(self._explainers[controls.model.value].encoder, "words", ()))
        query = LiveQuery(
            explainer=self._explainers[controls.model.value],
            image=self._image,
            caption=controls.caption.value,
            method=controls.method.value,
            p=controls.p.value,
            n_masks=controls.masks.value,
        )
        self.worker.submit(EXPLAIN, partial(self._explain, query))

    def _change_image(self, image: ImageLike) -> None:
        self._image = image
        self.submit()

    def _explain(self, query: LiveQuery, handle: JobHandle) -> None:
        explanations: list[Explanation] = []

        def progress(share: float) -> None:
            # A cancelled query may still show what its masks determine, unless there is a newer one.
            if handle.is_cancelled() and not (explanations and handle.is_newest()):
                raise CancelledError
            handle.report(lambda: self._set_status("running", share, self._still_waiting(query)))

        handle.publish(lambda: self._set_status("running", 0.0, self._still_waiting(query)))
        known = query.shares_image_masks(self._completed)
        started = time.perf_counter()
        try:
            for explanation in query.explanations(known=known, progress=progress, cancel=handle.is_cancelled):
                explanations.append(explanation)
                handle.publish(partial(self._show, query, explanation))
        except CancelledError:
            pass  # nothing to show; the status says so below
        except Exception as error:  # shown in the page, where its cause is
            text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            if not handle.is_cancelled(within=ERROR_DELAY_S):
                handle.publish(lambda: self._set_status("error", 0.0, f"{text}{self._still_shown()}"))
            return
        if handle.is_cancelled():
            handle.publish(lambda: self._set_status("cancelled", 1.0))
            return
        handle.publish(partial(self._complete, query, time.perf_counter() - started))
        self._check_fidelity(query, explanations[-1], handle)

    def _show(self, query: LiveQuery, explanation: Explanation) -> None:
        self.explanation, self._shown = explanation, query
        if self.view is None:
            self.view = ExplanationWidget(explanation)
            self.view.status = "running"
            self.view.observe(lambda change: self._measure(change["new"]), "hidden")
            self.panel = FidelityPanel(self.view, self.worker.lock)
            self.children = (self.controls, self.view, self.panel.figure)
            self.controls.pin.disabled = False
        else:
            self.view.explanation = explanation
        self._show_beside_pinned()

    def _pin(self, *, on: bool) -> None:
        """Show the explanation of now beside those that follow, or these alone again."""
        with self.worker.lock:
            if self.view is None or self.panel is None or self.explanation is None:
                return
            self.comparison = None
            if on:
                both = (self.explanation, self.explanation)
                self.comparison = ComparisonWidget(both, PINNED, selected=self.view.selected)
            self.children = (self.controls, self.comparison or self.view, self.panel.figure)

    def _show_beside_pinned(self) -> None:
        """The newest explanation beside the pinned one; alone where the grids differ."""
        if self.comparison is None or self.explanation is None:
            return
        pinned = self.comparison.explanations[0]
        if self.explanation.grid == pinned.grid:
            self.comparison.show((pinned, self.explanation), titles_of((pinned, self.explanation), PINNED))
        else:
            self.controls.pin.value = False

    def _complete(self, query: LiveQuery, seconds: float) -> None:
        """All explanations of the query are shown, after so many seconds."""
        if self._completed is not None and time.monotonic() - self._completed_at < REST_S:
            self._forget_half_typed(self._completed.caption, query.caption)
        if self._completed is not None and self._completed.caption == query.caption:
            self.controls.report_scene(query.image, f"Explained in {seconds:.1f} s; only the picture was encoded.")
        self._completed, self._completed_at = query, time.monotonic()
        doubt = getattr(query.explainer.encoder, "doubt", None)
        self._set_status("ready", 1.0, (doubt and doubt(query.image)) or "")
        self.controls.remember(query.caption)
        if self.view is not None and self.view.measured is None:
            self._measure(self.view.hidden)

    def _forget_half_typed(self, before: str, caption: str) -> None:
        """A caption that letters were soon added to, or taken from, was on the way to another."""
        if before != caption and (before.startswith(caption) or caption.startswith(before)):
            self.controls.forget(before)

    def _still_waiting(self, query: LiveQuery) -> str:
        """What the view shows while a query with other settings runs, as a sentence; empty for the same settings."""
        settings = "" if self._shown is None else self._shown.difference_from(query)
        return f"Still showing: {settings}." if settings else ""

    def _still_shown(self) -> str:
        """What the view shows, as a sentence; empty before the first explanation."""
        return "" if self.explanation is None else f" Showing the explanation of “{self.explanation.caption}”."

    def _set_status(self, status: str, progress: float, message: str = "") -> None:
        self.controls.cancel.disabled = status != "running"
        self.controls.show_message("cancelled" if status == "cancelled" else message)
        for shown in (self.view, self.comparison):
            if shown is not None:
                with shown.hold_sync():
                    shown.status, shown.progress = status, progress

    def _check_fidelity(self, query: LiveQuery, explanation: Explanation, handle: JobHandle) -> None:
        """Compare predictions with the model on fresh masks, unless a newer query comes."""
        if not query.spec.weighted:
            return  # there is no p to draw fresh masks with
        try:
            check = query.explainer.fidelity(
                explanation,
                N_FRESH_MASKS,
                image=query.image,
                random_state=FRESH_SEED,
                cancel=handle.is_cancelled,
            )
        except CancelledError:
            return

        def show() -> None:
            self._show(query, explanation.replace(r2=check.r2))
            if self.panel is not None:
                self.panel.show(check)

        handle.publish(show)

    def _measure(self, hidden: list[int]) -> None:
        """Evaluate the model itself without the hidden tokens."""
        query, explanation = self._shown, self.explanation
        if not hidden or query is None or explanation is None:
            return

        def job(handle: JobHandle) -> None:
            if handle.is_cancelled():
                return
            kept = np.ones(explanation.n_players, dtype=bool)  # (n,)
            kept[hidden] = False
            game = query.explainer.game(query.image, query.caption)
            value = explanation.empty_value + float(game(kept)[0])
            handle.publish(lambda: self._show_measurement(query, {"hidden": hidden, "similarity": value}))

        self.worker.submit(MEASURE, job)

    def _show_measurement(self, query: LiveQuery, measured: dict[str, Any]) -> None:
        """Show the model's value beside the prediction, unless the view has moved on to another query."""
        if self.view is not None and self._shown is query:
            self.view.measured = measured
