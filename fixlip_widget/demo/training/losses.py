"""What the bundled encoder is taught by."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.training.batches import Batch


class PatchHead(nn.Module):
    """Names the colour and the thing of every patch from its token; it teaches the image tower, then is discarded."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.colour = nn.Linear(width, 1 + len(COLOURS))
        self.thing = nn.Linear(width, 1 + len(THINGS))

    def forward(self, tokens: Tensor, batch: Batch, kept: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Tokens (b, P, width), kept (b, P) → cross-entropy, and the shares of objects' patches named right."""
        loss = torch.zeros((), device=tokens.device)
        shares = {}
        for name, layer, labels in (("colours", self.colour, batch.colours), ("things", self.thing, batch.things)):
            guesses = layer(tokens)  # (b, P, classes)
            weights = torch.ones(guesses.shape[-1], device=tokens.device)
            weights[0] = 0.1  # backdrops are easy and too many
            loss = loss + F.cross_entropy(guesses[kept], labels[kept], weight=weights)
            shown = kept & (labels > 0)  # (b, P)
            shares[f"patch_{name}"] = (guesses.argmax(-1) == labels)[shown].float().mean()
        return loss, shares


def softmax_loss(images: Tensor, captions: Tensor, also_true: Tensor, scale: Tensor) -> Tensor:
    """Softmax loss of b images against b captions, both ways, with hard negatives as columns of their image.

    images (b, d) and captions (b, 1 + k, d) are unit vectors; caption [i, 0] belongs to image i, the others are
    false of it. `also_true` (b, b) marks captions of other images that are true of an image too: no negatives.
    """
    pairs = scale * images @ captions[:, 0].T  # (b, b)
    pairs = pairs.masked_fill(also_true, float("-inf"))
    own = scale * torch.einsum("bd,bkd->bk", images, captions[:, 1:])  # (b, k)
    target = torch.arange(len(images), device=images.device)
    return (F.cross_entropy(torch.cat([pairs, own], dim=1), target) + F.cross_entropy(pairs.T, target)) / 2


def sigmoid_loss(images: Tensor, captions: Tensor, also_true: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    """SigLIP's loss on the same pairs as `softmax_loss`: each is true or false by itself."""
    pairs = scale * images @ captions[:, 0].T + bias  # (b, b)
    own = scale * torch.einsum("bd,bkd->bk", images, captions[:, 1:]) + bias  # (b, k)
    signs = 2 * torch.eye(len(images), device=images.device) - 1  # (b, b)
    kept = F.logsigmoid(signs * pairs).masked_fill(also_true, 0.0)
    return -(kept.sum() + F.logsigmoid(-own).sum()) / len(images)


def code_loss(embeddings: Tensor, codes: Tensor) -> Tensor:
    """One minus the mean cosine of unit vectors (n, d) and codes (n, d): what a tower is told by itself.

    A tower alone gets no gradient towards binding while the other does not bind either; the codes break this circle.
    """
    return 1 - (embeddings * F.normalize(codes, dim=-1)).sum(dim=-1).mean()
