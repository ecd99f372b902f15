"""Shared prefixes of masked captions, computed once.

Under a causal mask a token attends to itself and to the visible tokens before it, so its hidden state is the same in
all captions that agree up to it. Masked captions thus form a tree of states, which a tower can encode as one sequence
where each state attends to its own ancestors. All 2ⁿ masks of n tokens have 2ⁿ⁺¹ states in place of n · 2ⁿ; the result
is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

CAPTIONS_PER_TREE = 128
"""Larger trees share more states, but attention grows with the square of their size."""
MAX_STATE_SHARE = 0.4
"""With more states than this share of all tokens, the attention of the trees costs more than it saves."""


@dataclass(frozen=True)
class PrefixTrees:
    """m captions of L tokens as c trees of at most T states.

    Attributes:
        caption: (c, T) index of a caption that contains each state.
        position: (c, T) position of each state in that caption.
        attends: (c, T, T) bool, whether a state attends to another.
        path: (m, L) index into the c · T states of each token of each caption.
    """

    caption: Tensor
    position: Tensor
    attends: Tensor
    path: Tensor

    @classmethod
    def of(cls, ids: Tensor, visible: Tensor, captions_per_tree: int = CAPTIONS_PER_TREE) -> PrefixTrees:
        """From token ids (m, L) and which tokens later ones may attend to (m, L) bool."""
        (m, length), device = ids.shape, ids.device
        vocabulary = 1 + int(ids.max())
        prefix = torch.arange(m, device=device) // captions_per_tree  # (m,) equal where captions agree so far
        levels, count = [], 0
        for position in range(length):
            distinct, prefix = torch.unique(prefix * vocabulary + ids[:, position], return_inverse=True)
            levels.append(count + prefix)
            count += len(distinct)
            prefix = 2 * prefix + visible[:, position]
        state = torch.stack(levels, dim=1)  # (m, L)
        token = torch.zeros(count, dtype=torch.long, device=device)  # (states,) one of the tokens in each state
        token[state.flatten()] = torch.arange(m * length, device=device)

        tree = token // length // captions_per_tree  # (states,)
        sizes = torch.bincount(tree)  # (c,)
        n_trees, largest = len(sizes), int(sizes.max())
        order = torch.argsort(tree, stable=True)  # (states,)
        rank = torch.empty_like(order)  # (states,)
        rank[order] = torch.arange(count, device=device)
        slot = tree * largest + rank - (sizes.cumsum(0) - sizes)[tree]  # (states,) in the padded c · T states

        caption, position_of = (torch.zeros(n_trees * largest, dtype=torch.long, device=device) for _ in range(2))
        caption[slot], position_of[slot] = token // length, token % length
        path = slot[state]  # (m, L)
        positions = torch.arange(length, device=device)  # (L,)
        own = position_of[slot, None]  # (states, 1)
        attended = (visible[token // length] & (positions < own)) | (positions == own)  # (states, L)
        attends = torch.eye(largest, dtype=torch.bool, device=device).repeat(n_trees, 1)  # (c · T, T)
        attends[slot] = attends[slot].scatter(1, path[token // length] % largest, attended)
        shape = n_trees, largest
        return cls(caption.view(shape), position_of.view(shape), attends.view(*shape, largest), path)


@runtime_checkable
class CausalTextTower(Protocol):
    """A text tower with a causal mask, which can encode prefix trees."""

    def encode_trees(self, ids: Tensor, trees: PrefixTrees) -> Tensor:
        """Captions with token ids (m, L), as trees → embeddings (m, d), not normalised."""
