"""The ways to explain a similarity by masking, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """What a method's explanations are called at each order; the first order is the usual one.

    `joint` methods treat the model as a black box and mask image and caption together, one forward of both per value;
    the others use that a similarity is an inner product, and see every image mask with every text mask.
    `weighted` methods keep each token with a probability p; the others follow the Shapley kernel.
    """

    indices: dict[int, str]
    joint: bool
    weighted: bool

    @property
    def usual_order(self) -> int:
        """The order of an explanation if none is asked for."""
        return next(iter(self.indices))


METHODS = {
    "fixlip": Method({2: "FWBII", 1: "WBV", 3: "FWBII"}, joint=False, weighted=True),
    "fixlip-shapley": Method({2: "FSII", 1: "SV"}, joint=True, weighted=False),
    "shapley": Method({1: "SV"}, joint=True, weighted=False),
    "banzhaf": Method({1: "WBV", 2: "FWBII"}, joint=True, weighted=True),
}
