"""The cooperative game: which similarity is left when only some tokens are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fixlip_widget.encoders import MaskedInput
from fixlip_widget.errors import InputError

UNIT = 0.02
"""How far from unit length embeddings may be: half precision rounds them."""


class Gathered:
    """Rows that come in batches, with some columns each, in one piece of memory.

    Batches kept apart would lie between the large temporaries of one forward and those of the next, where glibc's
    allocator does not join again what is free around them: resident memory then grows by all tokens of each batch.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.count = 0
        self._columns: list[Tensor] = []

    def add(self, *batch: Tensor) -> None:
        """More rows (b, …) of every column."""
        if not self._columns:
            self._columns = [part.new_empty(self.capacity, *part.shape[1:]) for part in batch]
        stop = self.count + len(batch[0])
        for column, part in zip(self._columns, batch, strict=True):
            column[self.count : stop] = part
        self.count = stop

    @property
    def columns(self) -> tuple[Tensor, ...]:
        """The rows so far (count, …)."""
        return tuple(column[: self.count] for column in self._columns)


class Tower:
    """A masked input that encodes any number of masks, a batch at a time, and counts them."""

    def __init__(self, source: MaskedInput, modality: str, batch_size: int) -> None:
        self.source, self.modality = source, modality
        self.n_players = source.n_players
        self.batch_size = batch_size
        self.forwards = 0

    @torch.no_grad()
    def embed(self, masks: Tensor, tick: Callable[[int], object] = lambda done: None) -> Tensor:
        """Masks (m, n) bool → unit embeddings (m, d); `tick` is told the size of each batch when it is done.

        A batch that does not fit the memory of an accelerator is tried again at half the size, which then stays.
        """
        answered = Gathered(len(masks))
        while answered.count < len(masks):
            batch = masks[answered.count : answered.count + self.batch_size]  # (b, n)
            try:
                embeddings = self.source.embed(batch)  # (b, d)
            except torch.cuda.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                self.batch_size = (len(batch) + 1) // 2
                continue
            if not isinstance(embeddings, Tensor):
                what = type(embeddings).__name__
                raise InputError(f"embed gave a {what} for the {self.modality}; return a torch tensor (m, d).")
            # The fit is done in float64, which MPS does not have.
            answered.add(embeddings.cpu() if embeddings.device.type == "mps" else embeddings)
            self.forwards += len(batch)
            tick(len(batch))
        return answered.columns[0]

    @cached_property
    def ends(self) -> Tensor:
        """(2, d): nothing kept, everything kept."""
        found = self.embed(torch.tensor([[False], [True]]).expand(2, self.n_players))
        longest = float((found.double().norm(dim=1) - 1.0).abs().max())
        if not longest <= UNIT:  # nor is what is no number
            raise InputError(
                f"embed gave vectors {longest:.2g} off unit length for the {self.modality}; divide each by its norm."
            )
        return found


class SimilarityGame:
    """ν(x, y) = scale · cos(e(x), e(y)) + bias with only the kept tokens, minus the same with none.

    Call it with masks (m, n), image players first, for values (m,) float64. It is a game in shapiq's sense.
    """

    def __init__(self, image: Tower, text: Tower, scale: float, bias: float) -> None:
        self.image, self.text = image, text
        widths = image.ends.shape[1], text.ends.shape[1]
        if widths[0] != widths[1]:
            raise InputError(f"embed gave {widths[0]} numbers for the image, {widths[1]} for the text; give as many.")
        self.scale, self.bias = scale, bias
        self.n_players = image.n_players + text.n_players
        self.empty_value, self.full_value = self._similarity(image.ends, text.ends).tolist()

    def __call__(self, masks: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Masks (m, n), true = kept → values of the game (m,)."""
        kept = torch.as_tensor(np.atleast_2d(np.asarray(masks, dtype=bool)))  # (m, n)
        if kept.shape[1] != self.n_players:
            raise InputError(f"Masks of {kept.shape[1]} tokens do not fit {self.n_players} players.")
        if not len(kept):
            return np.zeros(0)
        values: npt.NDArray[np.float64] = (self._logits(kept) - self.empty_value).numpy()
        return values

    @property
    def forwards(self) -> int:
        """Masked images and captions encoded so far."""
        return self.image.forwards + self.text.forwards

    def _logits(self, masks: Tensor) -> Tensor:
        """Masks (m, n) → raw logits (m,) float64; masks that recur within a modality are encoded once."""
        sides = []
        border = self.image.n_players
        for tower, part in ((self.image, masks[:, :border]), (self.text, masks[:, border:])):
            unique, where = torch.unique(part, dim=0, return_inverse=True)  # (u, n), (m,)
            sides.append(tower.embed(unique)[where])  # (m, d)
        return self._similarity(*sides)

    def _similarity(self, image: Tensor, text: Tensor) -> Tensor:
        """Unit embeddings (m, d) each → raw logits (m,) float64."""
        return self.scale * (image.double() * text.double()).sum(dim=1).cpu() + self.bias
