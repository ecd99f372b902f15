"""The factor of a Gram matrix, where its features can be told apart."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST_PIVOT = 1e-5


def factor(gram: Tensor) -> Tensor | None:
    """L (F, F) with LLᵀ = gram (F, F), or None where a feature is as good as a sum of others.

    It is where a pivot falls below SMALLEST_PIVOT of its feature's norm.
    """
    L, failed = torch.linalg.cholesky_ex(gram)
    pivots = L.diagonal() / gram.diagonal().sqrt()  # (F,)
    return None if int(failed) or not bool((pivots > SMALLEST_PIVOT).all()) else L
