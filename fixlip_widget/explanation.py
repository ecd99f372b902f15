"""`Explanation`: attributions and interactions of all tokens, and how to read, predict with, save and show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

from fixlip_widget.errors import InputError
from fixlip_widget.io import archive, exchange, json_format
from fixlip_widget.third_order import ThirdOrder
from fixlip_widget.typing import CropBox, FloatArray, Players

if TYPE_CHECKING:
    import pandas as pd
    import shapiq

    from fixlip_widget.widget import ExplanationWidget


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Explanation:
    """A polynomial model of one image–caption similarity; players are the image patches (row-major), then the tokens.

    The game is ν(mask) = similarity with only the kept tokens, minus the similarity with none, in `units`:

        ν(mask) ≈ baseline_value + Σ first[i] + Σ second[i, j]      over kept tokens i and kept pairs i < j

    and at order 3 + Σ over kept triples that have players of both modalities (weighted Banzhaf interactions, FIxLIP,
    arXiv 2508.05430). Arrays are float64 and read-only.

    Attributes:
        first: (n,) coefficients of single tokens.
        second: (n, n) coefficients of pairs, symmetric with a zero diagonal.
        tokens: names of the n players.
        grid: rows and columns of the image patches.
        caption: the text as it was given.
        image: what the model saw, at display resolution; None where unknown.
        original: the whole picture, where the model saw only a part of it or changed its aspect ratio; otherwise None.
        crop_box: where `image` lies within `original`: left, top, right and bottom edge, as shares of its width and
            height; None without one.
        baseline_value: fitted intercept.
        empty_value: the model's raw logit with no token kept.
        full_value: the model's raw logit with all tokens kept.
        p: probability of keeping a token, or (p_image, p_text).
        max_order: highest order of the coefficients, 1 to 3.
        index: name of the index, such as "FWBII".
        method: name of the method, such as "fixlip".
        model: name of the model.
        estimated: whether masks were sampled; False for an enumeration.
        n_image_masks: image masks, or joint masks; None for methods that mask nothing.
        n_text_masks: text masks that each image mask was combined with; 1 for joint masks.
        random_state: seed of the masks.
        units: unit of all values: "logits", or that of a white-box method.
        seconds: wall time of the explanation.
        forwards: masked images and captions that were encoded for it.
        r2: share of the variance predicted on fresh masks, where it was measured.
        model_card: name, size and licence of the model in one line.
        masking: what hiding a token meant, in one line.
        stderr_first: (n,) standard errors of `first` over the sampling of masks, like all errors below; None where
            they were not estimated, zero for an enumeration.
        stderr_second: (n, n) of `second`.
        stderr_first_order: (n,) of `first_order()`.
        stderr_second_order: (n, n) of `second_order()` at order 3; below it they are `stderr_second`.
        third_image: (image pairs, n_text) coefficients of two patches and a token, pairs in the order of
            np.triu_indices(n, 1); None below order 3.
        third_text: (n_image, text pairs) coefficients of a patch and two tokens; None below order 3.
        stderr_third_image: standard errors of `third_image`.
        stderr_third_text: standard errors of `third_text`.
        shrinkage: below 1 where the masks were too few to determine pairs of patches: the factor that `predict`
            applies to them.
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
    original: Image | None = None
    crop_box: CropBox | None = None

    def __post_init__(self) -> None:
        n, n_v = len(self.tokens), self.grid[0] * self.grid[1]
        if self.crop_box is not None:
            left, top, right, bottom = self.crop_box
            if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
                raise InputError(f"crop_box={self.crop_box} is no part of a picture; give edges from 0 to 1.")
        if n_v > n:
            raise InputError(f"A grid of {self.grid[0]}×{self.grid[1]} patches needs more than {n} tokens.")
        single, pair, n_t = (n,), (n, n), n - n_v
        shapes: dict[str, tuple[int, ...]] = {"first": single, "stderr_first": single, "stderr_first_order": single}
        shapes |= {"second": pair, "stderr_second": pair, "stderr_second_order": pair}
        for name in ("third", "stderr_third"):
            shapes |= {f"{name}_image": (n_v * (n_v - 1) // 2, n_t), f"{name}_text": (n_v, n_t * (n_t - 1) // 2)}
        for name, shape in shapes.items():
            if (value := getattr(self, name)) is None:
                continue
            array = np.array(value, dtype=np.float64)
            if array.shape != shape:
                raise InputError(f"{name} has shape {array.shape}, but {n} tokens need {shape}.")
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.__post_init__()  # pickling drops that arrays are read-only

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
        """One player or several as a list of integers without repetitions; InputError for those that do not exist."""
        several = list(players) if isinstance(players, Sequence | np.ndarray) and np.ndim(players) else [players]
        for player in several:
            is_integer = isinstance(player, int | np.integer) and not isinstance(player, bool)
            if not is_integer or not 0 <= player < self.n_players:
                raise InputError(f"There is no token {player!r}; choose whole numbers from 0 to {self.n_players - 1}.")
        return list(dict.fromkeys(int(player) for player in several))

    @property
    def budget(self) -> int | None:
        """Game values that the fit rests on: image masks × text masks."""
        if self.n_image_masks is None or self.n_text_masks is None:
            return None
        return self.n_image_masks * self.n_text_masks

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

    def conditional(self, players: int | Sequence[int] | npt.NDArray[np.integer], *, joint: bool = False) -> FloatArray:
        """(n,) the interaction of every token with the given one, or the sum of its interactions with several.

        Args:
            players: indices of one or several tokens.
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
        """Masks (m, n), true = kept → (m,) predicted values of the game, relative to the empty input."""
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
        """The k coefficients of largest magnitude, of any order, as (players, value)."""
        if k < 0:
            raise InputError(f"There are no k={k} strongest; use a number such as 10.")
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

    def __repr__(self) -> str:
        rows, columns = self.grid
        fit = "" if self.r2 is None else f", r2={self.r2:.3f}"
        fit += ", pairs of patches regularised: few masks" if self.shrinkage < 1.0 else ""
        values = f"similarity={self.full_value:.2f}, empty={self.empty_value:.2f}"
        if self.method == exchange.SHAPIQ:
            values = f"sum of the fit={self.full_value:.2f}, baseline={self.baseline_value:.2f}"
        return (
            f"Explanation({self.caption!r}, {rows}×{columns} patches + {self.n_players_text} tokens, "
            f"{values}, {self.index}, p={self.p}{fit})"
        )

    def replace(self, **changes: Any) -> Explanation:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def save(self, path: str | PathLike[str]) -> None:
        """Write all fields, the image included, to one `.npz` file without pickles."""
        archive.write(path, self._fields())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Explanation:
        """Read a file of `save`; InputError where it is missing or something else."""
        return cls._from_fields(archive.read(path), path)

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write all fields but the image as JSON, in the format that `docs/json.md` documents."""
        json_format.write_json(path, self._fields())

    @classmethod
    def from_json(cls, path: str | PathLike[str]) -> Explanation:
        """Read a file of `to_json`, or of the view's menu; InputError where it is missing or something else."""
        return cls._from_fields(json_format.read_json(path), path)

    def _fields(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def _from_fields(cls, values: dict[str, Any], path: str | PathLike[str]) -> Explanation:
        try:
            return cls(**values)
        except TypeError as error:
            raise InputError(f"{path} was written by another version of fixlip_widget; upgrade it.") from error

    def to_frame(self) -> pd.DataFrame:
        """One row for each coefficient (needs pandas): order, players, their tokens, kind, value, standard error."""
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
        """An explanation from shapiq's InteractionValues of order 1 or 2, or 3 where all triples have both modalities.

        shapiq records no similarities of the model: `full_value` is the sum of the fit and `empty_value` zero, so that
        `predict` gives the values of the fit.

        Args:
            values: of any version of shapiq, or unpickled from another.
            image: what to show under the grid.
            tokens: names of the caption's players, or of all.
            grid: rows and columns of the image players.
            p: probability at which `first_order()` averages interactions, which shapiq does not record.

        Raises:
            InputError: for tokens that do not fit the players, and interactions that cannot be shown.
        """
        return cls(**exchange.from_shapiq(values, image=image, tokens=tokens, grid=grid, p=p))

    def show(self, selected: Sequence[int] | None = None, **traits: Any) -> ExplanationWidget:
        """The interactive view, a widget with the traits `selected` and `mode`.

        Args:
            selected: tokens that it opens with; by default the word of the strongest interaction with a patch.
            traits: initial `mode`, `hidden` and `layout`.
        """
        from fixlip_widget.widget import show

        return show(self, selected, **traits)

    def to_html(self, path: str | PathLike[str], selected: Sequence[int] | None = None) -> None:
        """Write the interactive view as one HTML file that needs no kernel and no network; `selected` as for `show`."""
        from fixlip_widget.widget import write_html

        write_html(self, path, selected)

    def to_png(self, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
        """Write the view as a PNG, conditioned on the `selected` tokens if there are any."""
        from fixlip_widget.widget import write_png

        write_png(self, path, selected=selected)

    def to_svg(self, path: str | PathLike[str], selected: Sequence[int] = ()) -> None:
        """Write the view as an SVG, conditioned on the `selected` tokens if there are any."""
        from fixlip_widget.widget import write_svg

        write_svg(self, path, selected=selected)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from fixlip_widget.widget import mimebundle

        return mimebundle(self)
