"""The result: numbers for every token and every pair of tokens, and all it takes to read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

from fixlip_widget.errors import InputError
from fixlip_widget.io import archive, exchange
from fixlip_widget.third_order import ThirdOrder

if TYPE_CHECKING:
    import pandas as pd
    import shapiq

    from fixlip_widget.widget import ExplanationWidget

FloatArray = npt.NDArray[np.float64]
Players = tuple[int, ...]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Explanation:
    """A model of one image–caption similarity up to `max_order`, n = image patches (row-major) then caption tokens.

    The game is ν(x, y) = similarity with only the kept tokens, minus the similarity with none, in `units`:

        ν(mask) ≈ baseline_value + Σ first[i] + Σ second[i, j]      over kept tokens i and kept pairs i < j

    and at order 3 + Σ over kept triples that touch both modalities. `first` (n,) and `second` (n, n), symmetric with a
    zero diagonal, are its coefficients; those of the triples are `third_image` (image pairs, n_text) and `third_text`
    (n_image, text pairs), pairs as np.triu_indices(n, 1) orders them, None below order 3. Standard errors say how far
    another draw of masks would move the values: `stderr_first`, `stderr_second`, for `first_order()`
    `stderr_first_order`, and for `second_order()` at order 3, below which it is `second`, `stderr_second_order`; None
    where they were not estimated, zero where every mask was taken. `empty_value` and `full_value` are the model's own
    raw logits with nothing and with everything kept. `p` is the probability that a token is kept, for both modalities
    or as (p_image, p_text). `n_text_masks` is how many text masks each image mask was paired with. `shrinkage` below 1
    marks pairs of patches that the masks were too few to determine: predictions take that share of them. `r2` is the
    share of variance explained on fresh masks, where it was measured. `model_card` and `masking` say in a line each
    what the model is and what hiding a token meant, where known.
    """

    first: FloatArray
    second: FloatArray
    tokens: tuple[str, ...]
    grid: tuple[int, int]
    caption: str
    image: Image | None
    baseline_value: float
    empty_value: float
    full_value: float
    p: float | tuple[float, float]
    max_order: int
    index: str
    method: str
    model: str
    estimated: bool
    n_image_masks: int | None = None
    n_text_masks: int | None = None
    random_state: int | None = None
    units: str = "logits"
    seconds: float | None = None
    forwards: int | None = None
    r2: float | None = None
    model_card: str | None = None
    masking: str | None = None
    stderr_first: FloatArray | None = None
    stderr_second: FloatArray | None = None
    stderr_first_order: FloatArray | None = None
    stderr_second_order: FloatArray | None = None
    third_image: FloatArray | None = None
    third_text: FloatArray | None = None
    stderr_third_image: FloatArray | None = None
    stderr_third_text: FloatArray | None = None
    shrinkage: float = 1.0

    def __post_init__(self) -> None:
        n = len(self.tokens)
        shapes: dict[str, tuple[int, ...]] = {"first": (n,), "second": (n, n)}
        shapes |= {"stderr_first": (n,), "stderr_second": (n, n), "stderr_first_order": (n,)}
        shapes |= {"stderr_second_order": (n, n)}
        n_v, n_t = self.grid[0] * self.grid[1], n - self.grid[0] * self.grid[1]
        for name in ("third", "stderr_third"):
            shapes |= {f"{name}_image": (n_v * (n_v - 1) // 2, n_t), f"{name}_text": (n_v, n_t * (n_t - 1) // 2)}
        for name, shape in shapes.items():
            given = getattr(self, name)
            if given is None:
                continue
            array = np.array(given, dtype=np.float64)
            if array.shape != shape:
                raise InputError(f"{name} has shape {array.shape}, but {n} tokens need {shape}.")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if self.grid[0] * self.grid[1] > n:
            raise InputError(f"A grid of {self.grid[0]}×{self.grid[1]} patches needs more than {n} tokens.")

    # --- the players ---------------------------------------------------------------------------------------------

    @property
    def n_players(self) -> int:
        """Tokens in all, n."""
        return len(self.tokens)

    @property
    def n_players_image(self) -> int:
        """Image patches; they come first."""
        return self.grid[0] * self.grid[1]

    @property
    def n_players_text(self) -> int:
        """Caption tokens; they come last."""
        return self.n_players - self.n_players_image

    def valid_players(self, players: Any) -> list[int]:
        """One player or several as a list of whole numbers, each once; InputError for any that there is not."""
        several = list(players) if isinstance(players, Sequence | np.ndarray) and np.ndim(players) else [players]
        for player in several:
            whole = isinstance(player, int | np.integer) and not isinstance(player, bool)
            if not whole or not 0 <= player < self.n_players:
                raise InputError(f"There is no token {player!r}; choose whole numbers from 0 to {self.n_players - 1}.")
        return list(dict.fromkeys(int(player) for player in several))

    @property
    def budget(self) -> int | None:
        """Game values the fit rests on: image masks × text masks."""
        if self.n_image_masks is None or self.n_text_masks is None:
            return None
        return self.n_image_masks * self.n_text_masks

    @property
    def p_players(self) -> FloatArray:
        """(n,) the probability of keeping each token."""
        p_image, p_text = self.p if isinstance(self.p, tuple) else (self.p, self.p)
        return np.repeat([p_image, p_text], [self.n_players_image, self.n_players_text])

    # --- reading it ----------------------------------------------------------------------------------------------

    def first_order(self) -> FloatArray:
        """(n,) weighted Banzhaf values: what keeping i adds on average, aᵢ = eᵢ + Σⱼ pⱼ·eᵢⱼ (+ Σ pⱼpₖ·eᵢⱼₖ)."""
        values: FloatArray = self.first + self.second @ self.p_players
        if self.third is not None:
            values = values + self.third.on_singles(self.p_players)
        return values

    def second_order(self) -> FloatArray:
        """(n, n) weighted Banzhaf interactions: `second`, and at order 3 what triples add, eᵢⱼ + Σₖ pₖ·eᵢⱼₖ."""
        return self.second if self.third is None else self.second + self.third.on_pairs(self.p_players)

    def second_order_errors(self) -> FloatArray | None:
        """(n, n) the standard errors of `second_order()`; None where they were not estimated."""
        return self.stderr_second if self.third is None else self.stderr_second_order

    @property
    def third(self) -> ThirdOrder | None:
        """The triples, where this explanation has them."""
        if self.third_image is None or self.third_text is None:
            return None
        return ThirdOrder(self.third_image, self.third_text)

    def conditional(self, players: int | Sequence[int] | npt.NDArray[np.integer], *, joint: bool = False) -> FloatArray:
        """(n,) the interaction of every token with the given one, or the sum of its interactions with several.

        With `joint`, what two tokens do together to each third one beyond that: the triples, which need max_order=3;
        NaN where the fit has none, which is for three tokens of one modality.
        """
        chosen = self.valid_players(players)
        if not joint:
            values: FloatArray = self.second_order()[chosen].sum(axis=0)
            return values
        if self.third is None:
            raise InputError("This explanation has no third order; explain with max_order=3 for joint effects.")
        if len(chosen) != 2:
            raise InputError(f"A joint effect is one of two tokens, not of {len(chosen)}; give two different ones.")
        return self.third.together(*chosen)

    def predict(self, masks: npt.ArrayLike) -> FloatArray:
        """Masks (m, n), true = kept → (m,) the model's value of the game, relative to the empty input."""
        kept = np.atleast_2d(np.asarray(masks, dtype=bool)).astype(np.float64)  # (m, n)
        if kept.shape[1] != self.n_players:
            raise InputError(f"Masks of {kept.shape[1]} tokens do not fit {self.n_players} players.")
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
        """The k strongest coefficients of any order, largest magnitude first, as (players, value)."""
        if k < 0:
            raise InputError(f"There are no k={k} strongest; use a number such as 10.")
        ranked = sorted(self.coefficients().items(), key=lambda item: -abs(item[1]))
        return ranked[:k]

    def coefficients(self) -> dict[Players, float]:
        """All coefficients but the baseline by players in ascending order: (i,), and by order (i, j) and (i, j, k)."""
        found: dict[Players, float] = {(i,): float(v) for i, v in enumerate(self.first)}
        if self.max_order >= 2:
            rows, columns = np.triu_indices(self.n_players, k=1)
            values = self.second[rows, columns]
            pairs = zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)
            found |= {(i, j): v for i, j, v in pairs}
        if self.third is not None:
            found |= dict(self.third)
        return found

    def stderr(self, players: Players) -> float | None:
        """The standard error of one coefficient, named as in `coefficients`."""
        if len(players) < 3:
            errors = self.stderr_first if len(players) == 1 else self.stderr_second
            return None if errors is None else float(errors[players])
        if self.stderr_third_image is None or self.stderr_third_text is None:
            return None
        return float(ThirdOrder(self.stderr_third_image, self.stderr_third_text).together(*players[:2])[players[2]])

    def __repr__(self) -> str:
        rows, columns = self.grid
        fit = "" if self.r2 is None else f", r2={self.r2:.3f}"
        fit += ", pairs of patches regularised: few masks" if self.shrinkage < 1.0 else ""
        return (
            f"Explanation({self.caption!r}, {rows}×{columns} patches + {self.n_players_text} tokens, "
            f"similarity={self.full_value:.2f}, empty={self.empty_value:.2f}, {self.index}, p={self.p}{fit})"
        )

    def replace(self, **changes: Any) -> Explanation:
        """A copy with some fields changed."""
        return replace(self, **changes)

    # --- files and other libraries -------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write everything, picture included, to one `.npz` file without pickles."""
        archive.write(path, {f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Explanation:
        """Read what `save` wrote; InputError where the file is missing or is something else."""
        read = archive.read(path)
        try:
            return cls(**read)
        except TypeError as error:
            raise InputError(f"{path} was written by another version of fixlip_widget; upgrade it.") from error

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write everything but the picture as JSON, for other programs to read."""
        archive.write_json(path, {f.name: getattr(self, f.name) for f in fields(self)})

    def to_frame(self) -> pd.DataFrame:
        """One row per coefficient (needs pandas): order, players, their tokens, kind, value, standard error."""
        return exchange.to_frame(self)

    def to_shapiq(self) -> shapiq.InteractionValues:
        """The coefficients as shapiq's InteractionValues (needs shapiq)."""
        return exchange.to_shapiq(self)

    @classmethod
    def from_shapiq(
        cls,
        values: shapiq.InteractionValues,
        *,
        image: Image | None,
        tokens: Sequence[str],
        grid: tuple[int, int],
        p: float = 0.5,
    ) -> Explanation:
        """Any first- or second-order InteractionValues; `tokens` names the caption's players, or all of them.

        shapiq does not record the probability `p` at which `first_order()` averages interactions.
        """
        return cls(**exchange.from_shapiq(values, image=image, tokens=tokens, grid=grid, p=p))

    # --- pictures: the widget is imported only when one is asked for ---------------------------------------------

    def show(self) -> ExplanationWidget:
        """The interactive view, a widget with the traits `selected` and `mode`."""
        from fixlip_widget.widget import ExplanationWidget

        return ExplanationWidget(self)

    def to_html(self, path: str | PathLike[str]) -> None:
        """Write the interactive view as one HTML file that needs no kernel and no network."""
        from fixlip_widget.widget import write_html

        write_html(self, path)

    def to_png(self, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
        """Write a still picture of the view, conditioned on the `selected` tokens if there are any."""
        from fixlip_widget.widget import write_png

        write_png(self, path, selected=selected)

    def to_svg(self, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
        """Write the same still picture as drawings and text, sharp at any size."""
        from fixlip_widget.widget import write_svg

        write_svg(self, path, selected=selected)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from fixlip_widget.widget import mimebundle

        return mimebundle(self)
