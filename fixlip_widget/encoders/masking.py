"""Masking: what hiding a token means, which tokens are players, and the inputs that hide them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.functional import gaussian_blur

from fixlip_widget.encoders.attention import FusedQKV
from fixlip_widget.encoders.device import autocast_to
from fixlip_widget.encoders.prefix_tree import MAX_STATE_SHARE, CausalTextTower, PrefixTrees
from fixlip_widget.encoders.preprocessing import Original
from fixlip_widget.encoders.protocol import MaskedImage, MaskedInput
from fixlip_widget.encoders.tokenizers import TokenizedCaption
from fixlip_widget.encoders.towers import ImageTower, TextTower
from fixlip_widget.errors import InputError
from fixlip_widget.player_names import patch_names

ImageMasker = Literal["zero", "mean", "blur", "drop"]
TextMasker = Literal["attention", "pad"]
TextPlayers = Literal["token", "word"]


class MaskingOptions(TypedDict, total=False):
    """The keyword arguments that loaders of encoders pass on to `Masking`."""

    image_masker: ImageMasker
    text_masker: TextMasker
    text_players: TextPlayers
    image_grid: tuple[int, int] | None


@dataclass(frozen=True)
class Masking:
    """The masking of an encoder; the defaults are those of FIxLIP (arXiv 2508.05430).

    Args:
        image_masker: what a hidden patch shows: "zero" (pixels 0 after normalisation), "mean" (mean colour of the
            image) or "blur" (the image blurred). "drop" removes its token, which is another game, and works only for
            models that pool a class token.
        text_masker: "attention" hides a token from attention, "pad" replaces it by the padding token.
        text_players: "token", or "word" for groups of tokens that form a word.
        image_grid: rows and columns of blocks of patches as players; None for single patches. Convolutional models have
            no patches and need it: their players are blocks of pixels. Each of their features looks across blocks, so
            that a hidden block is not absent for them, but plain: of the mean colour of their training ("zero").

    Raises:
        InputError: for other names, or a grid that is not two positive integers.

    Example:
        >>> from fixlip_widget.encoders.masking import Masking
        >>> print(Masking(image_masker="blur", image_grid=(7, 7), text_players="word"))
        image blur 7×7, text attention by word
    """

    image_masker: ImageMasker = "zero"
    text_masker: TextMasker = "attention"
    text_players: TextPlayers = "token"
    image_grid: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        choices = {
            "image_masker": ("zero", "mean", "blur", "drop"),
            "text_masker": ("attention", "pad"),
            "text_players": ("token", "word"),
        }
        for name, known in choices.items():
            if (value := getattr(self, name)) not in known:
                raise InputError(f"There is no {name}={value!r}; use {' or '.join(map(repr, known))}.")
        grid: Any = self.image_grid
        if grid is None:
            return
        if not (isinstance(grid, tuple | list) and [isinstance(side, int) and side > 0 for side in grid] == [True] * 2):
            raise InputError(f"image_grid={grid!r} is not a number of rows and one of columns; write (7, 7), say.")

    def __str__(self) -> str:
        image = f"image {self.image_masker}" + (" {}×{}".format(*self.image_grid) if self.image_grid else "")
        return f"{image}, text {self.text_masker}" + (" by word" if self.text_players == "word" else "")


def hidden_pixels(pixels: Tensor, masker: ImageMasker, patch_size: tuple[int, int]) -> Tensor:
    """Normalised pixels (b, 3, H, W) → the pixels that hidden patches show, in the same shape.

    The mean is taken over the image for each channel; the blur is Gaussian with a standard deviation of half a patch.
    """
    if masker == "mean":
        return pixels.mean(dim=(2, 3), keepdim=True).expand_as(pixels)  # (b, 3, H, W)
    if masker == "blur":
        height, width = patch_size
        blurred: Tensor = gaussian_blur(pixels, [2 * width - 1, 2 * height - 1], [width / 2, height / 2])
        return blurred
    return torch.zeros_like(pixels)


class MaskedPatches:
    """An image whose players are its patches.

    A hidden patch does not depend on the mask, so all patches are embedded twice, shown and hidden, and a mask selects
    between the two.

    Args:
        tower: image tower.
        pixels: (1, 3, H, W), normalised.
        masker: what a hidden patch shows.
        picture: the part of the image that the model sees, at display resolution.
        precision: data type of matrix products.
        original: the whole image, where the model sees only a part of it.

    Raises:
        InputError: for masker "drop" where the tower needs patches to pool.
    """

    def __init__(
        self,
        tower: ImageTower,
        pixels: Tensor,
        masker: ImageMasker,
        picture: Image.Image,
        precision: torch.dtype,
        original: Original | None = None,
    ) -> None:
        if masker == "drop" and not tower.can_drop:
            raise InputError(
                "image_masker='drop' leaves this model nothing to pool once every patch is dropped; use 'zero'."
            )
        self.grid = tower.grid
        self.n_players = self.n_tokens = self.grid[0] * self.grid[1]
        self.tokens = patch_names(self.grid)
        self.picture, self.original = picture, original
        self.tower, self._drops, self._precision = tower, masker == "drop", precision
        self._encode = tower.encode
        with torch.inference_mode():
            self.kept = tower.embed_patches(pixels)  # (1, P, width)
            self.hidden = tower.embed_patches(hidden_pixels(pixels, masker, tower.patch_size))  # (1, P, width)

    def compile(self) -> None:
        """Compile the tower with torch.compile on its next use; InputError then where this machine cannot."""
        from torch._dynamo.exc import BackendCompilerFailed  # slow to import

        compiled = torch.compile(self.tower.encode, dynamic=True)  # numbers of masks and of kept patches vary

        def encode(patches: Tensor, kept: Tensor | None = None) -> Tensor:
            try:
                embeddings: Tensor = compiled(patches, kept)  # (m, d)
            except BackendCompilerFailed as error:
                reason = str(error.inner_exception).partition("\n")[0].rstrip(".")
                raise InputError(
                    f"The image tower cannot be compiled here ({reason}); install a C++ compiler, or do without "
                    "compile()."
                ) from error
            return embeddings

        self._encode = encode

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, P) bool, True = kept → unit embeddings (m, d) float32."""
        masks = masks.to(self.kept.device)
        with autocast_to(self._precision, masks.device), FusedQKV():
            embeddings = self._embed_dropped(masks) if self._drops else self._embed_hidden(masks)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)

    def _embed_hidden(self, masks: Tensor) -> Tensor:
        patches = torch.where(masks[:, :, None], self.kept, self.hidden)  # (m, P, width)
        return self._encode(patches)

    def _embed_dropped(self, masks: Tensor) -> Tensor:
        """Masks that keep equally many patches form a batch."""
        sizes = masks.sum(dim=1)  # (m,)
        groups = [(sizes == size).nonzero()[:, 0] for size in torch.unique(sizes)]
        embeddings = []
        for rows in groups:
            kept = masks[rows].nonzero()[:, 1].view(len(rows), int(sizes[rows[0]]))  # (rows, k)
            embeddings.append(self._encode(self.kept.expand(len(rows), -1, -1), kept))  # (rows, d)
        return torch.cat(embeddings)[torch.cat(groups).argsort()]


