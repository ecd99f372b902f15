"""The options of `Explainer.explain`, validated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, TypedDict

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.methods import METHODS, Method
from fixlip_widget.typing import Progress

ESTIMATORS = ("grid", "joint")
MASKS = ("designed", "iid")
MASK_OPTIONS = ("budget", "n_image_masks", "n_text_masks", "seconds", "target_stderr")
MIN_P = 1e-9
"""Least probability of keeping, or of hiding, a token."""


class ExplainKwargs(TypedDict, total=False):
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
    estimator: str
    masks: str
    progress: Progress
    cancel: Callable[[], bool] | None


@dataclass(frozen=True, kw_only=True)
class ExplainOptions:
    """The options of one explanation, as documented at `Explainer.explain`.

    Raises:
        InputError: for a value out of range, or an option that the method does not have.
    """

    method: str = "fixlip"
    p: float | tuple[float, float] = 0.5
    max_order: int | None = None
    budget: int | None = None
    n_image_masks: int | None = None
    n_text_masks: int | None = None
    seconds: float | None = None
    target_stderr: float | None = None
    random_state: int | None = None
    estimator: str = "grid"
    masks: str = "designed"
    progress: Progress = True
    cancel: Callable[[], bool] | None = None

    def __post_init__(self) -> None:
        method: Any = self.method
        estimator: Any = self.estimator
        if not isinstance(method, str) or method not in METHODS:
            raise InputError(f"There is no method {self.method!r}; use {_alternatives(METHODS)}.")
        is_integer = isinstance(self.max_order, Integral) and not isinstance(self.max_order, bool)
        if self.max_order is not None and not (is_integer and self.max_order in self.spec.indices):
            orders = _alternatives(sorted(self.spec.indices))
            raise InputError(f"max_order={self.max_order!r} cannot be fitted by {self.method!r}; use {orders}.")
        object.__setattr__(self, "max_order", None if self.max_order is None else int(self.max_order))
        if not isinstance(estimator, str) or estimator not in ESTIMATORS:
            raise InputError(f"estimator={self.estimator!r} is unknown; use {_alternatives(ESTIMATORS)}.")
        if self.masks not in MASKS:
            raise InputError(f"masks={self.masks!r} is unknown; use {_alternatives(MASKS)}.")
        if self.is_joint and self.order > 2:
            raise InputError(f"max_order={self.order} needs the product grid; leave out estimator='joint'.")
        limits: dict[str, Any] = {"seconds": self.seconds, "target_stderr": self.target_stderr}
        for name, limit in limits.items():
            is_number = isinstance(limit, Real)  # a whole number may be too large for a float
            if limit is not None and not (is_number and limit > 0):
                raise InputError(f"{name}={limit!r} is not a positive number; leave it out for no such limit.")
        if self.random_state is not None:
            as_seed(self.random_state)
        if not isinstance(self.progress, bool | np.bool_) and not callable(self.progress):
            raise InputError(f"progress={self.progress!r} is neither a truth value nor a callback; use True or False.")
        check_cancel(self.cancel)
        p_image, p_text = _keep_probabilities(self.p)
        object.__setattr__(self, "p", p_image if p_image == p_text else (p_image, p_text))
        if self.spec.white_box:
            self._refuse_mask_options()
        if not self.spec.weighted and self.p != 0.5:
            raise InputError(f"p={self.p} means nothing to {self.method!r}, whose masks have all sizes; leave it out.")
        for name in ("n_image_masks", "n_text_masks"):
            if self.is_joint and getattr(self, name) is not None:
                raise InputError(
                    f"{name}={getattr(self, name)!r} means nothing to {self.method!r}, "
                    "which masks image and caption together; use budget."
                )

    def _refuse_mask_options(self) -> None:
        values = {name: getattr(self, name) for name in MASK_OPTIONS}
        given = {name: value for name, value in values.items() if value is not None}
        given |= {"p": self.p} if self.p != 0.5 else {}
        for name, value in given.items():
            raise InputError(f"{name}={value!r} means nothing to {self.method!r}, which masks nothing; leave it out.")

    @property
    def spec(self) -> Method:
        """The specification of the method."""
        return METHODS[self.method]

    @property
    def is_joint(self) -> bool:
        """Whether image and caption are masked together."""
        return self.spec.joint or self.estimator == "joint"

    @property
    def order(self) -> int:
        """`max_order`, or the method's default."""
        return self.spec.default_order if self.max_order is None else self.max_order

    @property
    def index(self) -> str:
        """Name of the estimated index, such as "FWBII"."""
        return self.spec.indices[self.order]

    @property
    def p_by_modality(self) -> tuple[float, float]:
        """The probabilities of keeping an image patch and a caption token."""
        return self.p if isinstance(self.p, tuple) else (self.p, self.p)

    @property
    def is_open_ended(self) -> bool:
        """Whether time or precision ends the sampling, and no number of masks is given."""
        has_limit = self.seconds is not None or self.target_stderr is not None
        return has_limit and self.budget is None and self.n_image_masks is None


def as_seed(value: object) -> int:
    """The seed of random masks; InputError where it is none."""
    if not isinstance(value, Integral) or not 0 <= int(value) < 2**63:
        raise InputError(f"random_state={value!r} is not a whole number from 0 to 2^63 − 1; use one such as 0.")
    return int(value)


def check_cancel(cancel: object) -> None:
    """Raise InputError for a `cancel` that cannot be polled."""
    if cancel is not None and not callable(cancel):
        raise InputError(
            f"cancel={cancel!r} is no callback; give a function that returns True to stop, or leave it out."
        )


def _alternatives(choices: Iterable[object]) -> str:
    return " or ".join(map(repr, choices))


def _keep_probabilities(p: Any) -> tuple[float, float]:
    """p for the image and for the caption, from one number or two."""
    is_sequence = isinstance(p, Sequence | np.ndarray) and not isinstance(p, str) and np.ndim(p) > 0
    values = list(p) if is_sequence else [p.item() if isinstance(p, np.ndarray) else p] * 2
    for value in values:
        is_number = isinstance(value, Real)
        if not is_number or not 0.0 < value < 1.0:
            raise InputError(f"p={value!r} is not a probability between 0 and 1, both excluded; 0.5 is usual.")
        if not MIN_P <= value <= 1.0 - MIN_P:
            raise InputError(
                f"p={value!r} is nearer to 0 or 1 than {MIN_P:g}, so that all masks would be alike; use 0.5."
            )
    if len(values) != 2:
        raise InputError(
            f"p={values} has {len(values)} values; give one, or one for the image and one for the caption."
        )
    return float(values[0]), float(values[1])
