from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fixlip_widget.live.jobs import JobHandle, Worker

ROOT = Path(__file__).parents[1]
PATIENCE = 20.0


def test_the_newest_job_wins_and_stale_results_are_dropped() -> None:
    worker, shown = Worker(), list[str]()
    begun, go_on = threading.Event(), threading.Event()

    def slow(handle: JobHandle) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        assert handle.is_cancelled()
        handle.publish(lambda: shown.append("slow"))

    worker.submit("explain", slow)
    assert begun.wait(PATIENCE)
    worker.submit("explain", lambda handle: shown.append("never run"))
    worker.submit("explain", lambda handle: handle.publish(lambda: shown.append("newest")))
    go_on.set()
    assert worker.wait(PATIENCE)
    assert shown == ["newest"]


def test_kinds_do_not_cancel_each_other() -> None:
    worker, done = Worker(), list[tuple[str, bool]]()
    begun, go_on = threading.Event(), threading.Event()

    def first(handle: JobHandle) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        done.append(("explain", handle.is_cancelled()))

    worker.submit("explain", first)
    assert begun.wait(PATIENCE)
    worker.submit("measure", lambda handle: done.append(("measure", handle.is_cancelled())))
    go_on.set()
    assert worker.wait(PATIENCE)
    assert done == [("explain", False), ("measure", False)]


def test_a_cancelled_job_may_still_show_what_it_has() -> None:
    worker, shown = Worker(), list[str]()
    begun, cancelled = threading.Event(), threading.Event()

    def job(handle: JobHandle) -> None:
        begun.set()
        assert cancelled.wait(PATIENCE)
        handle.publish(lambda: shown.append("partial" if handle.is_cancelled() else "whole"))

    worker.submit("explain", job)
    assert begun.wait(PATIENCE)
    worker.cancel("explain")
    worker.cancel("nothing of this kind")
    cancelled.set()
    assert worker.wait(PATIENCE)
    assert shown == ["partial"]


def test_progress_is_told_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = (100 + step / 100 for step in range(100))
    monkeypatch.setattr("fixlip_widget.live.jobs.time.monotonic", lambda: next(clock))
    worker, told = Worker(), list[None]()
    handle = worker.newest["explain"] = JobHandle(worker, "explain")
    for _ in range(100):
        handle.report(lambda: told.append(None))
    assert len(told) == pytest.approx(10, abs=1)


def test_a_worker_works_again_after_it_was_idle() -> None:
    worker, done = Worker(), list[int]()
    for number in range(3):
        worker.submit("explain", lambda handle, number=number: done.append(number))  # type: ignore[misc]
        assert worker.wait(PATIENCE)
    assert done == [0, 1, 2]


AT_WORK_AT_THE_END = """
import threading
import torch
from fixlip_widget.live.jobs import Worker

begun = threading.Event()

def compute(handle):
    while not handle.is_cancelled():
        torch.rand(700, 700) @ torch.rand(700, 700)
        begun.set()

worker = Worker()
worker.submit("explain", compute)
worker.submit("never", lambda handle: print("a job that waits is dropped"))
begun.wait()
"""


def test_a_process_may_end_while_a_job_runs() -> None:
    ended = subprocess.run([sys.executable, "-c", AT_WORK_AT_THE_END], capture_output=True, text=True, cwd=ROOT)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
