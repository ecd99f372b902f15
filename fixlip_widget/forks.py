"""Computing on in forked processes, which have only the thread that forks."""

from __future__ import annotations

import os
from functools import cache
from typing import Protocol
from weakref import WeakSet

import torch


class Lock(Protocol):
    """A lock, as those of `threading`."""

    def acquire(self, *, blocking: bool) -> bool:
        """Whether it was free, or taken by this thread."""

    def release(self) -> None:
        """Free it."""


class Guarded(Protocol):
    """An object whose state is only changed while its lock is held."""

    @property
    def lock(self) -> Lock:
        """The lock."""

    def forget(self) -> None:
        """Drop the state, and the lock with it."""


_survivors: WeakSet[Guarded] = WeakSet()


def outlive_forks(guarded: Guarded) -> None:
    """Have forked processes compute with this object, though a thread that holds its lock is not in them."""
    _survivors.add(guarded)
    _register_at_fork()


@cache
def _register_at_fork() -> None:
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=_leave_threads_behind)


def _leave_threads_behind() -> None:
    # OpenMP would wait forever for its other threads; torch's DataLoader does the same in its workers.
    torch.set_num_threads(1)
    for guarded in _survivors:
        if guarded.lock.acquire(blocking=False):
            guarded.lock.release()
        else:  # held by a thread that is gone, with inputs in the midst of a change
            guarded.forget()
