"""`MethodSpec`: a method with its options, as one row of a results table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixlip_widget.errors import InputError
from fixlip_widget.methods import METHODS
from fixlip_widget.options import ExplainOptions

if TYPE_CHECKING:
    from fixlip_widget.options import ExplainKwargs

_PATTERN = re.compile(r"(?P<method>[\w-]+)(:(?P<p>\d*\.\d+))?(/(?P<order>\d))?(@(?P<masks>\d+))?")


@dataclass(frozen=True)
class MethodSpec:
    """A method, and its options where they differ from the defaults.

    Attributes:
        method: a key of METHODS.
        p: probability of keeping a token.
        order: `max_order`.
        masks: image masks, or joint masks.

    Example:
        >>> from fixlip_widget.evaluation.method_spec import MethodSpec
        >>> MethodSpec.parse("fixlip:0.3/1@2048")
        MethodSpec(method='fixlip', p=0.3, order=1, masks=2048)
    """

    method: str
    p: float | None = None
    order: int | None = None
    masks: int | None = None

    @classmethod
    def parse(cls, text: str) -> MethodSpec:
        """From METHOD[:P][/ORDER][@MASKS]; InputError for other text, and for options that the method does not have."""
        match = _PATTERN.fullmatch(text.strip())
        if match is None:
            raise InputError(f"{text!r} is no method; write it as in fixlip, fixlip:0.3/1 or fixlip@2048.")
        p, order, masks = match["p"], match["order"], match["masks"]
        spec = cls(
            match["method"], float(p) if p else None, int(order) if order else None, int(masks) if masks else None
        )
        if spec.method not in METHODS:
            raise InputError(f"There is no method {spec.method!r}; use {', '.join(METHODS)}.")
        ExplainOptions(**spec.options())
        return spec

    def __str__(self) -> str:
        given = {":": self.p, "/": self.order, "@": self.masks}
        return self.method + "".join(f"{mark}{value}" for mark, value in given.items() if value is not None)

    def options(self, budget: int | None = None, seed: int | None = None) -> ExplainKwargs:
        """The arguments for `Explainer.explain`; the specification's own masks take precedence over the `budget`."""
        method = METHODS[self.method]
        options: ExplainKwargs = {
            "method": self.method,
            "max_order": self.order,
            "budget": None if method.white_box else budget,
            "random_state": seed,
            "progress": False,
        }
        if self.masks is not None:
            by_image = not (method.joint or method.white_box)
            options |= {"budget": None, "n_image_masks": self.masks} if by_image else {"budget": self.masks}
        if self.p is not None:
            options["p"] = self.p
        return options
