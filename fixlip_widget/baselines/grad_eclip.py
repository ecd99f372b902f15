"""Grad-ECLIP: values weighed by the gradient at the attention's output (Zhao et al. 2024, "Gradient-based Visual
Explanation for Transformer-based CLIP")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.relevance import Relevance, cosine, first_order
from fixlip_widget.baselines.trace import Attended, Side, Watched, merged, watch

TEXT_BLOCKS = 8


def grad_eclip(image: Side, text: Side, *, num_heads: int | None = None) -> Relevance:
    """eᵢ = relu(Σ_d g_d v_{i,d} λᵢ) with g = ∂cos/∂o at the row read, and λᵢ = cos(q, kᵢ) stretched to 0…1, (n,).

    o is the output of attention before its projection, q the query of the row read; both, the keys k and the values v
    have all heads side by side. The image's last block counts, and of the text's the last 8, summed before relu.
    Where several rows are read, their terms are summed. λ is 1 where all players are alike. The authors compute these
    blocks with one head, which is not the model itself: `num_heads=1` does so too.
    """
    seen, read = watch(image, num_heads), watch(text, num_heads, last=TEXT_BLOCKS)
    c = cosine(seen, read)
    return first_order([_relevance(seen, c, 1), _relevance(read, c, TEXT_BLOCKS)], "relevance")


def _relevance(side: Watched, c: Tensor, count: int) -> Tensor:
    """(players,) from the last few blocks."""
    blocks = side.attended[-count:]
    gradients = torch.autograd.grad(c, [block.output for block in blocks], retain_graph=True)  # (1, H, Q, w) each
    terms = [_term(side, block, gradient) for block, gradient in zip(blocks, gradients, strict=True)]
    return torch.stack(terms).sum(dim=0).relu()


def _term(side: Watched, block: Attended, gradient: Tensor) -> Tensor:
    """(players,) of one block."""
    rows = slice(None) if side.rows is None else side.rows
    keys, values = (merged(part)[0, side.players] for part in (block.key, block.value))  # (players, width)
    queries, slopes = (merged(part)[0, rows] for part in (block.query, gradient))  # (R, width)
    alike = F.normalize(queries, dim=-1) @ F.normalize(keys, dim=-1).T  # (R, players)
    low, high = alike.amin(dim=1, keepdim=True), alike.amax(dim=1, keepdim=True)  # (R, 1)
    stretched = torch.where(high > low, (alike - low) / (high - low), 1.0)  # (R, players)
    return (stretched * (slopes @ values.T)).sum(dim=0)
