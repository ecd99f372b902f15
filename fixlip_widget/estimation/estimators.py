"""One explanation in the making: asking in rounds, as long as the caller has patience, and what can be said by then."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from fixlip_widget.errors import CancelledError
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.sampler import Subject
from fixlip_widget.interactions.budget import (
    all_joint_masks,
    fewest_image_masks,
    image_degree,
    needed_joint_masks,
    needed_masks,
    plan_joint_masks,
    plan_masks,
)
from fixlip_widget.interactions.fit import fit, text_degree
from fixlip_widget.interactions.joint_regression import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.masks import JointMasks, join, joint_bernoulli_masks, shapley_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import NO_LIMIT, Request

Tick = Callable[[int], object]
Stop = Callable[[], bool]


class Study(Protocol):
    """Masks and answers of one request.

    `least` and `most` are the numbers of image masks (of joint masks, where both modalities are masked together) that
    determine an explanation, and that are asked about at most.
    """

    least: int
    most: int

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks so far, and how many text masks each was paired with."""

    @property
    def exact(self) -> bool:
        """Whether every mask was taken, and nothing is left to chance."""

    @property
    def remaining(self) -> int:
        """Masks still to be asked about, of all kinds."""

    def enough(self) -> bool:
        """Whether there can be an explanation."""

    def extend(self, count: int, tick: Tick, cancelled: Stop, stop: Stop) -> None:
        """Ask until there are `count` masks: what comes first stops only when cancelled, the rest also on `stop`."""

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The fit of what there is; InputError where the masks are too few or too alike."""


@dataclass(frozen=True)
class Patience:
    """When the caller of an explanation wants to hear no more."""

    request: Request
    started: float

    def advance(self, study: Study, count: int, tick: Tick) -> bool:
        """Ask; whether it was done to the end, and not cut short by time, by the caller or by an interrupt.

        Raises CancelledError, or the interrupt, where there is not enough for an explanation yet.
        """

        def stop() -> bool:
            return self.request.cancelled() or (self._late() and study.enough())

        try:
            study.extend(count, tick, self.request.cancelled, stop)
        except KeyboardInterrupt:
            if not study.enough():
                raise
            return False
        if not study.enough():
            raise CancelledError("Cancelled before there was anything to explain.")
        return study.counts[0] >= count and not stop()

    def _late(self) -> bool:
        seconds = self.request.seconds
        return seconds is not None and time.perf_counter() - self.started > seconds


def doubling(first: int, last: int) -> list[int]:
    """first, 2·first, 4·first …, last."""
    steps = max(0, math.ceil(math.log2(last / first)))
    return [*(first << step for step in range(steps)), last]


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


class JointStudy:
    """A `Study` of joint masks, all of them where they are few; InputError where the budget is too small."""

    def __init__(self, game: SimilarityGame, request: Request, seed: int) -> None:
        self._game, self._order, self._weighted = game, request.order, request.how.weighted
        n, paired = game.n_players, not self._weighted
        budget = NO_LIMIT if request.open_ended else request.budget
        furthest = max(request.p_each, key=lambda p: abs(p - 0.5))
        self.most = plan_joint_masks(n, request.order, budget, paired=paired, p=furthest)
        self._exact = self.most == all_joint_masks(n, paired=paired)
        self.least = self.most if self._exact else needed_joint_masks(n, request.order, paired=paired, p=furthest)
        keep = zip((game.image.n_players, game.text.n_players), request.p_each, strict=True)
        self._p = torch.cat([torch.full((size,), p, dtype=torch.float64) for size, p in keep])  # (n,)
        self._generator = torch.Generator().manual_seed(seed)
        self._answered: list[tuple[JointMasks, Tensor]] = []  # masks (b, n) and the game's values (b,)

    @property
    def counts(self) -> tuple[int, int]:
        """Joint masks so far: each image mask has one text mask."""
        return sum(len(masks) for masks, _ in self._answered), 1

    @property
    def exact(self) -> bool:
        """Whether every joint mask is taken."""
        return self._exact

    @property
    def remaining(self) -> int:
        """Joint masks still to be asked about."""
        return self.most - self.counts[0]

    def enough(self) -> bool:
        """Whether there can be an explanation."""
        return self.counts[0] >= self.least

    def extend(self, count: int, tick: Tick, cancelled: Stop, stop: Stop) -> None:
        """Ask about joint masks, a batch at a time."""
        # A mask and its complement stay together.
        batch = self.most if self._exact else max(2, self._game.image.batch_size // 2 * 2)
        while (missing := count - self.counts[0]) > 0 and not stop():
            masks = self._draw(min(batch, missing))
            self._answered.append((masks, torch.as_tensor(self._game(masks.masks))))
            tick(len(masks))

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The regression on the joint masks."""
        sample, values = join([masks for masks, _ in self._answered]), torch.cat([v for _, v in self._answered])
        if self._weighted:
            return weighted_banzhaf(sample, values, self._order)
        full = self._game.full_value - self._game.empty_value
        return faithful_shapley(sample, values, self._order, empty=0.0, full=full)

    def _draw(self, count: int) -> JointMasks:
        if self._weighted:
            return joint_bernoulli_masks(self._p, count, self._generator)
        return shapley_masks(self._game.n_players, count, self._generator)
