"""One row of a results table: a method with its options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixlip_widget.errors import InputError
from fixlip_widget.methods import METHODS
from fixlip_widget.options import Request

if TYPE_CHECKING:
    from fixlip_widget.options import Options


_PATTERN = re.compile(r"(?P<method>[\w-]+)(:(?P<p>\d*\.\d+))?(/(?P<order>\d))?(@(?P<masks>\d+))?")


@dataclass(frozen=True)
class Entry:
    """A method, and where they are given its p, its order, and how many masked images it sees."""

    method: str
    p: float | None = None
    order: int | None = None
    masks: int | None = None

    @classmethod
    def parse(cls, text: str) -> Entry:
        """METHOD[:P][/ORDER][@MASKS], as in fixlip:0.3/1@2048; InputError where it means nothing."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise InputError(f"{text!r} is no method; write it as in fixlip, fixlip:0.3/1 or fixlip@2048.")
        p, order, masks = match["p"], match["order"], match["masks"]
        entry = cls(
            match["method"], float(p) if p else None, int(order) if order else None, int(masks) if masks else None
        )
        if entry.method not in METHODS:
            raise InputError(f"There is no method {entry.method!r}; use {', '.join(METHODS)}.")
        Request(**entry.options())
        return entry

    def __str__(self) -> str:
        given = {":": self.p, "/": self.order, "@": self.masks}
        return self.method + "".join(f"{mark}{value}" for mark, value in given.items() if value is not None)

    def options(self, budget: int | None = None, seed: int | None = None) -> Options:
        """What `Explainer.explain` is given; the entry's own masks come before the `budget`."""
        how = METHODS[self.method]
        options: Options = {
            "method": self.method,
            "max_order": self.order,
            "budget": None if how.inside else budget,
            "random_state": seed,
            "progress": False,
        }
        if self.masks is not None:
            grid = not (how.joint or how.inside)
            options |= {"budget": None, "n_image_masks": self.masks} if grid else {"budget": self.masks}
        if self.p is not None:
            options["p"] = self.p
        return options
