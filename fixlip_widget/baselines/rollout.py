"""Attention rollout (Abnar and Zuidema 2020, "Quantifying Attention Flow in Transformers")."""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.baselines.relevance import Relevance, attributions
from fixlip_widget.baselines.trace import AttentionTrace, TowerInput, trace


def rollout(image: TowerInput, text: TowerInput) -> Relevance:
    """The product over blocks of A + I with rows normalised to sum 1, A the attention averaged over heads, (n,).

    Values of the image do not depend on the caption, nor those of the caption on the image.
    """
    return attributions([_rollout(trace(source)) for source in (image, text)], "share of attention")


def _rollout(tower: AttentionTrace) -> Tensor:
    """(players,)."""
    *before, last = (block.probabilities.detach().mean(dim=1)[0] for block in tower.records)  # (Q, L) each
    identity = torch.eye(last.shape[1], device=last.device)  # (L, L)
    product = identity
    for attention in before:
        product = _normalise_rows(attention + identity) @ product
    pooled = last if tower.pooled is None else _normalise_rows(last + identity)[tower.pooled]  # (R, L)
    return (pooled @ product).mean(dim=0)[tower.players]


def _normalise_rows(matrix: Tensor) -> Tensor:
    return matrix / matrix.sum(dim=-1, keepdim=True)
