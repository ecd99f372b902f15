"""One row of a results table: a method with its options."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixlip_widget.errors import InputError
from fixlip_widget.methods import METHODS
from fixlip_widget.request import Request

if TYPE_CHECKING:
    from fixlip_widget.request import Options

_PATTERN = re.compile(r"(?P<method>[\w-]+)(:(?P<p>\d*\.\d+))?(/(?P<order>\d))?")


@dataclass(frozen=True)
class Entry:
    """A method, and where they are given its p and its order."""

    method: str
    p: float | None = None
    order: int | None = None

    @classmethod
    def parse(cls, text: str) -> Entry:
        """METHOD, METHOD:P, METHOD/ORDER or METHOD:P/ORDER, as in fixlip:0.3/1; InputError where it means nothing."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise InputError(f"{text!r} is no method; write it as in fixlip, fixlip:0.3 or fixlip:0.3/1.")
        p, order = match["p"], match["order"]
        entry = cls(match["method"], float(p) if p else None, int(order) if order else None)
        if entry.method not in METHODS:
            raise InputError(f"There is no method {entry.method!r}; use {', '.join(METHODS)}.")
        Request(**entry.options())
        return entry

    def __str__(self) -> str:
        p = "" if self.p is None else f":{self.p:g}"
        return self.method + p + ("" if self.order is None else f"/{self.order}")

    def options(self, budget: int | None = None, seed: int | None = None) -> Options:
        """What `Explainer.explain` is given."""
        options: Options = {
            "method": self.method,
            "max_order": self.order,
            "budget": None if METHODS[self.method].inside else budget,
            "random_state": seed,
            "progress": False,
        }
        if self.p is not None:
            options["p"] = self.p
        return options
