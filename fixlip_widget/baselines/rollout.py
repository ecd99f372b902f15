"""Attention rollout (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers")."""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.baselines.relevance import Relevance, first_order
from fixlip_widget.baselines.trace import Side, Watched, watch


def rollout(image: Side, text: Side) -> Relevance:
    """The product over blocks of mean-head attention plus identity, rows made to sum to 1, (n,).

    The caption does not change what it says of the image, nor the image what it says of the caption.
    """
    return first_order([_flow(watch(side)) for side in (image, text)], "share of attention")


def _flow(side: Watched) -> Tensor:
    """(players,)."""
    *before, last = (block.probabilities.detach().mean(dim=1)[0] for block in side.attended)  # (Q, L) each
    identity = torch.eye(last.shape[1], device=last.device)  # (L, L)
    flow = identity
    for attention in before:
        flow = _normalised(attention + identity) @ flow
    read = last if side.rows is None else _normalised(last + identity)[side.rows]  # (R, L)
    return (read @ flow).mean(dim=0)[side.players]


def _normalised(matrix: Tensor) -> Tensor:
    return matrix / matrix.sum(dim=-1, keepdim=True)
