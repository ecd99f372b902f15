"""Long work beside a notebook: one worker thread; a new job replaces the one of its kind that waits or runs."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from weakref import WeakSet

REPORT_INTERVAL_S = 0.1
"""Least time between two reports of progress."""
PATIENCE_S = 30.0
"""How long a process that ends waits for a job to hear that it is cancelled, which it does between batches."""


class JobHandle:
    """What a running job holds: whether it is cancelled, and the only way to publish its results."""

    def __init__(self, worker: Worker, kind: str) -> None:
        self._worker, self._kind = worker, kind
        self._cancelled = threading.Event()
        self._last_report = 0.0

    def is_cancelled(self, *, within: float = 0.0) -> bool:
        """Whether the job is cancelled or replaced by a newer one, now or within this many seconds."""
        return self._cancelled.wait(within)

    def is_newest(self) -> bool:
        """Whether no newer job of its kind was submitted."""
        with self._worker.lock:
            return self._worker.newest.get(self._kind) is self

    def cancel(self) -> None:
        """Ask the job to stop."""
        self._cancelled.set()

    def publish(self, show: Callable[[], None]) -> None:
        """Call `show` if no newer job of the kind was submitted; none can be meanwhile."""
        with self._worker.lock:
            if self._worker.newest.get(self._kind) is self:
                show()

    def report(self, show: Callable[[], None]) -> None:
        """Publish progress, at most ten times a second."""
        now = time.monotonic()
        if now - self._last_report >= REPORT_INTERVAL_S:
            self._last_report = now
            self.publish(show)


Job = Callable[[JobHandle], None]


class Worker:
    """Runs jobs one after another in a thread that lives while there are any.

    A job replaces one of its kind that waits, and cancels one that runs.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.newest: dict[str, JobHandle] = {}
        self._waiting: dict[str, tuple[Job, JobHandle]] = {}
        self._thread: threading.Thread | None = None
        _workers.add(self)

    def submit(self, kind: str, job: Job) -> None:
        """Run the job once the jobs before it are done."""
        with self.lock:
            if kind in self.newest:
                self.newest[kind].cancel()
            handle = self.newest[kind] = JobHandle(self, kind)
            self._waiting[kind] = job, handle
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="fixlip-jobs")
                self._thread.start()

    def cancel(self, kind: str) -> None:
        """Ask the job of this kind to stop."""
        with self.lock:
            if kind in self.newest:
                self.newest[kind].cancel()

    @property
    def is_at_work(self) -> bool:
        """Whether there is a thread, which there is not in a process that was forked beside it."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def cancel_all(self) -> None:
        """Ask all jobs to stop, and drop those that wait."""
        with self.lock:
            self._waiting.clear()
            for handle in self.newest.values():
                handle.cancel()

    def wait(self, timeout: float) -> bool:
        """Whether all jobs were done within this many seconds."""
        deadline = time.monotonic() + timeout
        while (thread := self._thread) is not None and time.monotonic() < deadline:
            thread.join(max(0.0, deadline - time.monotonic()))
        return self._thread is None

    def _run(self) -> None:
        try:
            while (waiting := self._next()) is not None:
                job, handle = waiting
                job(handle)
        finally:
            with self.lock:
                # Another thread may have been started since this one found nothing to do.
                if self._thread is threading.current_thread():
                    self._thread = None

    def _next(self) -> tuple[Job, JobHandle] | None:
        with self.lock:
            if not self._waiting:
                self._thread = None
                return None
            return self._waiting.pop(next(iter(self._waiting)))


_workers: WeakSet[Worker] = WeakSet()


@atexit.register
def _stop_workers() -> None:
    """Have no job compute when the process ends: torch would abort it."""
    at_work = [worker for worker in _workers if worker.is_at_work]
    for worker in at_work:
        worker.cancel_all()
    for worker in at_work:
        worker.wait(PATIENCE_S)
