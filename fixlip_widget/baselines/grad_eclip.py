"""Grad-ECLIP: attention values weighted by gradients of the similarity (Zhao et al. 2024, "Gradient-based Visual
Explanation for Transformer-based CLIP")."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.relevance import Relevance, attributions, cosine
from fixlip_widget.baselines.trace import AttentionRecord, AttentionTrace, TowerInput, merge_heads, trace

IMAGE_BLOCKS, TEXT_BLOCKS = 1, 8
"""Last blocks of each tower that are summed, as in the authors' code."""


def grad_eclip(image: TowerInput, text: TowerInput) -> Relevance:
    """eᵢ = relu(Σ_d g_d v_{i,d} λᵢ) with g = ∂cos/∂o at the pooled token, (n,).

    o is the output of attention before its projection, and λᵢ the cosine of the pooled token's query with the key kᵢ,
    scaled to 0…1 over the players (1 where all are equal); queries, keys and values v have all heads concatenated. The
    last block of the image tower counts, and the last 8 of the text tower, summed before relu; where several tokens
    are pooled their terms are summed. The authors recompute these blocks with a single head, which is another model;
    here they keep their heads.
    """
    image_trace, text_trace = trace(image), trace(text)
    c = cosine(image_trace, text_trace)
    return attributions([_relevance(image_trace, c, IMAGE_BLOCKS), _relevance(text_trace, c, TEXT_BLOCKS)], "relevance")


def _relevance(tower: AttentionTrace, c: Tensor, n_blocks: int) -> Tensor:
    """(players,) from the last blocks."""
    blocks = tower.records[-n_blocks:]
    gradients = torch.autograd.grad(c, [block.output for block in blocks], retain_graph=True)  # (1, H, Q, w) each
    terms = [_block_term(tower, block, gradient) for block, gradient in zip(blocks, gradients, strict=True)]
    return torch.stack(terms).sum(dim=0).relu()


def _block_term(tower: AttentionTrace, block: AttentionRecord, gradient: Tensor) -> Tensor:
    """(players,) of one block."""
    pooled = slice(None) if tower.pooled is None else tower.pooled
    keys, values = (merge_heads(part)[0, tower.players] for part in (block.key, block.value))  # (players, width)
    queries, gradients = (merge_heads(part)[0, pooled] for part in (block.query, gradient))  # (R, width)
    similarity = F.normalize(queries, dim=-1) @ F.normalize(keys, dim=-1).T  # (R, players)
    low, high = similarity.amin(dim=1, keepdim=True), similarity.amax(dim=1, keepdim=True)  # (R, 1)
    scaled = torch.where(high > low, (similarity - low) / (high - low), 1.0)  # (R, players)
    return (scaled * (gradients @ values.T)).sum(dim=0)
