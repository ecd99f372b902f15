"""What is asked of an explainer, checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.budget import plan_masks
from fixlip_widget.interactions.fit import evidence_degree
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.progress import Progress

METHODS = ("fixlip",)
NO_LIMIT = 2**60


class Options(TypedDict, total=False):
    """The keyword arguments of `Explainer.explain`."""

    method: str
    p: float | tuple[float, float]
    max_order: int
    budget: int | None
    n_image_masks: int | None
    n_text_masks: int | None
    seconds: float | None
    target_stderr: float | None
    random_state: int | None
    progress: Progress
    cancel: Callable[[], bool] | None


@dataclass(frozen=True)
class Request:
    """The options of one explanation, with p for either modality."""

    method: str
    p_image: float
    p_text: float
    max_order: int
    budget: int | None
    n_image_masks: int | None
    n_text_masks: int | None
    seconds: float | None
    target_stderr: float | None
    seed: int
    progress: Progress
    cancel: Callable[[], bool]

    @classmethod
    def of(
        cls,
        default_seed: int,
        *,
        method: str = "fixlip",
        p: float | tuple[float, float] = 0.5,
        max_order: int = 2,
        budget: int | None = None,
        n_image_masks: int | None = None,
        n_text_masks: int | None = None,
        seconds: float | None = None,
        target_stderr: float | None = None,
        random_state: int | None = None,
        progress: Progress = True,
        cancel: Callable[[], bool] | None = None,
    ) -> Request:
        """The options of `Explainer.explain`; InputError where any is out of range."""
        if method not in METHODS:
            raise InputError(f"There is no method {method!r}; use {' or '.join(map(repr, METHODS))}.")
        if max_order not in (1, 2, 3):
            raise InputError(f"max_order={max_order!r} cannot be fitted; use 1, 2 or 3.")
        limits: dict[str, Any] = {"seconds": seconds, "target_stderr": target_stderr}
        for name, limit in limits.items():
            if limit is not None and not (isinstance(limit, int | float | np.number) and limit > 0):
                raise InputError(f"{name}={limit!r} is not a positive number; leave it out for no such limit.")
        p_image, p_text = _probabilities(p)
        seed = default_seed if random_state is None else int(random_state)
        counts = budget, n_image_masks, n_text_masks
        never = (lambda: False) if cancel is None else cancel
        return cls(method, p_image, p_text, max_order, *counts, seconds, target_stderr, seed, progress, never)

    @property
    def p(self) -> float | tuple[float, float]:
        """As an explanation gives it: once where both are the same."""
        return self.p_image if self.p_image == self.p_text else (self.p_image, self.p_text)

    @property
    def degree(self) -> int:
        """What the order needs of either modality."""
        return evidence_degree(self.max_order)

    def plan(self, n_image: int, n_text: int) -> tuple[int, int]:
        """Numbers of image and text masks, at most; where time or precision says when to stop, as many as help."""
        open_ended = self.seconds is not None or self.target_stderr is not None
        no_number = self.budget is None and self.n_image_masks is None
        return plan_masks(
            n_image,
            n_text,
            self.degree,
            budget=NO_LIMIT if open_ended and no_number else self.budget,
            n_image_masks=self.n_image_masks,
            n_text_masks=self.n_text_masks,
        )

    def satisfied_by(self, errors: StandardErrors) -> bool:
        """Whether these are as small as was asked for."""
        if self.target_stderr is None:
            return False
        if self.max_order == 1:
            return float(errors.first.mean()) <= self.target_stderr
        n = len(errors.first)
        return float(errors.second.sum()) / (n * (n - 1)) <= self.target_stderr


def _probabilities(p: Any) -> tuple[float, float]:
    """The probabilities of keeping a patch and a word."""
    both = list(p) if isinstance(p, Sequence | np.ndarray) and not isinstance(p, str) else [p, p]
    for value in both:
        if not isinstance(value, float | int | np.number) or not 0.0 < value < 1.0:
            raise InputError(f"p={value!r} is not a probability between 0 and 1, both excluded; 0.5 is usual.")
    if len(both) != 2:
        raise InputError(f"p={both} has {len(both)} values; give one, or one for the image and one for the caption.")
    return float(both[0]), float(both[1])
