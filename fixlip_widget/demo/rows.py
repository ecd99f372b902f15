"""Data classes of tensors that have a row for each scene or statement."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import torch
from torch import Tensor
from typing_extensions import Self


class Rows:
    """The base of a data class whose fields are tensors with the same number of rows."""

    def __len__(self) -> int:
        return len(next(iter(self._tensors().values())))

    def __getitem__(self, rows: Tensor | slice) -> Self:
        return type(self)(**{name: tensor[rows] for name, tensor in self._tensors().items()})

    def replace(self, **changes: Tensor) -> Self:
        """The same rows with other tensors."""
        return type(self)(**(self._tensors() | changes))

    def where(self, chosen: Tensor, other: Self) -> Self:
        """Row by row, these where `chosen` (b,) bool, and else those of the other."""
        pairs = zip(self._tensors().items(), other._tensors().values(), strict=True)
        return type(self)(**{n: torch.where(chosen.view(-1, *[1] * (a.ndim - 1)), a, c) for (n, a), c in pairs})

    @classmethod
    def concatenate(cls, *parts: Self) -> Self:
        """The rows of all parts."""
        names = parts[0]._tensors()
        return cls(**{name: torch.cat([part._tensors()[name] for part in parts]) for name in names})

    def _tensors(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # a data class
