"""`evaluate`: what the command `fixlip-widget evaluate` runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache, partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path

from fixlip_widget.arguments import as_list
from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.loading import load_dataset
from fixlip_widget.evaluation.engine import ExplainerFactory, open_engine
from fixlip_widget.evaluation.folder import exclusive
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import MAX_ORDER, METRICS
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import plot_curves, to_markdown, to_rows, write_parquet
from fixlip_widget.io.files import atomic_write


def evaluate(
    create_explainer: ExplainerFactory,
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
    """Measure methods on pairs, write `results.parquet`, `table.md` and `curves.png`, and print the table.

    A stopped run is resumed when it is called again, and one with more methods, metrics or pairs measures only what is
    new. The rows are those of one uninterrupted run, and the values equal up to rounding: to 1e-5 in float32, and to
    about 0.01 in bfloat16 (see `fixlip_widget.evaluation.runner.run`).

    Args:
        create_explainer: picklable, for engines that run in other processes.
        model: name of the model; a run is resumed with the same model, data, budget and precision only.
        data: as in `load_dataset`.
        methods: as in `MethodSpec.parse`.
        metrics: keys of METRICS.
        out: folder of the results.
        limit: number of pairs.
        budget: of methods that mask, unless their specification has one.
        engine: one of ENGINES.

    Raises:
        InputError: for arguments that cannot be used, a folder with results of other settings or that another
            evaluation writes to, or where nothing could be measured.
    """
    if find_spec("pyarrow") is None or find_spec("matplotlib") is None:
        raise InputError("Evaluation needs pyarrow and matplotlib; run pip install 'fixlip-widget[evaluation]'.")
    specs = list(dict.fromkeys(MethodSpec.parse(text) for text in as_list(methods, "methods")))
    metrics = list(dict.fromkeys(as_list(metrics, "metrics")))
    _check(specs, metrics)
    create_once = cache(create_explainer)
    precision = str(getattr(create_once().encoder, "precision", "its own")).removeprefix("torch.")
    with exclusive(out):
        report = partial(print, file=sys.stderr)
        journal = Journal(out, {"model": model, "data": data, "budget": budget, "precision": precision}, report)
        unusable: list[str] = []

        def report_unusable(problem: str) -> None:
            unusable.append(problem)
            report(problem)

        pairs = load_dataset(data, limit, lambda: create_once().encoder, out, report_unusable)
        run_jobs = open_engine(engine, create_once if engine == "local" else create_explainer)
        n_errors = run(run_jobs, pairs, specs, metrics, journal, report, budget)
        keys, names = {pair.key for pair in pairs}, [str(spec) for spec in specs]
        records = [
            record
            for record in journal.records
            if record["pair"] in keys and record["method"] in names and record["measured"] in metrics
        ]
        if not records:
            raise InputError(f"Nothing of {data} could be measured; see the messages above.")
        n_pairs = len({record["pair"] for record in records})
        title = f"{n_pairs} pairs of {data}, {model}; mean ± standard error."
        if unusable:
            title += f" {len(unusable)} could not be used."
        if n_errors:
            title += f" {n_errors} could not be measured."
        table = to_markdown(to_rows(records), names, title)
        write_parquet(records, out / "results.parquet")
        with atomic_write(out / "table.md") as file:
            file.write(table.encode())
        plot_curves(records, names, out / "curves.png")
        print(table)
        print(f"{(out / 'results.parquet').resolve()}", file=sys.stderr)


def _check(specs: Sequence[MethodSpec], metrics: Sequence[str]) -> None:
    """Raise InputError where there is nothing to measure, or a metric that is unknown or not of a method's order."""
    if not specs or not metrics:
        raise InputError(f"There is no method or no metric; metrics are {', '.join(METRICS)}.")
    for metric in metrics:
        if metric not in METRICS:
            raise InputError(f"There is no metric {metric!r}; use {', '.join(METRICS)}.")
    for metric, spec in product(metrics, specs):
        max_order = MAX_ORDER.get(metric)
        if max_order is not None and spec.order is not None and spec.order > max_order:
            raise InputError(
                f"{metric!r} supports orders up to {max_order}, not that of {spec}; leave out the metric or the method."
            )
