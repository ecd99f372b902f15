"""The ways to explain a similarity, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """What a method's explanations are called at each order; the first order is the usual one.

    `joint` methods treat the model as a black box and mask image and caption together, one forward of both per value;
    the others use that a similarity is an inner product, and see every image mask with every text mask.
    `weighted` methods keep each token with a probability p; the others follow the Shapley kernel. Those that look
    `inside` mask nothing, but read the attention and the gradients of the encoder.
    """

    indices: dict[int, str]
    joint: bool
    weighted: bool
    inside: bool = False

    @property
    def usual_order(self) -> int:
        """The order of an explanation if none is asked for."""
        return next(iter(self.indices))


METHODS = {
    "fixlip": Method({2: "FWBII", 1: "WBV", 3: "FWBII"}, joint=False, weighted=True),
    "fixlip-shapley": Method({2: "FSII", 1: "SV"}, joint=True, weighted=False),
    "shapley": Method({1: "SV"}, joint=True, weighted=False),
    "banzhaf": Method({1: "WBV", 2: "FWBII"}, joint=True, weighted=True),
    "grad-eclip": Method({1: "Grad-ECLIP"}, joint=False, weighted=False, inside=True),
    "game": Method({1: "GAME"}, joint=False, weighted=False, inside=True),
    "exclip": Method({2: "exCLIP"}, joint=False, weighted=False, inside=True),
    "rollout": Method({1: "rollout"}, joint=False, weighted=False, inside=True),
}


def keeps_with_probability(method: str) -> bool:
    """Whether values depend on p; those of a method from elsewhere may."""
    return method not in METHODS or METHODS[method].weighted
