"""Losses of the encoder: contrastive, towards symbolic codes, and patch classification."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fixlip_widget.demo.things import COLOURS, THINGS

BACKDROP_WEIGHT = 0.1
"""Class weight of backdrop patches, which are easy and by far the most frequent."""


class PatchHead(nn.Module):
    """Linear classifiers of the thing and the colour of every patch; an auxiliary loss, not part of the model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.thing = nn.Linear(width, 1 + len(THINGS))
        self.colour = nn.Linear(width, 2 + len(COLOURS))

    def forward(self, tokens: Tensor, things: Tensor, colours: Tensor, kept: Tensor) -> Tensor:
        """Patch tokens (b, P, width), labels and masks (b, P) → the sum of both cross-entropies over kept patches."""
        loss = torch.zeros((), device=tokens.device)
        for layer, labels in ((self.thing, things), (self.colour, colours)):
            logits = layer(tokens[kept]).float()  # (kept, classes)
            weights = torch.ones(logits.shape[-1], device=tokens.device)  # (classes,)
            weights[0] = BACKDROP_WEIGHT
            loss = loss + F.cross_entropy(logits, labels[kept], weight=weights)
        return loss


def softmax_loss(images: Tensor, captions: Tensor, may_be_true: Tensor, missing: Tensor, scale: Tensor) -> Tensor:
    """CLIP's symmetric cross-entropy, with the false captions of each image as additional columns of its row.

    Args:
        images: (b, d) unit embeddings.
        captions: (b, 1 + k, d) unit embeddings; [i, 0] belongs to image i, the others are false of it.
        may_be_true: (b, b) bool, where caption j may be true of another image i; these pairs are left out.
        missing: (b, k) bool, where there is no false caption.
        scale: of the logits.
    """
    target = torch.arange(len(images), device=images.device)  # (b,)
    left_out = may_be_true & (target[:, None] != target)
    pairs = (scale * images @ captions[:, 0].T).masked_fill(left_out, float("-inf"))  # (b, b)
    false = scale * torch.einsum("bd,bkd->bk", images, captions[:, 1:])  # (b, k)
    rows = torch.cat([pairs, false.masked_fill(missing, float("-inf"))], dim=1)  # (b, b + k)
    return (F.cross_entropy(rows, target) + F.cross_entropy(pairs.T, target)) / 2


def code_loss(embeddings: Tensor, codes: Tensor) -> Tensor:
    """One minus the mean cosine of unit embeddings (n, d) with codes (n, d).

    By contrastive losses alone, neither tower gets a gradient towards binding colours to things before the other one
    binds them; codes give each tower a target of its own.
    """
    return 1 - (embeddings * F.normalize(codes, dim=-1)).sum(dim=-1).mean()


def patch_code_loss(projected: Tensor, owners: Tensor, item_codes: Tensor, kept: Tensor) -> Tensor:
    """`code_loss` of each visible patch of a thing with the code of that thing.

    The embedding of an image is the mean of its projected tokens, so that these are the summands of its code.

    Args:
        projected: (b, P, d) tokens after the projection of the tower.
        owners: (b, P) int64, indices of items, −1 for the backdrop.
        item_codes: (b, K, d).
        kept: (b, P) bool, which patches are visible.
    """
    rows, patches = (kept & (owners >= 0)).nonzero().unbind(1)  # each (n,)
    codes = item_codes[rows, owners[rows, patches]]  # (n, d)
    return code_loss(F.normalize(projected[rows, patches], dim=-1), codes)
