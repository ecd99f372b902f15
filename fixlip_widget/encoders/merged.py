"""Several tokens as one player: words, and blocks of patches."""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor

from fixlip_widget.encoders.protocol import MaskedImage, MaskedInput
from fixlip_widget.errors import InputError
from fixlip_widget.naming import patch_names


class Merged:
    """A masked input whose tokens are kept or hidden in groups."""

    def __init__(
        self, source: MaskedInput, group_of: list[int], tokens: list[str], grid: tuple[int, int] | None = None
    ) -> None:
        self.source = source
        self.tokens = tokens
        self.n_players = len(tokens)
        self.n_tokens: int = getattr(source, "n_tokens", len(group_of))
        self.grid = grid
        self.group_of = torch.tensor(group_of)  # (n,) the group of each of the source's tokens

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, groups) bool, True = kept → unit embeddings (m, d) float32."""
        return self.source.embed(masks[:, self.group_of.to(masks.device)])


class MergedImage(Merged):
    """A masked image whose patches are kept or hidden in blocks."""

    def __init__(self, source: MaskedImage, group_of: list[int], grid: tuple[int, int]) -> None:
        super().__init__(source, group_of, patch_names(grid), grid)
        self.picture: Image.Image = source.picture


def merge_patches(source: MaskedImage, grid: tuple[int, int]) -> MergedImage:
    """Blocks of equal size in place of patches; InputError where the grid does not divide that of the patches."""
    rows, columns = source.grid or (1, source.n_players)
    down, across = grid
    if rows % down or columns % across:
        divisors = [f"({rows // k}, {columns // k})" for k in range(2, rows + 1) if not (rows % k or columns % k)]
        advice = f"use for example {divisors[0]}" if divisors else "leave image_grid out"
        raise InputError(f"image_grid={tuple(grid)} does not divide the {rows}×{columns} patches; {advice}.")
    blocks = [
        row * down // rows * across + column * across // columns for row in range(rows) for column in range(columns)
    ]
    return MergedImage(source, blocks, (down, across))


def merge_words(source: MaskedInput, words: list[tuple[str, int]]) -> Merged:
    """Words (their text, and of how many tokens in a row they are made) in place of tokens."""
    word_of = [word for word, (_, count) in enumerate(words) for _ in range(count)]
    return Merged(source, word_of, [text for text, _ in words])
