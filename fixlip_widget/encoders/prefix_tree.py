"""Captions that begin alike, read only once as far as they do.

Through a causal mask a token hears from itself and from the visible tokens before it, so its state is the same in all
captions that agree so far. Masked captions thus form a tree of states, which a tower reads as one long sequence where
each state attends to its own branch. Of all 2ⁿ masks of n tokens this leaves 2ⁿ⁺¹ states to be worked out instead of
n · 2ⁿ; nothing is approximated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

# Captions to a tree: the more, the more they share, but attention grows with the square of the tree.
CAPTIONS = 128
# With a larger share of the captions' tokens than this, trees save less than their attention costs.
MOST_STATES = 0.4


@dataclass(frozen=True)
class Forest:
    """m captions of L tokens as c trees of at most T states.

    Of each state a caption and a place (c, T) where it is found, and the states it attends to (c, T, T) bool; of each
    token its state (m, L), counted through all trees.
    """

    caption: Tensor
    place: Tensor
    attends: Tensor
    path: Tensor

    @classmethod
    def of(cls, ids: Tensor, visible: Tensor, captions: int = CAPTIONS) -> Forest:
        """Trees of so many `captions` each, from token ids and which tokens others may attend to, both (m, L)."""
        (m, length), device = ids.shape, ids.device
        known = 1 + int(ids.max())
        beginning = torch.arange(m, device=device) // captions  # (m,) those alike so far have one number
        levels, count = [], 0
        for place in range(length):
            unlike, beginning = torch.unique(beginning * known + ids[:, place], return_inverse=True)
            levels.append(count + beginning)
            count += len(unlike)
            beginning = 2 * beginning + visible[:, place]
        state = torch.stack(levels, dim=1)  # (m, L)
        token = torch.zeros(count, dtype=torch.long, device=device)  # (states,) one of those in this state
        token[state.flatten()] = torch.arange(m * length, device=device)

        tree = token // length // captions  # (states,)
        sizes = torch.bincount(tree)  # (c,)
        trees, largest = len(sizes), int(sizes.max())
        order = torch.argsort(tree, stable=True)  # (states,)
        rank = torch.empty_like(order)  # (states,)
        rank[order] = torch.arange(count, device=device)
        slot = tree * largest + rank - (sizes.cumsum(0) - sizes)[tree]  # (states,)

        caption, place_of = (torch.zeros(trees * largest, dtype=torch.long, device=device) for _ in range(2))
        caption[slot], place_of[slot] = token // length, token % length
        path = slot[state]  # (m, L)
        places = torch.arange(length, device=device)  # (L,)
        now = place_of[slot, None]  # (states, 1)
        heard = (visible[token // length] & (places < now)) | (places == now)  # (states, L)
        attends = torch.eye(largest, dtype=torch.bool, device=device).repeat(trees, 1)  # (c · T, T)
        attends[slot] = attends[slot].scatter(1, path[token // length] % largest, heard)
        shape = trees, largest
        return cls(caption.view(shape), place_of.view(shape), attends.view(*shape, largest), path)


@runtime_checkable
class CausalTower(Protocol):
    """A text tower that hears nothing of later tokens."""

    def encode_forest(self, ids: Tensor, forest: Forest) -> Tensor:
        """Captions with token ids (m, L), as trees → embeddings (m, d), not normalised."""
