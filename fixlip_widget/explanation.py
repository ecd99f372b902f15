"""`Explanation`: attributions and interactions of all tokens, and how to read, predict with, save and show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, fields, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

from PIL.Image import Image

from fixlip_widget.arguments import as_list
from fixlip_widget.display import Displayed
from fixlip_widget.errors import InputError, shortened
from fixlip_widget.io import archive, exchange, json_format, schema
from fixlip_widget.polynomial import Polynomial
from fixlip_widget.story import Step
from fixlip_widget.typing import BoolArray, CropBox, FloatArray

if TYPE_CHECKING:
    import pandas as pd
    import shapiq

EXAMPLE_LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Probabilities of keeping a token in the first masks of `Explanation.example_masks`."""
MAX_SHOWN = 200
"""Letters of a text in `repr`."""


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Explanation(Polynomial, Displayed):
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
        example_masks: (m, n) bool, True = kept: masked inputs to look at, drawn anew after the fit. The first five keep
            tokens with probability 0.1, 0.3, 0.5, 0.7 and 0.9, the others with `p`; None where there are none.
        example_similarity: (m,) the model's raw logit of each of them.
        story: steps that the view leads through, of `with_story`.
        second_caption: where the values are of one caption rather than another, the first player of the other, whose
            words count against; otherwise None.
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
        credit: the line that pages with the picture carry: of a PNG or a PIL image, what its `Copyright` says.
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
    credit: str | None = None
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
    example_masks: BoolArray | None = None
    example_similarity: FloatArray | None = None
    story: tuple[Step, ...] = ()
    second_caption: int | None = None

    def __post_init__(self) -> None:
        for name, value in schema.checked(self._fields()).items():
            object.__setattr__(self, name, value)
        if self.image is None or self.crop_box is None:
            # Who takes the picture out means all of it.
            object.__setattr__(self, "original", None)
        for step in self.story:
            self.valid_players([*step.selected, *step.hidden, *([] if step.click is None else [step.click])])

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.__post_init__()  # pickling drops that arrays are read-only

    @property
    def budget(self) -> int | None:
        """Game values that the fit rests on: image masks × text masks."""
        if self.n_image_masks is None or self.n_text_masks is None:
            return None
        return self.n_image_masks * self.n_text_masks

    def __repr__(self) -> str:
        rows, columns = self.grid
        fit = "" if self.r2 is None else f", r2={self.r2:.3f}"
        fit += ", pairs of patches regularised: few masks" if self.shrinkage < 1.0 else ""
        values = f"similarity={self.full_value:.2f}, empty={self.empty_value:.2f}"
        if self.method == exchange.SHAPIQ:
            values = f"sum of the fit={self.full_value:.2f}, baseline={self.baseline_value:.2f}"
        caption, index = (shortened(text, MAX_SHOWN) for text in (self.caption, self.index))
        return (
            f"Explanation({caption!r}, {rows}×{columns} patches + {self.n_players_text} tokens, "
            f"{values}, {index}, p={self.p}{fit})"
        )

    def replace(self, **changes: Any) -> Explanation:
        """A copy with some fields changed; another `image` takes the place of the whole picture too.

        Examples and story are left out where the number of tokens changes.
        """
        if "image" in changes:
            changes = {"original": None, "crop_box": None, **changes}
        tokens = changes.get("tokens", self.tokens)
        if not isinstance(tokens, Sized) or len(tokens) != self.n_players:
            changes = {"example_masks": None, "example_similarity": None, "story": (), **changes}
        return replace(self, **changes)

    def with_story(self, steps: Iterable[Step]) -> Explanation:
        """A copy whose view tells a story: a text for each step, with buttons to the next and the previous one.

        Raises:
            InputError: for tokens that do not exist, and for what is no step.

        Example:
            >>> import fixlip_widget as fw
            >>> from fixlip_widget.demo.showcase import showcase
            >>> explanation = fw.Explainer.demo(image_grid=(1, 7)).explain(*showcase("above"))
            >>> star = explanation.tokens.index("star")
            >>> told = explanation.with_story([
            ...     fw.Step("A star above a tree. Click the word “star”.", click=star),
            ...     fw.Step("Its patches are red: they add more together with the word.", selected=[star]),
            ... ])
            >>> [step.shown_mode for step in told.story]
            ['attribution', 'conditional']
        """
        story = as_list(steps, "steps")
        for step in story:
            if not isinstance(step, Step):
                raise InputError(f"A story consists of steps, not of {step!r}; make one as fixlip_widget.Step('…').")
        return self.replace(
            story=tuple(
                replace(
                    step,
                    selected=self.valid_players(step.selected),
                    hidden=self.valid_players(step.hidden),
                    click=None if step.click is None else self.valid_players([step.click])[0],
                )
                for step in story
            )
        )

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
        except InputError as error:
            raise InputError(f"{path} is damaged or was changed: {error}") from error

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
