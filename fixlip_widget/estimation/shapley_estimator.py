"""Shapley indices on the product grid: weighted Banzhaf fits at the nodes of a quadrature over p."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from fixlip_widget.estimation.estimators import ProductGridEstimator, plan_request
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import PreparedInput
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.shapley_quadrature import integrate, quadrature_for
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import ExplainOptions
from fixlip_widget.typing import OnBatch, StopCondition

STEP = 512
"""Image masks that one node encodes before the next has its turn, so that all have about as many whatever ends it."""


class ShapleyGridEstimator:
    """An `Estimator` of Shapley values and faithful Shapley interactions.

    Image masks are drawn anew at each node of the quadrature, an equal share of them. Masks that are enumerated are
    encoded once for all nodes, where only their weights differ.
    """

    def __init__(
        self, image: PreparedInput, text: PreparedInput, game: SimilarityGame, options: ExplainOptions, seed: int
    ) -> None:
        self._image, self._text, self._game, self._order = image, text, game, options.order
        n_image, n_text = image.encoder.n_players, text.encoder.n_players
        plan = plan_request(n_image, n_text, options)
        self.max_masks = plan.n_image_masks
        is_enumerated = self.max_masks == 2**n_image
        self._rule = quadrature_for(n_image + n_text, enumerated=is_enumerated and plan.n_text_masks == 2**n_text)
        self._n_shares = 1 if is_enumerated else len(self._rule.p)
        grid = replace(
            options,
            method="fixlip",
            budget=None,
            max_order=options.order,
            seconds=None,
            target_stderr=None,
            masks="iid",
        )
        tables = EmbeddingTable(image), EmbeddingTable(text)
        self._nodes = [
            ProductGridEstimator(
                image,
                text,
                game,
                replace(
                    grid, p=p, n_image_masks=self.max_masks // self._n_shares, n_text_masks=max(plan.n_text_masks, 1)
                ),
                seed + 2 * node,  # a grid uses its seed and the next
                tables,
            )
            for node, p in enumerate(self._rule.p)
        ]
        self.min_masks = self._n_shares * max(node.min_masks for node in self._nodes)
        self._ends: tuple[Tensor, Tensor] | None = None

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks of all nodes so far, and the text masks that each is combined with."""
        images, texts = zip(*(node.counts for node in self._nodes), strict=True)
        return sum(images[: self._n_shares]), min(texts)

    @property
    def exact(self) -> bool:
        """Whether all masks of both modalities are enumerated."""
        return all(node.exact for node in self._nodes)

    @property
    def remaining(self) -> int:
        """Masks of all nodes that are still to be encoded."""
        return sum(node.remaining for node in self._nodes)

    def is_determined(self) -> bool:
        """Whether the minimum of masks is encoded at every node."""
        return self._ends is not None and all(node.is_determined() for node in self._nodes)

    def extend(self, count: int, on_batch: OnBatch, cancelled: StopCondition, stop: StopCondition) -> None:
        """Encode masks of all nodes in turn, until there are `count` of the image."""
        if self._ends is None and not cancelled():
            self._ends = self._encode_ends()
        share = count // self._n_shares
        for node in self._nodes:
            node.extend(min(share, node.min_masks), on_batch, cancelled, stop)
        while not stop() and (behind := [node for node in self._nodes if node.counts[0] < share]):
            for node in behind:
                node.extend(min(share, node.counts[0] + STEP), on_batch, cancelled, stop)

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The integral over p of the fits at the nodes."""
        if self._ends is None:
            raise ValueError("There are no masks yet; extend first.")
        full = self._game.full_value - self._game.empty_value
        return integrate(self._rule, [node.solve() for node in self._nodes], self._ends, full, self._order)

    def _encode_ends(self) -> tuple[Tensor, Tensor]:
        """(n,) each: the value of every player beside no other, and beside all others."""
        game, alone, without = self._game, list[Tensor](), list[Tensor]()
        inputs = self._image, self._text
        for own, other in (inputs, inputs[::-1]):
            n = own.encoder.n_players
            single = torch.eye(n, dtype=torch.bool)  # (n, n)
            embeddings = own.embed_fresh(torch.cat([single, ~single]), _ignore)  # (2n, d)
            empty, full = other.encoder.empty_and_full  # (d,) each
            alone.append(game.logits(embeddings[:n], empty.expand(n, -1)) - game.empty_value)
            without.append(game.full_value - game.logits(embeddings[n:], full.expand(n, -1)))
        return torch.cat(alone), torch.cat(without)


class EmbeddingTable:
    """Embeddings of all masks of an input of few players, each encoded when it is first asked for."""

    def __init__(self, source: PreparedInput) -> None:
        self._encoder = source.encoder
        self._rows: Tensor | None = None
        self._known = torch.zeros(0, dtype=torch.bool)

    def embed(self, masks: Tensor, on_batch: OnBatch) -> Tensor:
        """Masks (m, n) → embeddings (m, d)."""
        n = masks.shape[1]
        codes = masks.long() @ (1 << torch.arange(n))  # (m,)
        if self._rows is None:
            self._known = torch.zeros(2**n, dtype=torch.bool)  # (2ⁿ,)
        missing = ~self._known[codes]  # (m,)
        if bool(missing.any()):
            embeddings = self._encoder.embed(masks[missing], on_batch)  # (missing, d)
            if self._rows is None:
                self._rows = embeddings.new_empty(2**n, embeddings.shape[1])  # (2ⁿ, d)
            self._rows[codes[missing]] = embeddings
            self._known[codes[missing]] = True
        if self._rows is None:
            raise ValueError("There are no masks to embed; give at least one.")
        on_batch(int((~missing).sum()))
        return self._rows[codes]


def _ignore(n_masks: int) -> None:
    """The ends are few: they are not part of the progress."""
