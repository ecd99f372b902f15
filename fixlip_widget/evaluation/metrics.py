"""The metrics by name, each a few numbers for one explanation of one pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fixlip_widget.evaluation.case import Case
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.evaluation.faithfulness import correlation, r2, ranks, spearman
from fixlip_widget.evaluation.method_spec import Entry
from fixlip_widget.evaluation.pointing_game import pointing_scores, word_values
from fixlip_widget.explanation import Explanation


@dataclass(frozen=True)
class Number:
    """What a metric says; `curves` are those it is the area between, least and most important first."""

    metric: str
    value: float
    curves: list[list[float]] | None = None


def aid(case: Case, entry: Entry, explanation: Explanation) -> list[Number]:
    """The area between the insertion and deletion curves.

    Nothing where the whole is no more similar than the blank input, as curves are in shares of that difference.
    """
    if case.game.full_value <= case.game.empty_value:
        return []
    curves = deletion_curves(explanation, case.game)
    return [Number("AID", curves.area, [curves.least_first.tolist(), curves.most_first.tolist()])]


def pgr(case: Case, entry: Entry, explanation: Explanation) -> list[Number]:
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


def faithfulness(case: Case, entry: Entry, explanation: Explanation) -> list[Number]:
    """Rank correlation and R² on fresh masks of each p."""
    numbers = []
    for p, fresh in case.fresh.items():
        numbers += [
            Number(f"Spearman, p={p}", spearman(explanation, *fresh)),
            Number(f"R², p={p}", r2(explanation, *fresh)),
        ]
    return numbers


def sanity(case: Case, entry: Entry, explanation: Explanation) -> list[Number]:
    """What is left of the explanation when it should be gone.

    With the weights shuffled: the rank correlation of both explanations' patches, seen by each word. With a caption of
    things that are not in the picture, where one is known: its words' positive values of patches, summed, as a share
    of the same sum of the true caption, where that is not nothing.
    """
    patches = word_values(explanation)  # (words, patches)
    with case.forgetting():
        forgotten = word_values(case.explain(entry))  # (words, patches)
    alike = [correlation(ranks(a), ranks(b)) for a, b in zip(patches, forgotten, strict=True)]
    numbers = [Number("shuffled weights", float(np.mean(alike)))]
    whole = float(patches.clip(min=0).sum())
    if case.pair.absent and whole > 0:
        absent = word_values(case.explain(entry, case.pair.absent))  # (other words, patches)
        numbers.append(Number("absent caption", float(absent.clip(min=0).sum()) / whole))
    return numbers


METRICS: dict[str, Callable[[Case, Entry, Explanation], list[Number]]] = {
    "aid": aid,
    "pgr": pgr,
    "faithfulness": faithfulness,
    "sanity": sanity,
}
HIGHEST_ORDER = {"aid": 2}  # of those metrics that do not go up to every order
