"""Losses of the bundled encoder: contrastive, towards symbolic codes, and patch classification."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.training.batches import Batch

BACKDROP_WEIGHT = 0.1
"""Class weight of backdrop patches, which are easy and by far the most frequent."""


class PatchHead(nn.Module):
    """Linear classifiers of the colour and the thing of every patch; an auxiliary loss, not part of the model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.colour = nn.Linear(width, 1 + len(COLOURS))
        self.thing = nn.Linear(width, 1 + len(THINGS))

    def forward(self, tokens: Tensor, batch: Batch, kept: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Patch tokens (b, P, width) and masks (b, P) → cross-entropy, and accuracies on the patches of objects."""
        loss = torch.zeros((), device=tokens.device)
        accuracies = {}
        for name, layer, labels in (("colours", self.colour, batch.colours), ("things", self.thing, batch.things)):
            logits = layer(tokens)  # (b, P, classes)
            weights = torch.ones(logits.shape[-1], device=tokens.device)  # (classes,)
            weights[0] = BACKDROP_WEIGHT
            loss = loss + F.cross_entropy(logits[kept], labels[kept], weight=weights)
            objects = kept & (labels > 0)  # (b, P)
            accuracies[f"patch_{name}"] = (logits.argmax(-1) == labels)[objects].float().mean()
        return loss, accuracies


def softmax_loss(images: Tensor, captions: Tensor, false_negatives: Tensor, scale: Tensor) -> Tensor:
    """CLIP's symmetric cross-entropy, with the hard negatives of each image as additional columns of its row.

    Args:
        images: (b, d) unit embeddings.
        captions: (b, 1 + k, d) unit embeddings; [i, 0] belongs to image i, the others are false of it.
        false_negatives: (b, b) bool, where caption j is true of another image i; these pairs are left out.
        scale: of the logits.
    """
    pairs = scale * images @ captions[:, 0].T  # (b, b)
    pairs = pairs.masked_fill(false_negatives, float("-inf"))
    hard = scale * torch.einsum("bd,bkd->bk", images, captions[:, 1:])  # (b, k)
    target = torch.arange(len(images), device=images.device)  # (b,)
    return (F.cross_entropy(torch.cat([pairs, hard], dim=1), target) + F.cross_entropy(pairs.T, target)) / 2


def sigmoid_loss(images: Tensor, captions: Tensor, false_negatives: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """SigLIP's binary cross-entropy of each pair; arguments as for `softmax_loss`."""
    pairs = scale * images @ captions[:, 0].T + bias  # (b, b)
    hard = scale * torch.einsum("bd,bkd->bk", images, captions[:, 1:]) + bias  # (b, k)
    signs = 2 * torch.eye(len(images), device=images.device) - 1  # (b, b)
    log_likelihoods = F.logsigmoid(signs * pairs).masked_fill(false_negatives, 0.0)  # (b, b)
    return -(log_likelihoods.sum() + F.logsigmoid(-hard).sum()) / len(images)


def code_loss(embeddings: Tensor, codes: Tensor) -> Tensor:
    """One minus the mean cosine of unit embeddings (n, d) with codes (n, d).

    By contrastive losses alone, neither tower gets a gradient towards binding colours to things before the other one
    binds them; codes give each tower a target of its own.
    """
    return 1 - (embeddings * F.normalize(codes, dim=-1)).sum(dim=-1).mean()
