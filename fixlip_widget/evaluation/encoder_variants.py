"""Encoders as measurements need them: with cached embeddings, and with shuffled weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from fixlip_widget.baselines.trace import open_tower
from fixlip_widget.encoders import DualEncoder, MaskedInput
from fixlip_widget.encoders.masking import GroupedInput
from fixlip_widget.typing import ImageLike


class CachedEncoder:
    """A `DualEncoder` that keeps the embedding of every mask of an input as long as the input is in use."""

    def __init__(self, encoder: DualEncoder) -> None:
        self._encoder = encoder
        self.name, self.scale, self.bias = encoder.name, encoder.scale, encoder.bias
        self.device: torch.device | str = getattr(encoder, "device", "cpu")

    def image(self, image: ImageLike) -> CachedInput:
        """Prepare an image."""
        return CachedInput(self._encoder.image(image))

    def text(self, caption: str) -> CachedInput:
        """Prepare a caption."""
        return CachedInput(self._encoder.text(caption))


class CachedInput:
    """A `MaskedInput` that encodes each mask once."""

    def __init__(self, source: MaskedInput) -> None:
        self.tokens, self.grid, self.n_players = source.tokens, source.grid, source.n_players
        self._source = source
        self._embeddings: dict[bytes, Tensor] = {}  # bits of a mask → (d,)

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n) bool, True = kept → unit embeddings (m, d) float32."""
        keys = [row.tobytes() for row in np.packbits(masks.cpu().numpy(), axis=1)]
        new = {key: row for row, key in enumerate(keys) if key not in self._embeddings}
        if new:
            self._embeddings.update(zip(new, self._source.embed(masks[list(new.values())]), strict=True))
        return torch.stack([self._embeddings[key] for key in keys])


@contextmanager
def shuffled_weights(encoder: DualEncoder, image: ImageLike, caption: str, seed: int) -> Iterator[None]:
    """A context in which the entries of each weight of both towers are shuffled, as in the sanity checks of Adebayo et
    al. (2018, "Sanity Checks for Saliency Maps"); they are restored exactly afterwards.

    Explainers of the encoder must `forget` before and after. InputError for encoders other than the library's own.
    """
    sources = (encoder.image(image), encoder.text(caption))
    towers = [open_tower(source.source if isinstance(source, GroupedInput) else source).tower for source in sources]
    modules = [part for tower in towers for part in vars(tower).values() if isinstance(part, nn.Module)]
    weights = list({id(weight): weight for module in modules for weight in module.parameters()}.values())
    originals = [weight.detach().clone() for weight in weights]
    generator = torch.Generator().manual_seed(seed)
    try:
        with torch.no_grad():
            for weight in weights:
                order = torch.randperm(weight.numel(), generator=generator).to(weight.device)  # (entries,)
                weight.copy_(weight.flatten()[order].view_as(weight))
        yield
    finally:
        with torch.no_grad():
            for weight, original in zip(weights, originals, strict=True):
                weight.copy_(original)
