"""The command `fixlip-widget evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache, partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.loading import load_dataset
from fixlip_widget.evaluation.engine import OpenExplainer, open_engine
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import MAX_ORDER, METRICS
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import markdown, plot_curves, rows, write_parquet
from fixlip_widget.io.files import atomic_write


def evaluate(
    open_explainer: OpenExplainer,
    *,
    model: str,
    data: str,
    methods: Sequence[str],
    metrics: Sequence[str],
    out: Path,
    limit: int | None = None,
    budget: int | None = None,
    engine: str = "local",
) -> None:
    """Measure, and write `results.parquet`, `table.md` and `curves.png` to the folder `out`; print the table.

    A run that was stopped goes on where it was when it is called again; one with more methods, metrics or pairs
    measures only what is new; one of another model, budget or precision is refused. The `engine` is one of `ENGINES`.
    Raises InputError where anything given cannot be used.
    """
    if find_spec("pyarrow") is None or find_spec("matplotlib") is None:
        raise InputError("This needs pyarrow and matplotlib; run pip install 'fixlip-widget[evaluation]'.")
    if not methods or not metrics:
        raise InputError(f"Name at least one method and one metric; metrics are {', '.join(METRICS)}.")
    entries = list(dict.fromkeys(MethodSpec.parse(text) for text in methods))
    metrics = list(dict.fromkeys(metrics))
    unknown = [name for name in metrics if name not in METRICS]
    if unknown:
        raise InputError(f"There is no metric {unknown[0]!r}; use {', '.join(METRICS)}.")
    for metric, entry in product(metrics, entries):
        if (order := entry.order or 0) > MAX_ORDER.get(metric, order):
            highest = MAX_ORDER[metric]
            raise InputError(
                f"{metric!r} goes up to order {highest}, not {order} as in {entry}; leave one of these out."
            )
    explainer = cache(open_explainer)
    precision = str(getattr(explainer().encoder, "precision", "its own")).removeprefix("torch.")
    journal = Journal(out, {"model": model, "data": data, "budget": budget, "precision": precision})
    report = partial(print, file=sys.stderr)
    unusable: list[str] = []

    def unread(problem: str) -> None:
        unusable.append(problem)
        report(problem)

    pairs = load_dataset(data, limit, lambda: explainer().encoder, out, unread)
    there = open_engine(engine, explainer if engine == "local" else open_explainer)
    refused = run(there, pairs, entries, metrics, journal, report, budget)
    wanted = {pair.key for pair in pairs}
    names = [str(entry) for entry in entries]
    records = [
        record
        for record in journal.records
        if record["pair"] in wanted and record["method"] in names and record["measured"] in metrics
    ]
    if not records:
        raise InputError(f"Nothing of {data} could be measured; see above what is in the way.")
    measured = len({record["pair"] for record in records})
    title = f"{measured} pairs of {data}, {model}; mean ± standard error."
    if unusable:
        title += f" {len(unusable)} could not be used."
    if refused:
        title += f" {refused} could not be measured."
    table = markdown(rows(records), names, title)
    write_parquet(records, out / "results.parquet")
    with atomic_write(out / "table.md") as file:
        file.write(table.encode())
    plot_curves(records, names, out / "curves.png")
    print(table)
    print(f"{(out / 'results.parquet').resolve()}", file=sys.stderr)
