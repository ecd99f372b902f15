"""An encoder that never answers the same mask twice, for when many methods ask about one pair."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from fixlip_widget.encoders import DualEncoder, ImageLike, MaskedInput


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
