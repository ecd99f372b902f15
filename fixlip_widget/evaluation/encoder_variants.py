"""An encoder that never answers the same mask twice, for when many methods ask about one pair."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from fixlip_widget.baselines.trace import open_side
from fixlip_widget.encoders import DualEncoder, ImageLike, MaskedInput
from fixlip_widget.encoders.masked_inputs import Merged


class Remembering:
    """A `DualEncoder` that says what another one says, and remembers it as long as the input is in use."""

    def __init__(self, encoder: DualEncoder) -> None:
        self._encoder = encoder
        self.name, self.scale, self.bias = encoder.name, encoder.scale, encoder.bias
        self.device: torch.device | str = getattr(encoder, "device", "cpu")

    def image(self, image: ImageLike) -> RememberedInput:
        """The image of the other encoder."""
        return RememberedInput(self._encoder.image(image))

    def text(self, caption: str) -> RememberedInput:
        """The caption of the other encoder."""
        return RememberedInput(self._encoder.text(caption))


class RememberedInput:
    """A `MaskedInput` that encodes each mask once."""

    def __init__(self, source: MaskedInput) -> None:
        self.tokens, self.grid, self.n_players = source.tokens, source.grid, source.n_players
        self._source = source
        self._known: dict[bytes, Tensor] = {}  # a mask's bits → (d,)

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n) bool, True = kept → unit embeddings (m, d) float32."""
        keys = [row.tobytes() for row in np.packbits(masks.cpu().numpy(), axis=1)]
        new = {key: row for row, key in enumerate(keys) if key not in self._known}
        if new:
            self._known.update(zip(new, self._source.embed(masks[list(new.values())]), strict=True))
        return torch.stack([self._known[key] for key in keys])


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
