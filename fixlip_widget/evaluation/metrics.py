"""The metrics by name; each gives a few numbers for one explanation of one pair.

R² and the rank correlation are computed in `fixlip_widget/estimation/fidelity.py`, which `Explainer.r2` shares.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fixlip_widget.estimation.fidelity import correlation, ranks
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.deletion import deletion_curves
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.pointing_game import pointing_scores, token_values
from fixlip_widget.explanation import Explanation


@dataclass(frozen=True)
class Number:
    """One value of a metric.

    Attributes:
        metric: column of the results table.
        value: may be NaN, where it is not defined.
        curves: deletion curves of AID, least important first and most important first.
    """

    metric: str
    value: float
    curves: list[list[float]] | None = None


def aid(case: EvaluationCase, spec: MethodSpec, explanation: Explanation) -> list[Number]:
    """AID: the area between the insertion and deletion curves.

    Empty where the full input is no more similar than the empty one, as curves are shares of that difference.
    """
    if case.game.full_value <= case.game.empty_value:
        return []
    curves = deletion_curves(explanation, case.game)
    return [Number("AID", curves.area, [curves.least_first.tolist(), curves.most_first.tolist()])]


def pgr(case: EvaluationCase, spec: MethodSpec, explanation: Explanation) -> list[Number]:
    """PGR: pointing game recognition, and its value for words that are assigned to quadrants at random.

    Empty where the quadrants are unknown, or where a target word is not exactly one token of the model.
    """
    tokens = [token.lower() for token in explanation.tokens[explanation.n_players_image :]]
    if not case.pair.targets or any(tokens.count(word) != 1 for word, _ in case.pair.targets):
        return []
    targets = {explanation.n_players_image + tokens.index(word): quadrant for word, quadrant in case.pair.targets}
    correct, wrong = pointing_scores(explanation, targets)
    if correct + wrong == 0:
        return []
    by_chance = [pointing_scores(explanation, dict.fromkeys(targets, quadrant))[0] for quadrant in range(4)]
    return [
        Number("PGR", correct / (correct + wrong)),
        Number("PGR by chance", float(np.mean(by_chance)) / (correct + wrong)),
    ]


def faithfulness(case: EvaluationCase, spec: MethodSpec, explanation: Explanation) -> list[Number]:
    """p-faithfulness: rank correlation and R² on fresh masks of each keep probability."""
    numbers = []
    for p, check in case.fidelity(explanation).items():
        r2 = math.nan if check.r2 is None else check.r2
        numbers += [Number(f"Spearman, p={p}", check.spearman), Number(f"R², p={p}", r2)]
    return numbers


def sanity(case: EvaluationCase, spec: MethodSpec, explanation: Explanation) -> list[Number]:
    """Sanity checks: how much of the explanation remains where little should.

    "shuffled weights": rank correlation of each caption token's patch values with those of the model with shuffled
    weights. "absent caption": where a caption of things that are not in the picture is known, its tokens' positive
    patch values summed, as a share of the same sum for the true caption, unless that is zero.
    """
    values = token_values(explanation)  # (tokens, patches)
    with case.with_shuffled_weights():
        shuffled = token_values(case.explain(spec))  # (tokens, patches)
    correlations = [correlation(ranks(a), ranks(b)) for a, b in zip(values, shuffled, strict=True)]
    numbers = [Number("shuffled weights", float(np.mean(correlations)))]
    total = float(values.clip(min=0).sum())
    if case.pair.absent and total > 0:
        absent = token_values(case.explain(spec, case.pair.absent))  # (tokens, patches)
        numbers.append(Number("absent caption", float(absent.clip(min=0).sum()) / total))
    return numbers


METRICS: dict[str, Callable[[EvaluationCase, MethodSpec, Explanation], list[Number]]] = {
    "aid": aid,
    "pgr": pgr,
    "faithfulness": faithfulness,
    "sanity": sanity,
}
MAX_ORDER = {"aid": 2}
"""The highest order of explanations that a metric supports, where there is a limit."""
