"""What the controls of a live view ask for, and the explanations that answer it, coarse ones first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fixlip_widget.estimation.estimators import MaskPlan
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS, Method
from fixlip_widget.typing import ImageLike

if TYPE_CHECKING:
    from fixlip_widget.options import ExplainKwargs

FIRST_SHARE = 8
"""A new image is first explained from its masks divided by this, which may be too few for its pairs of patches."""


@dataclass(frozen=True, eq=False)
class LiveQuery:
    """An image, a caption, and how to explain their similarity.

    Attributes:
        explainer: explainer of the chosen model.
        image: as it was given.
        caption: as it was typed.
        method: a key of METHODS.
        p: probability of keeping a token.
        n_masks: image masks, or joint masks.
    """

    explainer: Explainer
    image: ImageLike
    caption: str
    method: str
    p: float
    n_masks: int

    @property
    def spec(self) -> Method:
        """The specification of the method."""
        return METHODS[self.method]

    def difference_from(self, other: LiveQuery) -> str:
        """The settings that differ from those of another query, but the caption, in words; empty where none does."""
        differing = []
        if self.image is not other.image:
            differing.append("the picture before")
        if self.explainer is not other.explainer:
            differing.append(self.explainer.encoder.name)
        if self.method != other.method:
            differing.append(self.method)
        if self.spec.weighted and self.p != other.p:
            differing.append(f"p {self.p:g}")
        if not self.spec.white_box and self.n_masks != other.n_masks:
            differing.append(f"{self.n_masks} masks")
        return ", ".join(differing)

    def shares_image_masks(self, other: LiveQuery | None) -> bool:
        """Whether the masks of another query's image answer this one too, whatever the captions."""
        return (
            other is not None
            and (self.explainer, self.method, self.p) == (other.explainer, other.method, other.p)
            and self.image is other.image
            and self.n_masks <= other.n_masks
        )

    def explanations(
        self, *, known: bool, progress: Callable[[float], None], cancel: Callable[[], bool]
    ) -> Iterator[Explanation]:
        """Explanations from ever more masks; only the last, which is quick, for an image that is `known`."""
        options: ExplainKwargs = {"method": self.method, "progress": progress, "cancel": cancel}
        if self.spec.weighted:
            options["p"] = self.p
        if self.spec.white_box:
            yield self.explainer.explain(self.image, self.caption, **options)
        elif self.spec.joint:
            fewest = self._plan().min_image_masks
            options["budget"] = max(self.n_masks, fewest)
            yield from self.explainer.stream(self.image, self.caption, **options)
        elif known:
            # By number and not by budget, so that the masks of the last caption serve this one too.
            options["n_image_masks"] = self.n_masks
            yield self.explainer.explain(self.image, self.caption, **options)
        else:
            first = self._first_masks()
            for begin, end in ((0, first), (first, self.n_masks)) if first else ((0, self.n_masks),):
                options["n_image_masks"] = end
                options["progress"] = _stage(progress, begin / self.n_masks, end / self.n_masks)
                yield from self.explainer.stream(self.image, self.caption, **options)

    def _first_masks(self) -> int:
        """Image masks of a first picture, where one that determines all pairs would take long; otherwise 0."""
        plan = self._plan(n_image_masks=self.n_masks)
        first = max(self.n_masks // FIRST_SHARE, plan.min_image_masks)
        return first if plan.image_degree == 2 and first < plan.min_pair_masks else 0

    def _plan(self, n_image_masks: int | None = None) -> MaskPlan:
        options: ExplainKwargs = {"method": self.method, "n_image_masks": n_image_masks}
        if self.spec.weighted:
            options["p"] = self.p
        return self.explainer.plan(self.image, self.caption, **options)


def _stage(progress: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    """The progress of a stage as that of the whole."""
    return lambda share: progress(begin + share * (end - begin))
