"""Images and captions in front of a tower, ready to be encoded with any tokens hidden."""

from __future__ import annotations

from typing import Protocol

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.encoders.attention import OneProjection
from fixlip_widget.encoders.device import multiplying_in
from fixlip_widget.encoders.masking import ImageMasker, TextMasker, fill
from fixlip_widget.encoders.prefix_tree import MOST_STATES, CausalTower, Forest
from fixlip_widget.encoders.protocol import MaskedImage, MaskedInput
from fixlip_widget.encoders.tokenizers import Reading
from fixlip_widget.errors import InputError
from fixlip_widget.player_names import patch_names


class Unmaskable(Exception):  # noqa: N818  # a reason to hand on, no error by itself
    """A tower that cannot be masked faithfully; the message says why, and follows the tower's name in a sentence."""


class ImageTower(Protocol):
    """An image tower, opened where the patches enter."""

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""

    @property
    def can_drop(self) -> bool:
        """Whether it still has something to pool when there are no patches."""

    def embed_patches(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, H, W) → patches (b, P, width), row-major, each a function of its own pixels alone."""

    def encode(self, patches: Tensor, kept: Tensor | None = None) -> Tensor:
        """Patches (b, P, width) → embeddings (b, d), not normalised.

        With `kept` (b, k), indices of patches, the tokens of all others are taken away after they have got their
        positions; asked for only where `can_drop`.
        """


class TextTower(Protocol):
    """A text tower that takes a mask."""

    def encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Token ids (b, L) and which of them may be attended to (b, L) bool → embeddings (b, d), not normalised."""


class MaskedPatches:
    """An image whose patches can be hidden.

    What a hidden patch shows does not depend on the mask, so patches are embedded once and masks choose between two.
    """

    def __init__(
        self, tower: ImageTower, pixels: Tensor, masker: ImageMasker, picture: Image.Image, precision: torch.dtype
    ) -> None:
        if masker == "drop" and not tower.can_drop:
            raise InputError(
                "image_masker='drop' leaves this model nothing to pool once every patch is dropped; use 'zero'."
            )
        self.grid = tower.grid
        self.n_players = self.n_tokens = self.grid[0] * self.grid[1]
        self.tokens = patch_names(self.grid)
        self.picture = picture
        self.tower, self._drops, self._precision = tower, masker == "drop", precision
        self._encode = tower.encode
        with torch.inference_mode():
            self.kept = tower.embed_patches(pixels)  # (1, P, width)
            self.blank = tower.embed_patches(fill(pixels, masker, self.grid))  # (1, P, width)

    def compile(self) -> None:
        """Let torch compile what masks are encoded with when it is next asked for."""
        self._encode = torch.compile(self.tower.encode, dynamic=True)  # any number of masks, and of dropped patches

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, P) bool, True = kept → unit embeddings (m, d) float32."""
        masks = masks.to(self.kept.device)
        with multiplying_in(self._precision, masks.device), OneProjection():
            embeddings = self._dropped(masks) if self._drops else self._blanked(masks)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)

    def _blanked(self, masks: Tensor) -> Tensor:
        patches = torch.where(masks[:, :, None], self.kept, self.blank)  # (m, P, width)
        return self._encode(patches)

    def _dropped(self, masks: Tensor) -> Tensor:
        """Masks that keep equally many patches are encoded together."""
        sizes = masks.sum(dim=1)  # (m,)
        groups = [(sizes == size).nonzero()[:, 0] for size in torch.unique(sizes)]
        embeddings = []
        for rows in groups:
            kept = masks[rows].nonzero()[:, 1].view(len(rows), int(sizes[rows[0]]))  # (rows, k)
            embeddings.append(self._encode(self.kept.expand(len(rows), -1, -1), kept))  # (rows, d)
        return torch.cat(embeddings)[torch.cat(groups).argsort()]


class MaskedWords:
    """A caption whose tokens can be hidden."""

    grid = None

    def __init__(
        self, tower: TextTower, reading: Reading, masker: TextMasker, device: torch.device, precision: torch.dtype
    ) -> None:
        self.tokens = reading.tokens
        self.n_players, self.n_tokens = len(reading.tokens), len(reading.ids)
        self.tower, self._pads, self._precision = tower, masker == "pad", precision
        self.ids = torch.tensor(reading.ids, device=device)  # (L,)
        self.around = reading.lead, len(reading.ids) - reading.lead - self.n_players
        self.pad = reading.pad

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n) bool, True = kept → unit embeddings (m, d) float32."""
        kept = F.pad(masks.to(self.ids.device), self.around, value=True)  # (m, L)
        ids = self.ids.expand(len(masks), -1)  # (m, L)
        if self._pads:
            ids, kept = ids.where(kept, self.pad), torch.ones_like(kept)
        with multiplying_in(self._precision, ids.device), OneProjection():
            embeddings = self._encode(ids, kept)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)

    def _encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Captions (m, L) → (m, d), those that begin alike together where that saves work."""
        if isinstance(self.tower, CausalTower):
            forest = Forest.of(ids, visible)
            if forest.place.numel() < MOST_STATES * ids.numel():
                return self.tower.encode_forest(ids, forest)
        return self.tower.encode(ids, visible)


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
