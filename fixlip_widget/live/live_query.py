"""What the controls ask, and the explanations that answer it: coarse ones soon, better ones after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fixlip_widget.encoders import ImageLike
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.budget import fewest_image_masks, image_degree, needed_joint_masks, needed_masks
from fixlip_widget.methods import METHODS, Method

SKETCH = 8
"""An image seen for the first time is shown after this share of its masks, too few for its pairs of patches."""


@dataclass(frozen=True, eq=False)
class Question:
    """An image, a caption, and how to explain their similarity; `masks` are masks of the image, or joint masks."""

    explainer: Explainer
    image: ImageLike
    caption: str
    method: str
    p: float
    masks: int

    @property
    def how(self) -> Method:
        """The method."""
        return METHODS[self.method]

    def sees_as(self, other: Question | None) -> bool:
        """Whether the other asked the same of the same image, if perhaps with another caption."""
        return (
            other is not None
            and (self.explainer, self.method, self.p) == (other.explainer, other.method, other.p)
            and self.image is other.image
            and self.masks <= other.masks
        )

    def answers(
        self, *, known: bool, progress: Callable[[float], None], cancel: Callable[[], bool]
    ) -> Iterator[Explanation]:
        """Explanations resting on ever more masks; only the last, which is quick, for an image that is `known`."""
        explain = self.explainer
        about: dict[str, Any] = {"method": self.method, "progress": progress, "cancel": cancel}
        if self.how.weighted:
            about["p"] = self.p
        if self.how.inside:
            yield explain.explain(self.image, self.caption, **about)
        elif self.how.joint:
            yield from explain.stream(self.image, self.caption, budget=max(self.masks, self.fewest()), **about)
        elif known:
            # Image masks by number: those of the last caption then serve this one too.
            yield explain.explain(self.image, self.caption, n_image_masks=self.masks, **about)
        else:
            few = self.sketch()
            for begin, end in ((0, few), (few, self.masks)) if few else ((0, self.masks),):
                stage = _part(progress, begin / self.masks, end / self.masks)
                yield from explain.stream(self.image, self.caption, n_image_masks=end, **about | {"progress": stage})

    def sketch(self) -> int:
        """Image masks for a first picture, where the wait for one that knows all pairs would be long; else 0."""
        patches = self._game.image.n_players
        few = max(self.masks // SKETCH, fewest_image_masks(patches, self.how.usual_order, self.p))
        degree = image_degree(patches, self.how.usual_order, self.masks, self.p)
        return few if degree == 2 and few < needed_masks(patches, 2, self.p) else 0

    def fewest(self) -> int:
        """Joint masks without which a joint method has no answer."""
        return needed_joint_masks(self._game.n_players, self.how.usual_order, paired=not self.how.weighted, p=self.p)

    @property
    def _game(self) -> SimilarityGame:
        return self.explainer.game(self.image, self.caption)


def _part(progress: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    """Progress of a stage, as that of the whole."""
    return lambda share: progress(begin + share * (end - begin))
