"""Generic Attention-model Explainability (Chefer, Gur and Wolf 2021): attention weighted by its gradient.

The method is called "game" in options, as in FIxLIP (arXiv 2508.05430).
"""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.baselines.relevance import Relevance, attributions, cosine
from fixlip_widget.baselines.trace import AttentionTrace, TowerInput, trace


def gae(image: TowerInput, text: TowerInput, scale: float) -> Relevance:
    """Relevance Ā = mean over heads of relu(∂y/∂A ⊙ A) in the last block, with y = scale · cos, (n,).

    The authors' rule is R ← R + Ā R over blocks from R = I; like their version for CLIP this uses the last block only,
    of both towers. Relevance is non-negative: R − I in the row of the pooled token, or its mean over several.
    """
    image_trace, text_trace = trace(image), trace(text)
    y = scale * cosine(image_trace, text_trace)
    return attributions([_relevance(tower, y) for tower in (image_trace, text_trace)], "relevance")


def _relevance(tower: AttentionTrace, y: Tensor) -> Tensor:
    """(players,)."""
    attention = tower.records[-1].probabilities
    (gradient,) = torch.autograd.grad(y, attention, retain_graph=True)  # (1, H, Q, L)
    weighted = (gradient * attention).clamp(min=0).mean(dim=1)[0]  # (Q, L)
    pooled = weighted if tower.pooled is None else weighted[tower.pooled]  # (R, L)
    return pooled.mean(dim=0)[tower.players]
