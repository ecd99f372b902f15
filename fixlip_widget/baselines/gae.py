"""GAME: attention weighed by its gradient (Chefer, Gur and Wolf 2021, "Generic Attention-model Explainability")."""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.baselines.relevance import Relevance, cosine, first_order
from fixlip_widget.baselines.trace import Side, Watched, watch


def game(image: Side, text: Side, scale: float, *, all_blocks: bool = False) -> Relevance:
    """R ← R + Ā R over blocks, from R = I, with Ā = mean over heads of relu(∂y/∂A ⊙ A) and y = scale · cos.

    As in the authors' CLIP version, the last block only unless `all_blocks`. Relevance is non-negative, (n,); it is
    R − I at the row that the embedding is read from, or the mean of several such rows.
    """
    seen, read = watch(image), watch(text)
    y = scale * cosine(seen, read)
    return first_order([_relevance(side, y, all_blocks) for side in (seen, read)], "relevance")


def _relevance(side: Watched, y: Tensor, all_blocks: bool) -> Tensor:
    """(players,)."""
    blocks = side.attended if all_blocks else side.attended[-1:]
    gradients = torch.autograd.grad(y, [block.probabilities for block in blocks], retain_graph=True)  # (1, H, Q, L)
    *before, last = (
        (gradient * block.probabilities).clamp(min=0).mean(dim=1)[0]  # (Q, L)
        for gradient, block in zip(gradients, blocks, strict=True)
    )
    total = last.new_zeros(last.shape[1], last.shape[1])  # (L, L), R − I
    for block in before:
        total = total + block + block @ total
    last = last + last @ total  # (Q, L)
    read = last if side.rows is None else (total + last)[side.rows]  # (R, L)
    return read.mean(dim=0)[side.players]
