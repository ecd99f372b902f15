"""Estimators: they encode the masks of one request and solve for its coefficients.

`ProductGridEstimator` masks image and caption independently and combines every image mask with every text mask;
`JointEstimator` treats the model as a black box with one value for each joint mask.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor

from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import PreparedInput
from fixlip_widget.interactions.accumulator import MomentAccumulator
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.budget import (
    MAX_DENSE_TERMS,
    all_joint_masks,
    fewest_image_masks,
    image_degree,
    mask_kind,
    needed_joint_masks,
    needed_masks,
    plan_joint_masks,
    plan_masks,
)
from fixlip_widget.interactions.fit import fit, text_degree
from fixlip_widget.interactions.joint_regression import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.mask_sources import DesignedMasks, MaskKind
from fixlip_widget.interactions.masks import MaskSet, concatenate, joint_bernoulli_masks, shapley_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.shapley_quadrature import quadrature_for
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import ExplainOptions
from fixlip_widget.typing import OnBatch, StopCondition

UNLIMITED = 2**60
"""A budget beyond what any plan uses, for requests that stop at a time limit or a precision."""


class Estimator(Protocol):
    """Encodes masks on demand and solves for the coefficients they determine.

    Attributes:
        min_masks: image masks (joint masks, where both modalities are masked together) that determine an explanation.
        max_masks: masks of the same kind to encode at most.
    """

    min_masks: int
    max_masks: int

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks so far, and how many text masks each is combined with."""

    @property
    def exact(self) -> bool:
        """Whether all masks are enumerated, so that nothing is estimated."""

    @property
    def remaining(self) -> int:
        """Masks of all kinds that are still to be encoded."""

    def is_determined(self) -> bool:
        """Whether the masks so far determine an explanation."""

    def extend(self, count: int, on_batch: OnBatch, cancelled: StopCondition, stop: StopCondition) -> None:
        """Encode masks until there are `count`; the first ones stop only when `cancelled`, the rest also on `stop`."""

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """Coefficients and standard errors from the masks so far; InputError where they do not determine the fit."""


class Embedder(Protocol):
    """Embeds masks of one input, as its encoder does."""

    def embed(self, masks: Tensor, on_batch: OnBatch) -> Tensor:
        """Masks (m, n) → embeddings (m, d)."""


@dataclass(frozen=True)
class MaskPlan:
    """How many masks a request will encode.

    Attributes:
        n_image_masks: image masks to encode at most; joint masks, where image and caption are masked together; 0 for
            methods that mask nothing.
        n_text_masks: text masks that each image mask is combined with; 1 for joint masks.
        min_image_masks: image or joint masks without which there is no explanation. With the product grid these
            determine all but the pairs of patches, which are then regularised.
        min_pair_masks: image or joint masks that determine pairs of patches too.
        image_degree: degree of the image products in one dense solve; 1 where pairs of patches are solved matrix-free.
        image_kind: how the image masks are chosen, "all", "designed", "distinct" or "independent".
        text_kind: the same for the text masks.
    """

    n_image_masks: int
    n_text_masks: int
    min_image_masks: int
    min_pair_masks: int
    image_degree: int
    image_kind: MaskKind = "independent"
    text_kind: MaskKind = "independent"

    @property
    def budget(self) -> int:
        """Number of game values in the fit."""
        return self.n_image_masks * self.n_text_masks


def plan_request(n_image: int, n_text: int, options: ExplainOptions) -> MaskPlan:
    """The plan for images of `n_image` players and captions of `n_text`; InputError where the budget is too small."""
    if options.spec.white_box:
        return MaskPlan(0, 0, 0, 0, options.order)
    budget = UNLIMITED if options.is_open_ended else options.budget
    if options.is_joint:
        n, paired = n_image + n_text, not options.spec.weighted
        p = max(options.p_by_modality, key=lambda p: abs(p - 0.5))
        count = plan_joint_masks(n, options.order, budget, paired=paired, p=p)
        needed = needed_joint_masks(n, options.order, paired=paired, p=p)
        return MaskPlan(count, 1, needed, needed, options.order)
    if options.spec.weighted:
        return _plan_grid(n_image, n_text, options, options.p_by_modality, budget)
    p_nodes = quadrature_for(n_image + n_text, enumerated=False).p  # the outer ones need most masks
    return _plan_grid(n_image, n_text, options, (p_nodes[0], p_nodes[0]), budget, n_fits=len(p_nodes))


