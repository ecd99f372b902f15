"""The white-box methods by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.exclip import exclip
from fixlip_widget.baselines.gae import gae
from fixlip_widget.baselines.grad_eclip import grad_eclip
from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.rollout import rollout
from fixlip_widget.baselines.trace import TowerInput, open_tower
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.masking import GroupedInput

BASELINES: dict[str, Callable[[TowerInput, TowerInput, float], Relevance]] = {
    "grad-eclip": lambda image, text, scale: grad_eclip(image, text),
    "game": gae,
    "exclip": lambda image, text, scale: exclip(image, text),
    "rollout": lambda image, text, scale: rollout(image, text),
}


def attribute(method: str, image: MaskedInput, text: MaskedInput, scale: float) -> Relevance:
    """Attributions of the similarity scale · cos by a white-box method, in the precision of the weights.

    Args:
        method: a key of BASELINES.
        image: an image of one of the library's own encoders.
        text: a caption of the same encoder.
        scale: logits per unit of cosine similarity.

    Returns:
        Values for all players; a player of several tokens has the sum of their values.

    Raises:
        InputError: for other encoders, and for towers whose attention or tokens cannot be followed.
    """
    (image, image_groups), (text, text_groups) = _ungroup(image), _ungroup(text)
    with torch.inference_mode(False), torch.enable_grad():
        relevance = BASELINES[method](open_tower(image), open_tower(text), scale)
    n_image = int(image_groups.max()) + 1
    membership = F.one_hot(torch.cat([image_groups, text_groups + n_image])).double()  # (tokens, players)
    second = (membership.T @ relevance.second @ membership).fill_diagonal_(0.0)  # (n, n)
    return Relevance(relevance.first @ membership, second, relevance.units)


def _ungroup(source: MaskedInput) -> tuple[MaskedInput, Tensor]:
    """The input by single tokens, and the player that each of them belongs to, (tokens,)."""
    if isinstance(source, GroupedInput):
        return source.source, source.group_of
    return source, torch.arange(source.n_players)
