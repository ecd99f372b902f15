"""Deprecated module of version 0.1, kept for one release: use `fixlip_widget.evaluation.deletion`."""

from __future__ import annotations

import warnings

from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.evaluation.deletion import DeletionCurves
from fixlip_widget.evaluation.deletion import deletion_curves as _deletion_curves
from fixlip_widget.explanation import Explanation

__all__ = ["Curves", "deletion_curves"]

Curves = DeletionCurves


def deletion_curves(explanation: Explanation, game: SimilarityGame) -> DeletionCurves:
    """Deprecated: use `fixlip_widget.evaluation.deletion.deletion_curves`."""
    warnings.warn(
        "fixlip_widget.evaluation.curves will be removed in version 0.3; use fixlip_widget.evaluation.deletion.",
        FutureWarning,
        stacklevel=2,
    )
    return _deletion_curves(explanation, game)
