"""The baselines by the names they have as methods."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.exclip import exclip
from fixlip_widget.baselines.gae import game
from fixlip_widget.baselines.grad_eclip import grad_eclip
from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.rollout import rollout
from fixlip_widget.baselines.trace import Side, open_side
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.masked_inputs import Merged

BASELINES: dict[str, Callable[[Side, Side, float], Relevance]] = {
    "grad-eclip": lambda image, text, scale: grad_eclip(image, text),
    "game": game,
    "exclip": lambda image, text, scale: exclip(image, text),
    "rollout": lambda image, text, scale: rollout(image, text),
}


def find(method: str, image: MaskedInput, text: MaskedInput, scale: float) -> Relevance:
    """What a baseline finds of the similarity scale · cos, computed in the precision of the weights.

    Players of several tokens have the sum of what these have. Raises InputError for encoders other than the
    library's own, and for towers whose attention or tokens cannot be followed.
    """
    (image, of_image), (text, of_text) = _parted(image), _parted(text)
    with torch.inference_mode(False), torch.enable_grad():
        found = BASELINES[method](open_side(image), open_side(text), scale)
    n_image = int(of_image.max()) + 1
    shares = F.one_hot(torch.cat([of_image, of_text + n_image])).double()  # (tokens, players)
    second = (shares.T @ found.second @ shares).fill_diagonal_(0.0)  # (n, n)
    return Relevance(found.first @ shares, second, found.units)


def _parted(source: MaskedInput) -> tuple[MaskedInput, Tensor]:
    """What players are made of, and which player each of these tokens belongs to, (tokens,)."""
    if isinstance(source, Merged):
        return source.source, source.group_of
    return source, torch.arange(source.n_players)
