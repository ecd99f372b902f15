"""Controls, a view and charts, and a thread that explains what the controls say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import ipywidgets as w
import numpy as np

from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.live.charts import Charts
from fixlip_widget.live.check import Checker
from fixlip_widget.live.controls import Controls
from fixlip_widget.live.jobs import Ticket, Worker
from fixlip_widget.live.live_query import Question
from fixlip_widget.widget.widget import ExplanationWidget

EXPLAIN, MEASURE = "explain", "measure"
PATIENCE = 0.5
"""Seconds after which a mistake is told: who types is not done yet."""


class Explorer(w.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Controls over an interactive view and its charts, and a thread that explains what they say.

    `explanation` is the newest, None before the first; `view` shows it. Every change asks anew: results of an older
    question never take the place of newer ones. A new caption encodes no image.
    """

    def __init__(self, explainers: Mapping[str, Explainer], image: ImageLike, caption: str) -> None:
        self.explanation: Explanation | None = None
        self.view: ExplanationWidget | None = None
        self.charts: Charts | None = None
        self.worker = Worker()
        self._explainers, self._image = dict(explainers), image
        self._shown: Question | None = None
        self._answered: Question | None = None
        self._checker = Checker()
        self.controls = Controls(tuple(explainers), caption, self.ask, self._see)
        self.controls.cancel.on_click(lambda button: self.worker.cancel(EXPLAIN))
        super().__init__([self.controls])
        self.ask()

    def ask(self) -> None:
        """Explain what the controls say now; what was under way is given up."""
        controls = self.controls
        controls.allow()
        question = Question(
            explainer=self._explainers[controls.model.value],
            image=self._image,
            caption=controls.caption.value,
            method=controls.method.value,
            p=controls.p.value,
            masks=controls.masks.value,
        )
        self.worker.submit(EXPLAIN, partial(self._answer, question))

    def _see(self, image: ImageLike) -> None:
        self._image = image
        self.ask()

    def _answer(self, question: Question, ticket: Ticket) -> None:
        found: list[Explanation] = []

        def progress(share: float) -> None:
            # What was cut short may be shown, but only where it is still wanted, and is something.
            if ticket.cancelled() and not (found and ticket.newest()):
                raise CancelledError
            ticket.report(lambda: self._tell("running", share))

        ticket.publish(lambda: self._tell("running", 0.0))
        known = question.sees_as(self._answered)
        try:
            for explanation in question.answers(known=known, progress=progress, cancel=ticket.cancelled):
                found.append(explanation)
                ticket.publish(partial(self._show, question, explanation))
        except CancelledError:
            pass  # there is nothing yet to show; the status says so
        except Exception as error:  # shown in the page, which is where it was caused
            text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
            if not ticket.cancelled(within=PATIENCE):
                ticket.publish(lambda: self._tell("error", 0.0, text))
            return
        if ticket.cancelled():
            ticket.publish(lambda: self._tell("cancelled", 1.0))
            return
        ticket.publish(partial(self._settle, question))
        self._check(question, found[-1], ticket)

    def _show(self, question: Question, explanation: Explanation) -> None:
        self.explanation, self._shown = explanation, question
        if self.view is None:
            self.view = ExplanationWidget(explanation)
            self.view.status = "running"
            self.view.observe(lambda change: self._measure(change["new"]), "hidden")
            self.charts = Charts(self.view, self.worker.lock)
            self.children = (self.controls, self.view, self.charts)
        else:
            self.view.explanation = explanation

    def _settle(self, question: Question) -> None:
        """Everything the question asked for is in the view."""
        self._answered = question
        self._tell("ready", 1.0)
        self.controls.remember(question.caption)
        if self.view is not None and self.view.measured is None:
            self._measure(self.view.hidden)

    def _tell(self, status: str, progress: float, message: str = "") -> None:
        self.controls.cancel.disabled = status != "running"
        self.controls.say("cancelled" if status == "cancelled" else message)
        if self.view is not None:
            with self.view.hold_sync():
                self.view.status, self.view.progress = status, progress

    def _check(self, question: Question, explanation: Explanation, ticket: Ticket) -> None:
        """Hold the explanation against the model, as long as no newer question comes."""

        def go_on(done: int) -> None:
            if ticket.cancelled():
                raise CancelledError

        if not question.how.weighted:
            return  # its masks follow no p
        try:
            game = question.explainer.game(question.image, question.caption)
            check = self._checker.check(explanation, game, go_on)
        except CancelledError:
            return

        def show() -> None:
            self._show(question, explanation.replace(r2=check.r2))
            if self.charts is not None:
                self.charts.faith.show(check)

        ticket.publish(show)

    def _measure(self, hidden: list[int]) -> None:
        """Ask the model itself about the input without some tokens."""
        question, explanation = self._shown, self.explanation
        if not hidden or question is None or explanation is None:
            return

        def job(ticket: Ticket) -> None:
            if ticket.cancelled():
                return
            kept = np.ones(explanation.n_players, dtype=bool)  # (n,)
            kept[hidden] = False
            game = question.explainer.game(question.image, question.caption)
            value = explanation.empty_value + float(game(kept)[0])
            ticket.publish(lambda: self._compare(question, {"hidden": hidden, "similarity": value}))

        self.worker.submit(MEASURE, job)

    def _compare(self, question: Question, measured: dict[str, Any]) -> None:
        """Show the model's answer beside the prediction, if both are still of the same."""
        if self.view is not None and self._shown is question:
            self.view.measured = measured


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
