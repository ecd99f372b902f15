"""The values of a white-box method for all players."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.trace import AttentionTrace


@dataclass(frozen=True)
class Relevance:
    """Values of all players, image first, in float64.

    Attributes:
        first: (n,) attributions.
        second: (n, n) interactions.
        units: unit of both.
    """

    first: Tensor
    second: Tensor
    units: str


def cosine(image: AttentionTrace, text: AttentionTrace) -> Tensor:
    """The cosine similarity of two embeddings, (), differentiable with respect to all recorded attentions."""
    return F.cosine_similarity(image.embedding, text.embedding)[0]


def attributions(by_modality: Iterable[Tensor], units: str) -> Relevance:
    """First-order values (n_image,) and (n_text,) as one result without interactions."""
    first = torch.cat(list(by_modality)).detach().cpu().double()  # (n,), on the CPU as MPS has no float64
    return Relevance(first, torch.zeros(len(first), len(first), dtype=torch.float64), units)
