"""A small memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Things under the keys of what they are about; beyond `capacity`, the one not used for longest goes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is kept under this key, made if there is nothing."""
        return self.put(key, self._kept.pop(key) if key in self._kept else make())

    def put(self, key: Hashable, one: T) -> T:
        """Keep this under a key, and give it back."""
        self._kept[key] = one
        self._kept.move_to_end(key)
        while len(self._kept) > self.capacity:
            self._kept.popitem(last=False)
        return one
