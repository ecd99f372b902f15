"""Explanations and pairs with known values, and a run over them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.engine import run_locally
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import Row
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.games import TableEncoder

GRID, WORDS = (3, 4), ("red", "cat")
SPECS = [MethodSpec.parse(text) for text in ("fixlip", "fixlip:0.3/1", "shapley")]
METHODS = [str(spec) for spec in SPECS]
METRICS = ["aid", "pgr", "faithfulness"]
NUMERIC_COLUMNS = ("value", "least_first", "most_first")


def random_explanation(order: int = 2, grid: tuple[int, int] = GRID, words: tuple[str, ...] = WORDS) -> Explanation:
    rng = np.random.default_rng(8)
    n_patches = grid[0] * grid[1]
    n = n_patches + len(words)
    second = rng.normal(size=(n, n)) if order > 1 else np.zeros((n, n))
    second = np.triu(second, 1) + np.triu(second, 1).T
    return Explanation(
        first=rng.normal(size=n),
        second=second,
        tokens=(*(f"patch {k}" for k in range(n_patches)), *words),
        grid=grid,
        caption=" ".join(words),
        image=None,
        baseline_value=0.0,
        empty_value=0.0,
        full_value=1.0,
        p=0.5,
        max_order=order,
        index="FWBII",
        method="fixlip",
        model="none",
        estimated=False,
    )


def table_explainer() -> Explainer:
    """2×3 patches and one token per word, with random values."""
    return Explainer(TableEncoder())


def unreadable_image() -> Image.Image:
    raise InputError("b.png cannot be read as an image.")


def table_pairs() -> list[Pair]:
    """Pairs for `table_explainer`: the image of "b" is damaged, and a target of "d" occurs twice in the caption."""
    blank = partial(Image.new, "RGB", (6, 4))
    return [
        Pair("a", "one two three", blank, (("two", 1),), "one named"),
        Pair("b", "one two", unreadable_image),
        Pair("c", "four two one", blank, (("one", 0), ("four", 3)), "two named"),
        Pair("d", "one one", blank, (("one", 0),), "one named"),
    ]


def run_table_pairs(folder: Path) -> tuple[Journal, list[str]]:
    """The journal and the messages of a run of SPECS on `table_pairs`."""
    journal, messages = Journal(folder, {"model": "table"}), list[str]()
    engine = partial(run_locally, table_explainer())
    assert run(engine, table_pairs(), SPECS, METRICS, journal, messages.append) == len(messages)
    return journal, messages


def assert_rows_agree(rows: Sequence[Row], expected: Sequence[Row], *, tolerance: float) -> None:
    """The same pairs, groups, methods and metrics, with numbers that differ by at most the tolerance."""
    for row, other in zip(rows, expected, strict=True):
        assert row.keys() == other.keys()
        for name in row:
            if name in NUMERIC_COLUMNS:
                numbers, expected_numbers = np.array(row[name], float), np.array(other[name], float)
                np.testing.assert_allclose(numbers, expected_numbers, rtol=0, atol=tolerance)
            else:
                assert row[name] == other[name]
