"""The cooperative game of an image and a caption: similarity as a function of the tokens that are kept."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fixlip_widget.arguments import as_masks
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.contract import check_embeddings, check_input
from fixlip_widget.errors import InputError
from fixlip_widget.typing import BoolArray, FloatArray, OnBatch


def _ignore(n_masks: int) -> None:
    """The default callback after each batch."""


class RowBuffer:
    """A preallocated buffer of rows, filled batch by batch; each row has one entry in every column.

    Small tensors kept from each batch would lie between the large temporaries of successive forward passes, where
    glibc's allocator does not merge the free blocks around them: resident memory would grow by every batch's tokens.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        self._columns: list[Tensor] = []

    def add(self, *batch: Tensor) -> None:
        """Append rows: one tensor (b, …) for each column."""
        if not len(batch[0]):
            return
        if not self._columns:
            self._columns = [part.new_empty(self.capacity, *part.shape[1:]) for part in batch]
        stop = self.count + len(batch[0])
        for column, part in zip(self._columns, batch, strict=True):
            column[self.count : stop] = part
        self.count = stop

    @property
    def columns(self) -> tuple[Tensor, ...]:
        """The rows so far, one tensor (count, …) for each column."""
        return tuple(column[: self.count] for column in self._columns)


class BatchedEncoder:
    """Encodes any number of masks of one input, batch by batch, and counts the forward passes.

    Args:
        source: the masked image or caption.
        modality: "image" or "text", for error messages.
        batch_size: masks per forward pass; halved for good when an accelerator runs out of memory.

    Raises:
        InputError: where the source breaks the protocol.
    """

    def __init__(self, source: MaskedInput, modality: str, batch_size: int) -> None:
        self.source, self.modality = source, modality
        self.n_players = check_input(source, modality)
        self.batch_size = batch_size
        self.forwards = 0
        self._like: Tensor | None = None

    @torch.no_grad()
    def embed(self, masks: Tensor, on_batch: OnBatch = _ignore) -> Tensor:
        """Masks (m, n) bool, True = kept → unit embeddings (m, d).

        Raises:
            InputError: where the encoder returns anything but one unit vector for each mask.
        """
        buffer = RowBuffer(len(masks))
        while buffer.count < len(masks):
            batch = masks[buffer.count : buffer.count + self.batch_size]  # (b, n)
            try:
                # A copy, as an encoder may write to its argument.
                embeddings = self._checked(self.source.embed(batch.clone()), batch)  # (b, d)
            except torch.cuda.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                self.batch_size = (len(batch) + 1) // 2
                continue
            # The regressions are in float64, which MPS does not have.
            buffer.add(embeddings.cpu() if embeddings.device.type == "mps" else embeddings)
            self.forwards += len(batch)
            on_batch(len(batch))
        return buffer.columns[0]

    def _checked(self, embeddings: object, masks: Tensor) -> Tensor:
        """Embeddings (m, d) of masks (m, n), of the width and on the device of those before."""
        checked = check_embeddings(embeddings, masks, self.modality, self._like)
        if self._like is None:
            self._like = checked.new_empty(0, checked.shape[1])
        return checked

    def embed_distinct(self, masks: Tensor, on_batch: OnBatch = _ignore) -> Tensor:
        """Like `embed`, with one forward pass for masks that occur several times."""
        distinct, index = torch.unique(masks, dim=0, return_inverse=True)  # (u, n), (m,)
        return self.embed(distinct, on_batch)[index]  # (m, d)

    @cached_property
    def empty_and_full(self) -> Tensor:
        """(2, d): the embeddings with no token kept and with all tokens kept."""
        return self.embed(torch.tensor([[False], [True]]).expand(2, self.n_players))


class SimilarityGame:
    """ν(x, y) = scale · cos(e(x), e(y)) + bias with only the kept tokens, minus the same with no token kept.

    It is called with masks (m, n), image players first, and returns values (m,) float64, which is the interface of
    a game in shapiq.

    Attributes:
        n_players: image players and caption players.
        empty_value: raw logit with no token kept.
        full_value: raw logit with all tokens kept.

    Raises:
        InputError: where the embeddings of the two modalities have different widths, or are on different devices.
    """

    def __init__(self, image: BatchedEncoder, text: BatchedEncoder, scale: float, bias: float) -> None:
        self.image, self.text = image, text
        widths = image.empty_and_full.shape[1], text.empty_and_full.shape[1]
        if widths[0] != widths[1]:
            raise InputError(
                f"The image embeddings have {widths[0]} dimensions and the text embeddings {widths[1]}; "
                "return vectors of one width from both."
            )
        devices = image.empty_and_full.device, text.empty_and_full.device
        if devices[0] != devices[1]:
            raise InputError(
                f"The image embeddings are on {devices[0]} and the text embeddings on {devices[1]}; "
                "return both on one device."
            )
        self.scale, self.bias = scale, bias
        self.n_players = image.n_players + text.n_players
        self.empty_value, self.full_value = self.logits(image.empty_and_full, text.empty_and_full).tolist()

    def __call__(self, masks: npt.ArrayLike) -> FloatArray:
        """Masks (m, n), true = kept → values of the game (m,).

        Raises:
            InputError: for masks of another number of players, or of other values than truth values, 0 and 1.
        """
        return self.values(as_masks(masks, self.n_players))

    def values(self, masks: BoolArray, on_batch: OnBatch = _ignore) -> FloatArray:
        """Like calling the game with masks (m, n); those that recur within a modality are encoded once."""
        if not len(masks):
            return np.zeros(0)
        kept = torch.as_tensor(np.array(masks))  # (m, n)
        image = self.image.embed_distinct(kept[:, : self.image.n_players], on_batch)  # (m, d)
        text = self.text.embed_distinct(kept[:, self.image.n_players :], on_batch)  # (m, d)
        values: FloatArray = (self.logits(image, text) - self.empty_value).numpy()
        return values

    @property
    def forwards(self) -> int:
        """Masked images and captions encoded so far."""
        return self.image.forwards + self.text.forwards

    def logits(self, image: Tensor, text: Tensor) -> Tensor:
        """Unit embeddings (m, d) of both modalities → raw logits (m,) float64, row by row."""
        return self.scale * (image.double() * text.double()).sum(dim=1).cpu() + self.bias
