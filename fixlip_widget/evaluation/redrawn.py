"""An encoder that has lost what it learnt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from fixlip_widget.baselines.sides import open_side
from fixlip_widget.encoders import DualEncoder, ImageLike
from fixlip_widget.encoders.merged import Merged


@contextmanager
def redrawn(encoder: DualEncoder, image: ImageLike, caption: str, seed: int) -> Iterator[None]:
    """A context in which the numbers within each of the towers' weights are shuffled, as in the sanity checks of
    Adebayo et al. (2018); afterwards they are what they were, to the bit.

    Explainers of the encoder have to `forget` on both ends. InputError for encoders other than the library's own.
    """
    sources = (encoder.image(image), encoder.text(caption))
    towers = [open_side(source.source if isinstance(source, Merged) else source).tower for source in sources]
    modules = [part for tower in towers for part in vars(tower).values() if isinstance(part, nn.Module)]
    weights = list({id(weight): weight for module in modules for weight in module.parameters()}.values())
    kept = [weight.detach().clone() for weight in weights]
    generator = torch.Generator().manual_seed(seed)
    try:
        with torch.no_grad():
            for weight in weights:
                order = torch.randperm(weight.numel(), generator=generator).to(weight.device)  # (numbers,)
                weight.copy_(weight.flatten()[order].view_as(weight))
        yield
    finally:
        with torch.no_grad():
            for weight, before in zip(weights, kept, strict=True):
                weight.copy_(before)
