"""Deprecated names of version 0.1, kept for one release: R² and rank correlation on fresh masks.

Use `Explainer.r2` and `Explainer.fidelity`.
"""

from __future__ import annotations

import warnings

from fixlip_widget.estimation.fidelity import FidelityCheck, fresh_masks
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.explanation import Explanation
from fixlip_widget.typing import BoolArray, FloatArray

__all__ = ["fresh_r2", "fresh_values", "r2", "spearman"]


def fresh_r2(explanation: Explanation, game: SimilarityGame, *, n_masks: int = 1000, random_state: int = 0) -> float:
    """Deprecated: use `explainer.r2(explanation)`."""
    _warn("fresh_r2(explanation, game)", "explainer.r2(explanation)")
    masks = fresh_masks(explanation.p_players, n_masks, random_state)
    value = FidelityCheck.of(explanation, masks, game(masks)).r2
    return float("nan") if value is None else value


def fresh_values(
    game: SimilarityGame, p: FloatArray, *, n_masks: int = 1000, random_state: int = 0
) -> tuple[BoolArray, FloatArray]:
    """Deprecated: use `explainer.fidelity(explanation)`, which has `masks` and `values`."""
    _warn("fresh_values(game, p)", "explainer.fidelity(explanation)")
    masks = fresh_masks(p, n_masks, random_state)
    return masks, game(masks)


def r2(explanation: Explanation, masks: BoolArray, values: FloatArray) -> float:
    """Deprecated: use `explainer.fidelity(explanation).r2`."""
    _warn("r2(explanation, masks, values)", "explainer.fidelity(explanation).r2")
    value = FidelityCheck.of(explanation, masks, values).r2
    return float("nan") if value is None else value


def spearman(explanation: Explanation, masks: BoolArray, values: FloatArray) -> float:
    """Deprecated: use `explainer.fidelity(explanation).spearman`."""
    _warn("spearman(explanation, masks, values)", "explainer.fidelity(explanation).spearman")
    return FidelityCheck.of(explanation, masks, values).spearman


def _warn(old: str, new: str) -> None:
    warnings.warn(f"{old} will be removed in version 0.3; use {new}.", FutureWarning, stacklevel=3)
