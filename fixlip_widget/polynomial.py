"""`Polynomial`: a fitted game of image patches and caption tokens, and what its coefficients say."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from fixlip_widget.arguments import as_masks, as_whole
from fixlip_widget.errors import InputError
from fixlip_widget.player_names import find_players
from fixlip_widget.third_order import ThirdOrder
from fixlip_widget.typing import FloatArray, Players, Selection


class Polynomial:
    """ν(mask) ≈ baseline_value + Σ first[i] + Σ second[i, j], and at order 3 + Σ over triples, of kept tokens.

    The attributes are those of `fixlip_widget.explanation.Explanation`, which documents them.
    """

    first: FloatArray
    second: FloatArray
    tokens: tuple[str, ...]
    grid: tuple[int, int]
    baseline_value: float
    p: float | tuple[float, float]
    max_order: int
    stderr_first: FloatArray | None
    stderr_second: FloatArray | None
    stderr_second_order: FloatArray | None
    third_image: FloatArray | None
    third_text: FloatArray | None
    stderr_third_image: FloatArray | None
    stderr_third_text: FloatArray | None
    shrinkage: float

    @property
    def n_players(self) -> int:
        """Number of tokens of both modalities, n."""
        return len(self.tokens)

    @property
    def n_players_image(self) -> int:
        """Number of image patches, which come first."""
        return self.grid[0] * self.grid[1]

    @property
    def n_players_text(self) -> int:
        """Number of caption tokens, which come last."""
        return self.n_players - self.n_players_image

    def valid_players(self, players: Any) -> list[int]:
        """One player or several, by index or name, as a list of indices without repetitions.

        Raises:
            InputError: for those that do not exist, and for names that several have.
        """
        return find_players(players, self.tokens)

    @property
    def p_players(self) -> FloatArray:
        """(n,) the probability of keeping each token."""
        p_image, p_text = self.p if isinstance(self.p, tuple) else (self.p, self.p)
        return np.repeat([p_image, p_text], [self.n_players_image, self.n_players_text])

    def first_order(self) -> FloatArray:
        """(n,) weighted Banzhaf values, the mean effect of keeping token i: aᵢ = eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ)."""
        values: FloatArray = self.first + self.second @ self.p_players
        if self.third is not None:
            values = values + self.third.mean_on_singles(self.p_players)
        return values

    def second_order(self) -> FloatArray:
        """(n, n) weighted Banzhaf interactions: `second`, and at order 3 eᵢⱼ + Σₖ pₖ·eᵢⱼₖ."""
        return self.second if self.third is None else self.second + self.third.mean_on_pairs(self.p_players)

    def second_order_errors(self) -> FloatArray | None:
        """(n, n) standard errors of `second_order()`; None where they were not estimated."""
        return self.stderr_second if self.third is None else self.stderr_second_order

    @property
    def third(self) -> ThirdOrder | None:
        """The third-order coefficients; None below order 3."""
        if self.third_image is None or self.third_text is None:
            return None
        return ThirdOrder(self.third_image, self.third_text)

    def conditional(self, players: Selection, *, joint: bool = False) -> FloatArray:
        """(n,) the interaction of every token with the given one, or the sum of its interactions with several.

        Args:
            players: one or several tokens, by index or name.
            joint: for two tokens, the triples of both with each third token, beyond the sum of their pairs. They need
                max_order=3, and are NaN where the fit has no such term: for three tokens of one modality.

        Raises:
            InputError: for tokens that do not exist, or where there are no triples.
        """
        chosen = self.valid_players(players)
        if not joint:
            values: FloatArray = self.second_order()[chosen].sum(axis=0)
            return values
        if self.third is None:
            raise InputError("This explanation has no third order; explain with max_order=3 for joint effects.")
        if len(chosen) != 2:
            raise InputError(f"A joint effect is one of two tokens, not of {len(chosen)}; give two different ones.")
        return self.third.with_pair(*chosen)

    def predict(self, masks: npt.ArrayLike) -> FloatArray:
        """Masks (m, n), true = kept → (m,) predicted values of the game, relative to the empty input.

        Raises:
            InputError: for masks of another number of players, or of other values than truth values, 0 and 1.
        """
        kept = as_masks(masks, self.n_players).astype(np.float64)  # (m, n)
        values: FloatArray = self.baseline_value + kept @ self.first
        values += 0.5 * np.einsum("mi,mi->m", kept @ self.second, kept)
        if self.shrinkage < 1.0:
            n_v = self.n_players_image
            centred = kept[:, :n_v] - self.p_players[:n_v]  # (m, n_v)
            pairs = 0.5 * np.einsum("mi,mi->m", centred @ self.second[:n_v, :n_v], centred)  # (m,)
            values -= (1.0 - self.shrinkage) * pairs
        if self.third is not None:
            values += self.third.predict(kept)
        return values

    def get_n_order_values(self, order: int) -> FloatArray:
        """The coefficients of one order: (n,) for 1, (n, n) for 2."""
        if order not in (1, 2):
            raise InputError(f"Values of order {order} are no array of players; ask for 1 or 2, or use coefficients().")
        return self.first if order == 1 else self.second

    def top_k(self, k: int) -> list[tuple[Players, float]]:
        """The k coefficients of largest magnitude, of any order, as (players, value)."""
        as_whole(k, "k", 0, sys.maxsize)
        ranked = sorted(self.coefficients().items(), key=lambda item: -abs(item[1]))
        return ranked[:k]

    def coefficients(self) -> dict[Players, float]:
        """All coefficients but the intercept by players in ascending order: (i,), and by order (i, j) and (i, j, k)."""
        values: dict[Players, float] = {(i,): float(v) for i, v in enumerate(self.first)}
        if self.max_order >= 2:
            rows, columns = np.triu_indices(self.n_players, k=1)
            pairs = zip(rows.tolist(), columns.tolist(), self.second[rows, columns].tolist(), strict=True)
            values |= {(i, j): v for i, j, v in pairs}
        if self.third is not None:
            values |= dict(self.third)
        return values

    def stderr(self, players: Players) -> float | None:
        """The standard error of one coefficient, by players as in `coefficients`."""
        if len(players) < 3:
            errors = self.stderr_first if len(players) == 1 else self.stderr_second
            return None if errors is None else float(errors[players])
        if self.stderr_third_image is None or self.stderr_third_text is None:
            return None
        return float(ThirdOrder(self.stderr_third_image, self.stderr_third_text).with_pair(*players[:2])[players[2]])
