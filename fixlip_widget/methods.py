"""The explanation methods by name, with the indices they estimate and what they ask of the encoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """Specification of a method.

    Attributes:
        indices: name of the estimated index for each supported `max_order`; the first order is the default.
        joint: whether image and caption are masked together, so that each game value costs one forward pass of each
            tower. Otherwise the two are masked independently and every image mask is combined with every text mask,
            unless `estimator="joint"` is asked for.
        weighted: whether players are kept independently with a probability p. Otherwise the values are integrals over
            p, or there are no masks.
        white_box: whether the method reads attention and gradients of the encoder in place of masking its input.
    """

    indices: dict[int, str]
    joint: bool = False
    weighted: bool = False
    white_box: bool = False

    @property
    def default_order(self) -> int:
        """The order of an explanation when `max_order` is not given."""
        return next(iter(self.indices))


METHODS = {
    "fixlip": Method({2: "FWBII", 1: "WBV", 3: "FWBII"}, weighted=True),
    "fixlip-shapley": Method({2: "FSII", 1: "SV"}),
    "shapley": Method({1: "SV"}),
    "banzhaf": Method({1: "WBV", 2: "FWBII"}, joint=True, weighted=True),
    "grad-eclip": Method({1: "Grad-ECLIP"}, white_box=True),
    "game": Method({1: "GAME"}, white_box=True),
    "exclip": Method({2: "exCLIP"}, white_box=True),
    "rollout": Method({1: "rollout"}, white_box=True),
}


def depends_on_p(method: str) -> bool:
    """Whether the values of a method depend on p; true for names that are not ours, whose values may."""
    return method not in METHODS or METHODS[method].weighted
