"""The metrics by name, each a few numbers for one explanation of one pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fixlip_widget.evaluation.curves import deletion_curves
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.faithfulness import BoolArray, FloatArray, fresh_values, r2, spearman
from fixlip_widget.evaluation.pointing import pointing_scores
from fixlip_widget.explanation import Explanation
from fixlip_widget.game import SimilarityGame

PROBABILITIES = (0.3, 0.5, 0.7)


@dataclass(frozen=True)
class Number:
    """What a metric says; `curves` are those it is the area between, least and most important first."""

    metric: str
    value: float
    curves: list[list[float]] | None = None


@dataclass(frozen=True, eq=False)
class Case:
    """A pair with its game, and what all explanations of it are measured against."""

    pair: Pair
    game: SimilarityGame
    seed: int

    @cached_property
    def fresh(self) -> dict[float, tuple[BoolArray, FloatArray]]:
        """Masks (1000, n) of each p, and the game's values of them (1000,)."""
        n = self.game.n_players
        return {p: fresh_values(self.game, np.full(n, p), random_state=self.seed) for p in PROBABILITIES}


def aid(case: Case, explanation: Explanation) -> list[Number]:
    """The area between the insertion and deletion curves.

    Nothing where the whole is no more similar than the blank input, as curves are in shares of that difference.
    """
    if case.game.full_value <= case.game.empty_value:
        return []
    curves = deletion_curves(explanation, case.game)
    return [Number("AID", curves.area, [curves.least_first.tolist(), curves.most_first.tolist()])]


def pgr(case: Case, explanation: Explanation) -> list[Number]:
    """Pointing game recognition, and what it would be if words named quadrants by chance.

    Nothing where no quadrants are known, or where a word is not one token of this model.
    """
    tokens = [token.lower() for token in explanation.tokens[explanation.n_players_image :]]
    if not case.pair.targets or any(tokens.count(word) != 1 for word, _ in case.pair.targets):
        return []
    targets = {explanation.n_players_image + tokens.index(word): place for word, place in case.pair.targets}
    right, wrong = pointing_scores(explanation, targets)
    if right + wrong == 0:
        return []
    by_chance = [pointing_scores(explanation, dict.fromkeys(targets, place))[0] for place in range(4)]
    return [
        Number("PGR", right / (right + wrong)),
        Number("PGR by chance", float(np.mean(by_chance)) / (right + wrong)),
    ]


def faithfulness(case: Case, explanation: Explanation) -> list[Number]:
    """Rank correlation and R² on fresh masks of each p."""
    numbers = []
    for p, fresh in case.fresh.items():
        numbers += [
            Number(f"Spearman, p={p}", spearman(explanation, *fresh)),
            Number(f"R², p={p}", r2(explanation, *fresh)),
        ]
    return numbers


METRICS: dict[str, Callable[[Case, Explanation], list[Number]]] = {
    "aid": aid,
    "pgr": pgr,
    "faithfulness": faithfulness,
}