def _plan_grid(
    n_image: int, n_text: int, options: ExplainOptions, p: tuple[float, float], budget: int | None, n_fits: int = 1
) -> MaskPlan:
    """The plan of one grid, or of several that share the image masks out; enumerated masks serve all of them."""
    m, k = plan_masks(
        n_image,
        n_text,
        options.order,
        budget=budget,
        n_image_masks=options.n_image_masks,
        n_text_masks=options.n_text_masks,
        p=p,
        n_fits=n_fits,
    )
    designed = options.masks == "designed" and n_fits == 1
    image_kind = mask_kind(n_image, options.order, m, p[0], designed=designed)
    text_kind = mask_kind(n_text, options.order, k, p[1], designed=designed)
    if text_kind == "designed":
        k -= k % DesignedMasks(n_text, seed=0).unit
    if image_kind == "designed":
        unit = DesignedMasks(n_image, seed=0).unit
        fewest = unit if options.order < 3 else min(m, fewest_image_masks(n_image, 3, p[0]) + unit - 1) // unit * unit
        degree = 2 if options.order > 1 and basis_size(n_image, 2) <= MAX_DENSE_TERMS else 1
        return MaskPlan(m // unit * unit, k, fewest, fewest, degree, image_kind, text_kind)
    shares = 1 if image_kind == "all" else n_fits
    return MaskPlan(
        n_image_masks=m // shares * shares,
        n_text_masks=k,
        min_image_masks=shares * fewest_image_masks(n_image, options.order, p[0]),
        min_pair_masks=shares * needed_masks(n_image, 2, p[0]),
        image_degree=image_degree(n_image, options.order, m // shares, p[0]),
        image_kind=image_kind,
        text_kind=text_kind,
    )


class ProductGridEstimator:
    """An `Estimator` over the product grid of image masks × text masks: each mask is encoded once.

    Masks that the prepared inputs have encoded before are used again. `tables` embed the masks of image and text in
    place of their encoders, where these are enumerated.
    """

    def __init__(
        self,
        image: PreparedInput,
        text: PreparedInput,
        game: SimilarityGame,
        options: ExplainOptions,
        seed: int,
        tables: tuple[Embedder, Embedder] | None = None,
    ) -> None:
        self._game, self._order = game, options.order
        n_text = text.encoder.n_players
        p_image, p_text = options.p_by_modality
        plan = plan_request(image.encoder.n_players, n_text, options)
        degree, degree_text = plan.image_degree, text_degree(options.order)
        self.max_masks, self._max_text_masks = plan.n_image_masks, plan.n_text_masks
        self._open_samplers = (
            partial(
                image.sampler, degree, p_image, seed, plan.image_kind, self.max_masks, keep_masks=degree < degree_text
            ),
            partial(
                text.sampler, degree_text, p_text, seed + 1, plan.text_kind, self._max_text_masks, keep_masks=False
            ),
        )
        self._image, self._text = (open_sampler() for open_sampler in self._open_samplers)
        needed = plan.min_pair_masks if degree == 2 else plan.min_image_masks
        self.min_masks = self.max_masks if self._image.accumulator.exact else min(self.max_masks, needed)
        exact_text = self._text.accumulator.exact
        unit = self._text.source.unit
        needed_text = -(-needed_masks(n_text, degree_text, p_text) // unit) * unit
        self._min_text_masks = self._max_text_masks if exact_text else min(self._max_text_masks, needed_text)
        image_table, text_table = tables or (None, None)
        self._embed_image = image_table.embed if image_table and self._image.accumulator.exact else None
        self._embed_text = text_table.embed if text_table and exact_text else None

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks and text masks so far."""
        return len(self._image), len(self._text)

    @property
    def exact(self) -> bool:
        """Whether all masks of both modalities are enumerated."""
        return self._image.accumulator.exact and self._text.accumulator.exact

    @property
    def remaining(self) -> int:
        """Masks of both modalities that are still to be encoded."""
        return self.max_masks - len(self._image) + self._max_text_masks - len(self._text)

    def is_determined(self) -> bool:
        """Whether the minimum of text masks and of image masks is encoded."""
        return len(self._text) >= self._min_text_masks and len(self._image) >= self.min_masks

    def extend(self, count: int, on_batch: OnBatch, cancelled: StopCondition, stop: StopCondition) -> None:
        """Encode the minimum of both modalities, then all text masks, which are cheap, then image masks to `count`."""
        if len(self._image) > self.max_masks or len(self._text) > self._max_text_masks:
            # Between two explanations of a stream, a larger request has drawn more masks with the same samplers.
            self._image, self._text = (open_sampler() for open_sampler in self._open_samplers)
        self._text.extend(self._min_text_masks, on_batch, cancelled, self._embed_text)
        self._image.extend(min(count, self.min_masks), on_batch, stop, self._embed_image)
        self._text.extend(self._max_text_masks, on_batch, stop, self._embed_text)
        self._image.extend(count, on_batch, stop, self._embed_image)

    @property
    def moments(self) -> tuple[MomentAccumulator, MomentAccumulator]:
        """The moments of both modalities."""
        return self._image.accumulator, self._text.accumulator

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The fit on the product grid to the game, whose value at the empty input is zero."""
        bias = self._game.bias - self._game.empty_value
        return fit(*self.moments, scale=self._game.scale, bias=bias, order=self._order)


class JointEstimator:
    """An `Estimator` over joint masks of image and caption; all masks are enumerated where they are few."""

    def __init__(self, game: SimilarityGame, options: ExplainOptions, seed: int) -> None:
        self._game, self._order, self._weighted = game, options.order, options.spec.weighted
        n_players = game.image.n_players, game.text.n_players
        plan = plan_request(*n_players, options)
        self.max_masks = plan.n_image_masks
        self._exact = self.max_masks == all_joint_masks(sum(n_players), paired=not self._weighted)
        self.min_masks = self.max_masks if self._exact else plan.min_image_masks
        keep = zip(n_players, options.p_by_modality, strict=True)
        self._p = torch.cat([torch.full((n,), p, dtype=torch.float64) for n, p in keep])  # (n,)
        self._generator = torch.Generator().manual_seed(seed)
        self._batches: list[tuple[MaskSet, Tensor]] = []  # masks (b, n) and values of the game (b,)

    @property
    def counts(self) -> tuple[int, int]:
        """Joint masks so far: each image mask comes with one text mask."""
        return sum(len(masks) for masks, _ in self._batches), 1

    @property
    def exact(self) -> bool:
        """Whether all joint masks are enumerated."""
        return self._exact

    @property
    def remaining(self) -> int:
        """Joint masks that are still to be evaluated."""
        return self.max_masks - self.counts[0]

    def is_determined(self) -> bool:
        """Whether the minimum of joint masks is evaluated."""
        return self.counts[0] >= self.min_masks

    def extend(self, count: int, on_batch: OnBatch, cancelled: StopCondition, stop: StopCondition) -> None:
        """Evaluate the game on joint masks, batch by batch, until there are `count` or `stop` returns true."""
        # Even, so that a mask and its complement stay in one batch.
        batch_size = self.max_masks if self._exact else max(2, self._game.image.batch_size // 2 * 2)
        while (missing := count - self.counts[0]) > 0 and not stop():
            masks = self._draw(min(batch_size, missing))
            self._batches.append((masks, torch.as_tensor(self._game(masks.masks))))
            on_batch(len(masks))

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The weighted regression on the joint masks."""
        masks = concatenate([masks for masks, _ in self._batches])
        values = torch.cat([values for _, values in self._batches])  # (m,)
        if self._weighted:
            return weighted_banzhaf(masks, values, self._p, self._order)
        full = self._game.full_value - self._game.empty_value
        return faithful_shapley(masks, values, self._order, empty=0.0, full=full)

    def _draw(self, count: int) -> MaskSet:
        if self._weighted:
            return joint_bernoulli_masks(self._p, count, self._generator)
        return shapley_masks(self._game.n_players, count, self._generator)
