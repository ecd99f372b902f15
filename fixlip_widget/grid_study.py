"""Every image mask with every text mask: each is encoded once, and known masks are not asked about again."""

from __future__ import annotations

from fixlip_widget.game import SimilarityGame
from fixlip_widget.interactions.budget import fewest_image_masks, image_degree, needed_masks, plan_masks
from fixlip_widget.interactions.fit import fit, text_degree
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.request import NO_LIMIT, Request
from fixlip_widget.study import Stop, Tick
from fixlip_widget.survey import Subject


def plan(n_image: int, n_text: int, request: Request) -> tuple[int, int]:
    """Numbers of image and text masks; InputError where the budget is too small."""
    return plan_masks(
        n_image,
        n_text,
        request.order,
        budget=NO_LIMIT if request.open_ended else request.budget,
        n_image_masks=request.n_image_masks,
        n_text_masks=request.n_text_masks,
        p=request.p_each,
    )


class GridStudy:
    """A `Study` of two surveys, captions first, as they are cheap; InputError where the budget is too small."""

    def __init__(self, image: Subject, text: Subject, game: SimilarityGame, request: Request, seed: int) -> None:
        self._game, self._order = game, request.order
        n_v, n_t = image.tower.n_players, text.tower.n_players
        p_image, p_text = request.p_each
        self.most, self._text_masks = plan(n_v, n_t, request)
        wanted, degree = text_degree(request.order), image_degree(n_v, request.order, self.most, p_image)
        self._seen = image.survey(degree, p_image, seed, self.most, keep=degree < wanted)
        self._read = text.survey(wanted, p_text, seed + 1, self._text_masks)
        fewest_images = fewest_image_masks(n_v, request.order, p_image)
        determined = needed_masks(n_v, 2, p_image) if degree == 2 else fewest_images
        self.least = self.most if self._seen.evidence.exact else min(self.most, determined)
        fewest = self._text_masks if self._read.evidence.exact else needed_masks(n_t, wanted, p_text)
        self._least_text = min(self._text_masks, fewest)

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks and text masks so far."""
        return len(self._seen), len(self._read)

    @property
    def exact(self) -> bool:
        """Whether every mask of both modalities was taken."""
        return self._seen.evidence.exact and self._read.evidence.exact

    @property
    def remaining(self) -> int:
        """Masks of both modalities still to be encoded."""
        return self.most - len(self._seen) + self._text_masks - len(self._read)

    def enough(self) -> bool:
        """Whether the fewest captions and the fewest images are encoded."""
        return len(self._read) >= self._least_text and len(self._seen) >= self.least

    def extend(self, count: int, tick: Tick, cancelled: Stop, stop: Stop) -> None:
        """Encode what determines an explanation, then all masked captions, then masked images up to `count`."""
        self._read.extend(self._least_text, tick, cancelled)
        self._seen.extend(min(count, self.least), tick, stop)
        self._read.extend(self._text_masks, tick, stop)
        self._seen.extend(count, tick, stop)

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The fit on the product grid, of the game whose empty value is nought."""
        evidence = self._seen.evidence, self._read.evidence
        bias = self._game.bias - self._game.empty_value
        return fit(*evidence, scale=self._game.scale, bias=bias, order=self._order)