class MaskedTokens:
    """A caption whose players are its tokens.

    Args:
        tower: text tower.
        caption: token ids and names.
        masker: how a token is hidden.
        device: device of the tower.
        precision: data type of matrix products.
    """

    grid = None

    def __init__(
        self,
        tower: TextTower,
        caption: TokenizedCaption,
        masker: TextMasker,
        device: torch.device,
        precision: torch.dtype,
    ) -> None:
        self.tokens = caption.tokens
        self.n_players, self.n_tokens = len(caption.tokens), len(caption.ids)
        self.tower, self._pads, self._precision = tower, masker == "pad", precision
        self.ids = torch.tensor(caption.ids, device=device)  # (L,)
        self.offset, self.n_trailing = caption.offset, self.n_tokens - caption.offset - self.n_players
        self.pad, self.truncated = caption.pad, caption.truncated

    @torch.inference_mode()
    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, n) bool, True = kept → unit embeddings (m, d) float32."""
        visible = F.pad(masks.to(self.ids.device), (self.offset, self.n_trailing), value=True)  # (m, L)
        ids = self.ids.expand(len(masks), -1)  # (m, L)
        if self._pads:
            ids, visible = ids.where(visible, self.pad), torch.ones_like(visible)
        with autocast_to(self._precision, ids.device), FusedQKV():
            embeddings = self._encode(ids, visible)  # (m, d)
        return F.normalize(embeddings.float(), dim=-1)

    def _encode(self, ids: Tensor, visible: Tensor) -> Tensor:
        """Captions (m, L) → (m, d), with shared prefixes computed once where that saves work."""
        if isinstance(self.tower, CausalTextTower):
            trees = PrefixTrees.of(ids, visible)
            if trees.position.numel() < MAX_STATE_SHARE * ids.numel():
                return self.tower.encode_trees(ids, trees)
        return self.tower.encode(ids, visible)


class GroupedInput:
    """A masked input whose tokens are kept or hidden in groups, each of which is one player.

    Args:
        source: the input by single tokens.
        group_of: the group of each token of the source.
        tokens: name of each group.
        grid: rows and columns of the groups of an image.
    """

    def __init__(
        self, source: MaskedInput, group_of: list[int], tokens: list[str], grid: tuple[int, int] | None = None
    ) -> None:
        self.source = source
        self.tokens = tokens
        self.n_players = len(tokens)
        self.n_tokens: int = getattr(source, "n_tokens", len(group_of))
        self.grid = grid
        self.truncated: str | None = getattr(source, "truncated", None)
        self.group_of = torch.tensor(group_of)  # (n,)

    def embed(self, masks: Tensor) -> Tensor:
        """Masks (m, groups) bool, True = kept → unit embeddings (m, d) float32."""
        return self.source.embed(masks[:, self.group_of.to(masks.device)])


class GroupedImage(GroupedInput):
    """A masked image whose patches are kept or hidden in blocks."""

    def __init__(self, source: MaskedImage, group_of: list[int], grid: tuple[int, int]) -> None:
        super().__init__(source, group_of, patch_names(grid), grid)
        self.picture: Image.Image = source.picture
        self.original: Original | None = getattr(source, "original", None)


def group_patches(source: MaskedImage, grid: tuple[int, int]) -> MaskedImage:
    """Blocks of patches as players; InputError where `grid` does not divide the grid of the patches."""
    if source.grid == tuple(grid):
        return source
    rows, columns = source.grid or (1, source.n_players)
    block_rows, block_columns = grid
    if rows % block_rows or columns % block_columns:
        divisors = [f"({rows // k}, {columns // k})" for k in range(2, rows + 1) if not (rows % k or columns % k)]
        advice = f"use for example {divisors[0]}" if divisors else "leave image_grid out"
        raise InputError(f"image_grid={tuple(grid)} does not divide the {rows}×{columns} patches; {advice}.")
    blocks = [
        row * block_rows // rows * block_columns + column * block_columns // columns
        for row in range(rows)
        for column in range(columns)
    ]
    return GroupedImage(source, blocks, (block_rows, block_columns))


def group_words(source: MaskedInput, words: list[tuple[str, int]]) -> GroupedInput:
    """Words as players, given by their text and their number of consecutive tokens."""
    group_of = [word for word, (_, count) in enumerate(words) for _ in range(count)]
    return GroupedInput(source, group_of, [text for text, _ in words])
