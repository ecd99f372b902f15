"""Long work beside a notebook: one thread, the newest request of each kind wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

UPDATE_SECONDS = 0.1
"""No more often than this is a page told of progress."""


class Ticket:
    """What a job holds while it runs: whether it is still wanted, and the only way to show what it found."""

    def __init__(self, worker: Worker, kind: str) -> None:
        self._worker, self._kind = worker, kind
        self._cancelled = threading.Event()
        self._told = 0.0

    def cancelled(self, *, within: float = 0.0) -> bool:
        """Whether to stop: it was cancelled, or a newer job of its kind has come, now or within so many seconds."""
        return self._cancelled.wait(within)

    def newest(self) -> bool:
        """Whether no newer job of its kind has come."""
        with self._worker.lock:
            return self._worker.newest.get(self._kind) is self

    def cancel(self) -> None:
        """Ask it to stop at the next occasion."""
        self._cancelled.set()

    def publish(self, show: Callable[[], None]) -> None:
        """Call `show` if no newer job of the kind has come; none can come meanwhile."""
        with self._worker.lock:
            if self._worker.newest.get(self._kind) is self:
                show()

    def report(self, show: Callable[[], None]) -> None:
        """Publish what is soon outdated, at most ten times a second."""
        now = time.monotonic()
        if now - self._told >= UPDATE_SECONDS:
            self._told = now
            self.publish(show)


Job = Callable[[Ticket], None]


class Worker:
    """Runs jobs one after another in a thread that lives while there are any.

    A job of a kind takes the place of one that waits, and cancels one that runs.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.newest: dict[str, Ticket] = {}
        self._waiting: dict[str, tuple[Job, Ticket]] = {}
        self._thread: threading.Thread | None = None

    def submit(self, kind: str, job: Job) -> None:
        """Run the job as soon as nothing else runs."""
        with self.lock:
            if kind in self.newest:
                self.newest[kind].cancel()
            ticket = self.newest[kind] = Ticket(self, kind)
            self._waiting[kind] = job, ticket
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="fixlip-jobs")
                self._thread.start()

    def cancel(self, kind: str) -> None:
        """Ask the job of this kind to stop at the next occasion."""
        with self.lock:
            if kind in self.newest:
                self.newest[kind].cancel()

    def wait(self, seconds: float) -> bool:
        """Whether everything was done within this time."""
        deadline = time.monotonic() + seconds
        while (thread := self._thread) is not None and time.monotonic() < deadline:
            thread.join(max(0.0, deadline - time.monotonic()))
        return self._thread is None

    def _run(self) -> None:
        try:
            while (next_up := self._next()) is not None:
                job, ticket = next_up
                job(ticket)
        finally:
            with self.lock:
                # Another thread may have been started since this one had nothing left to do.
                if self._thread is threading.current_thread():
                    self._thread = None

    def _next(self) -> tuple[Job, Ticket] | None:
        with self.lock:
            if not self._waiting:
                self._thread = None
                return None
            return self._waiting.pop(next(iter(self._waiting)))
