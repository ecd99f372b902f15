"""Third order across modalities, kept by pairs of one modality × tokens of the other, never as n × n × n.

`image` (n_v(n_v − 1)/2, n_t) holds patch · patch · word, `text` (n_v, n_t(n_t − 1)/2) patch · word · word; the pairs
a < b run as np.triu_indices(n, 1) does. Players are image first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ThirdOrder:
    """The coefficients of all triples that touch both modalities."""

    image: FloatArray
    text: FloatArray

    @property
    def sizes(self) -> tuple[int, int]:
        """n_v, n_t."""
        return len(self.text), self.image.shape[1]

    def together(self, i: int, j: int) -> FloatArray:
        """(n,) the triple of two tokens with each third one; NaN where there is no such term in the fit."""
        n_v, n_t = self.sizes
        values = np.full(n_v + n_t, np.nan)  # (n,)
        a, b = min(i, j), max(i, j)
        if a == b:
            return values
        if b < n_v:
            values[n_v:] = self.image[_place(a, b, n_v)]
        elif a >= n_v:
            values[:n_v] = self.text[:, _place(a - n_v, b - n_v, n_t)]
        else:
            for k in range(n_v + n_t):
                if k in (a, b):
                    continue
                if k < n_v:
                    values[k] = self.image[_place(min(a, k), max(a, k), n_v), b - n_v]
                else:
                    values[k] = self.text[a, _place(min(b, k) - n_v, max(b, k) - n_v, n_t)]
        return values

    def on_pairs(self, p: FloatArray) -> FloatArray:
        """(n, n) what triples add to each pair on average: Σₖ pₖ·eᵢⱼₖ, for p (n,) the chance of each token."""
        n_v, n_t = self.sizes
        p_v, p_t = p[:n_v], p[n_v:]
        added = np.zeros((n_v + n_t, n_v + n_t))  # (n, n)
        (a, b), (c, d) = np.triu_indices(n_v, 1), np.triu_indices(n_t, 1)
        added[a, b] = self.image @ p_t
        added[n_v + c, n_v + d] = p_v @ self.text
        np.add.at(added, (a[:, None], n_v + np.arange(n_t)), p_v[b][:, None] * self.image)
        np.add.at(added, (b[:, None], n_v + np.arange(n_t)), p_v[a][:, None] * self.image)
        np.add.at(added, (np.arange(n_v)[:, None], n_v + c), p_t[d] * self.text)
        np.add.at(added, (np.arange(n_v)[:, None], n_v + d), p_t[c] * self.text)
        both: FloatArray = added + added.T
        return both

    def on_singles(self, p: FloatArray) -> FloatArray:
        """(n,) what triples add to each token on average: Σ pⱼpₖ·eᵢⱼₖ; each triple is met in two pairs with i."""
        values: FloatArray = self.on_pairs(p) @ p / 2
        return values

    def predict(self, kept: FloatArray) -> FloatArray:
        """Masks (m, n) of 0 and 1 → the sum of the triples that are kept whole, (m,)."""
        n_v, n_t = self.sizes
        x, y = kept[:, :n_v], kept[:, n_v:]  # (m, n_v), (m, n_t)
        (a, b), (c, d) = np.triu_indices(n_v, 1), np.triu_indices(n_t, 1)
        total: FloatArray = np.einsum("mv,mv->m", x, (y[:, c] * y[:, d]) @ self.text.T)  # (m,)
        for word in range(n_t):
            square = np.zeros((n_v, n_v))  # (n_v, n_v), strictly upper triangular
            square[a, b] = self.image[:, word]
            total += y[:, word] * np.einsum("mv,mv->m", x @ square, x)
        return total

    def __iter__(self) -> Iterator[tuple[tuple[int, int, int], float]]:
        """Every triple, players in ascending order, with its value."""
        n_v, n_t = self.sizes
        for (a, b), row in zip(np.transpose(np.triu_indices(n_v, 1)).tolist(), self.image.tolist(), strict=True):
            yield from (((a, b, n_v + word), value) for word, value in enumerate(row))
        for (c, d), column in zip(np.transpose(np.triu_indices(n_t, 1)).tolist(), self.text.T.tolist(), strict=True):
            yield from (((patch, n_v + c, n_v + d), value) for patch, value in enumerate(column))


def _place(a: int, b: int, n: int) -> int:
    """Where the pair a < b comes among the pairs of n."""
    return a * n - a * (a + 1) // 2 + b - a - 1
