"""Greedy subsets: the best and the worst sets of every size."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fixlip_widget.evaluation.deletion import best_and_worst
from tests.benchmarks.measure import Line, seconds
from tests.evaluation.samples import random_explanation


def run() -> Iterator[Line]:
    """Of the patches and tokens of a ViT-B/32, and of a ViT-B/16."""
    for side, words, most in ((7, 8, 50.0), (14, 10, 2000.0)):
        shown = random_explanation(grid=(side, side), words=("word",) * words)
        taken = seconds(partial(best_and_worst, shown))
        yield Line(f"greedy subsets of {shown.n_players} players", taken * 1e3, "ms", at_most=most)
