"""Image and caption masked together: the model is a black box that gives one value for each joint mask."""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.game import SimilarityGame
from fixlip_widget.interactions.joint import faithful_shapley, weighted_banzhaf
from fixlip_widget.interactions.joint_budget import all_joint_masks, needed_joint_masks, plan_joint_masks
from fixlip_widget.interactions.joint_masks import JointMasks, join, joint_bernoulli_masks, shapley_masks
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.request import NO_LIMIT, Request
from fixlip_widget.study import Stop, Tick


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
