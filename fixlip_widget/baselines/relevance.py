"""What a baseline finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.baselines.trace import Watched


@dataclass(frozen=True)
class Relevance:
    """Numbers for all players, the image's first: `first` (n,) and interactions `second` (n, n), float64."""

    first: Tensor
    second: Tensor
    units: str


def cosine(image: Watched, text: Watched) -> Tensor:
    """The cosine of two embeddings, (), from which gradients reach every attention."""
    return F.cosine_similarity(image.embedding, text.embedding)[0]


def first_order(sides: Iterable[Tensor], units: str) -> Relevance:
    """Attributions of the image and of the text, one after the other."""
    first = torch.cat(list(sides)).detach().double().cpu()  # (n,)
    return Relevance(first, torch.zeros(len(first), len(first), dtype=torch.float64), units)
