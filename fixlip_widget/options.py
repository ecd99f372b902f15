"""What is asked of an explainer, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, TypedDict

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.methods import METHODS, Method
from fixlip_widget.progress import Progress

MASKING = ("budget", "n_image_masks", "n_text_masks", "seconds", "target_stderr")
NO_LIMIT = 2**60  # masks: more than any plan makes of it


class Options(TypedDict, total=False):
    """The keyword arguments of `Explainer.explain`."""

    method: str
    p: float | tuple[float, float]
    max_order: int | None
    budget: int | None
    n_image_masks: int | None
    n_text_masks: int | None
    seconds: float | None
    target_stderr: float | None
    random_state: int | None
    progress: Progress
    cancel: Callable[[], bool] | None


@dataclass(frozen=True, kw_only=True)
class Request:
    """The options of one explanation; InputError where any is out of range, or means nothing to the method."""

    method: str = "fixlip"
    p: float | tuple[float, float] = 0.5
    max_order: int | None = None
    budget: int | None = None
    n_image_masks: int | None = None
    n_text_masks: int | None = None
    seconds: float | None = None
    target_stderr: float | None = None
    random_state: int | None = None
    progress: Progress = True
    cancel: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"There is no method {self.method!r}; use {_any_of(METHODS)}.")
        whole = isinstance(self.max_order, Integral) and not isinstance(self.max_order, bool)
        if self.max_order is not None and not (whole and self.max_order in self.how.indices):
            orders = _any_of(sorted(self.how.indices))
            raise InputError(f"max_order={self.max_order!r} cannot be fitted by {self.method!r}; use {orders}.")
        object.__setattr__(self, "max_order", None if self.max_order is None else int(self.max_order))
        limits: dict[str, Any] = {"seconds": self.seconds, "target_stderr": self.target_stderr}
        for name, limit in limits.items():
            if limit is not None and not (isinstance(limit, int | float | np.number) and limit > 0):
                raise InputError(f"{name}={limit!r} is not a positive number; leave it out for no such limit.")
        seed = self.random_state
        if seed is not None and not (isinstance(seed, Integral) and 0 <= seed < 2**63):
            raise InputError(f"random_state={seed!r} is not a whole number from 0 to 2^63 − 1; use one such as 0.")
        p_image, p_text = _probabilities(self.p)
        object.__setattr__(self, "p", p_image if p_image == p_text else (p_image, p_text))
        if self.how.inside:
            self._refuse_masks()
        if not self.how.weighted and self.p != 0.5:
            raise InputError(f"p={self.p} means nothing to {self.method!r}, whose masks have all sizes; leave it out.")
        for name in ("n_image_masks", "n_text_masks"):
            if self.how.joint and getattr(self, name) is not None:
                raise InputError(
                    f"{name}={getattr(self, name)!r} means nothing to {self.method!r}, "
                    "which masks image and caption together; use budget."
                )

    def _refuse_masks(self) -> None:
        masking = {name: getattr(self, name) for name in MASKING}
        given = {name: value for name, value in masking.items() if value is not None}
        given |= {"p": self.p} if self.p != 0.5 else {}
        for name, value in given.items():
            raise InputError(f"{name}={value!r} means nothing to {self.method!r}, which masks nothing; leave it out.")

    @property
    def how(self) -> Method:
        """The method asked for."""
        return METHODS[self.method]

    @property
    def order(self) -> int:
        """The order asked for, or the method's usual one."""
        return self.how.usual_order if self.max_order is None else self.max_order

    @property
    def index(self) -> str:
        """What the values are called."""
        return self.how.indices[self.order]

    @property
    def p_each(self) -> tuple[float, float]:
        """The probabilities of keeping a patch and a word."""
        return self.p if isinstance(self.p, tuple) else (self.p, self.p)

    @property
    def open_ended(self) -> bool:
        """Whether time or precision says when to stop, and no number of masks does."""
        limited = self.seconds is not None or self.target_stderr is not None
        return limited and self.budget is None and self.n_image_masks is None

    def cancelled(self) -> bool:
        """Whether the caller wants no more."""
        return self.cancel is not None and self.cancel()

    def satisfied_by(self, errors: StandardErrors) -> bool:
        """Whether these are as small as was asked for."""
        if self.target_stderr is None:
            return False
        if self.order == 1:
            return float(errors.first.mean()) <= self.target_stderr
        n = len(errors.first)
        return float(errors.second.sum()) / (n * (n - 1)) <= self.target_stderr


def _any_of(choices: Any) -> str:
    return " or ".join(map(repr, choices))


def _probabilities(p: Any) -> tuple[float, float]:
    """The probabilities of keeping a patch and a word."""
    several = isinstance(p, Sequence | np.ndarray) and not isinstance(p, str) and np.ndim(p) > 0
    both = list(p) if several else [p.item() if isinstance(p, np.ndarray) else p] * 2
    for value in both:
        if not isinstance(value, float | int | np.number) or not 0.0 < value < 1.0:
            raise InputError(f"p={value!r} is not a probability between 0 and 1, both excluded; 0.5 is usual.")
    if len(both) != 2:
        raise InputError(f"p={both} has {len(both)} values; give one, or one for the image and one for the caption.")
    return float(both[0]), float(both[1])
