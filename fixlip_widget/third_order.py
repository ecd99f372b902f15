"""Third-order coefficients across modalities, stored by pairs of one modality × players of the other.

Players come image first. Pairs a < b are in the order of np.triu_indices(n, 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fixlip_widget.typing import FloatArray, Players


@dataclass(frozen=True, eq=False)
class ThirdOrder:
    """The coefficients of all triples that have players of both modalities.

    Attributes:
        image: (n_image(n_image − 1)/2, n_text) for patch · patch · token.
        text: (n_image, n_text(n_text − 1)/2) for patch · token · token.
    """

    image: FloatArray
    text: FloatArray

    @property
    def sizes(self) -> tuple[int, int]:
        """n_image, n_text."""
        return len(self.text), self.image.shape[1]

    def with_pair(self, i: int, j: int) -> FloatArray:
        """(n,) the triples of players i and j with each third player; NaN where the fit has no such term."""
        n_v, n_t = self.sizes
        values = np.full(n_v + n_t, np.nan)  # (n,)
        a, b = min(i, j), max(i, j)
        if a == b:
            return values
        if b < n_v:
            values[n_v:] = self.image[_pair_index(a, b, n_v)]
        elif a >= n_v:
            values[:n_v] = self.text[:, _pair_index(a - n_v, b - n_v, n_t)]
        else:
            for k in range(n_v + n_t):
                if k in (a, b):
                    continue
                if k < n_v:
                    values[k] = self.image[_pair_index(min(a, k), max(a, k), n_v), b - n_v]
                else:
                    values[k] = self.text[a, _pair_index(min(b, k) - n_v, max(b, k) - n_v, n_t)]
        return values

    def mean_on_pairs(self, p: FloatArray) -> FloatArray:
        """(n, n) what the triples add to each pair on average, Σₖ pₖ·eᵢⱼₖ, for keep probabilities p (n,)."""
        n_v, n_t = self.sizes
        p_v, p_t = p[:n_v], p[n_v:]
        upper = np.zeros((n_v + n_t, n_v + n_t))  # (n, n)
        (a, b), (c, d) = np.triu_indices(n_v, 1), np.triu_indices(n_t, 1)
        upper[a, b] = self.image @ p_t
        upper[n_v + c, n_v + d] = p_v @ self.text
        np.add.at(upper, (a[:, None], n_v + np.arange(n_t)), p_v[b][:, None] * self.image)
        np.add.at(upper, (b[:, None], n_v + np.arange(n_t)), p_v[a][:, None] * self.image)
        np.add.at(upper, (np.arange(n_v)[:, None], n_v + c), p_t[d] * self.text)
        np.add.at(upper, (np.arange(n_v)[:, None], n_v + d), p_t[c] * self.text)
        symmetric: FloatArray = upper + upper.T
        return symmetric

    def mean_on_singles(self, p: FloatArray) -> FloatArray:
        """(n,) what the triples add to each player on average, Σ pⱼpₖ·eᵢⱼₖ."""
        # Each triple occurs in two pairs with i.
        values: FloatArray = self.mean_on_pairs(p) @ p / 2
        return values

    def predict(self, kept: FloatArray) -> FloatArray:
        """Masks (m, n) of 0 and 1 → (m,) the sum of the triples whose players are all kept."""
        n_v, n_t = self.sizes
        x, y = kept[:, :n_v], kept[:, n_v:]  # (m, n_v), (m, n_t)
        (a, b), (c, d) = np.triu_indices(n_v, 1), np.triu_indices(n_t, 1)
        total: FloatArray = np.einsum("mv,mv->m", x, (y[:, c] * y[:, d]) @ self.text.T)  # (m,)
        for token in range(n_t):
            pairs = np.zeros((n_v, n_v))  # (n_v, n_v), strictly upper triangular
            pairs[a, b] = self.image[:, token]
            total += y[:, token] * np.einsum("mv,mv->m", x @ pairs, x)
        return total

    def __iter__(self) -> Iterator[tuple[Players, float]]:
        """Every triple, players in ascending order, with its value."""
        n_v, n_t = self.sizes
        for (a, b), row in zip(np.transpose(np.triu_indices(n_v, 1)).tolist(), self.image.tolist(), strict=True):
            yield from (((a, b, n_v + token), value) for token, value in enumerate(row))
        for (c, d), column in zip(np.transpose(np.triu_indices(n_t, 1)).tolist(), self.text.T.tolist(), strict=True):
            yield from (((patch, n_v + c, n_v + d), value) for patch, value in enumerate(column))


def _pair_index(a: int, b: int, n: int) -> int:
    """Index of the pair a < b among the pairs of n players."""
    return a * n - a * (a + 1) // 2 + b - a - 1
