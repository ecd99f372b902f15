"""The evaluation loop: every method on every pair by every metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial

from tqdm.auto import tqdm

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.pairs import Pair, Report
from fixlip_widget.evaluation.engine import Engine, Outcome
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import METRICS
from fixlip_widget.explainer import Explainer


def run(
    engine: Engine,
    pairs: Sequence[Pair],
    specs: Sequence[MethodSpec],
    metrics: Sequence[str],
    journal: Journal,
    report: Report,
    budget: int | None = None,
) -> int:
    """Measure what the journal does not have yet, under a progress bar.

    Masks are seeded by the pair alone, so values depend neither on the engine nor on what was measured before, except
    by rounding: each run encodes a mask of a pair once, for the first method that needs it, so that later methods
    find their masks in other batches, and a process may have another number of threads. Values then differ by less
    than 1e-5 where the encoder computes in float32, and by up to about 0.01 in bfloat16.

    Args:
        engine: runs the jobs, one for each pair.
        pairs: images with captions.
        specs: the methods.
        metrics: keys of METRICS.
        journal: receives the records of each pair when it is done.
        report: receives a message for each failure. Failures are not recorded: the next run tries again.
        budget: as in `EvaluationCase`.

    Returns:
        The number of failures.
    """
    jobs = []
    for pair in pairs:
        missing = {
            spec: names
            for spec in specs
            if (names := [name for name in metrics if (pair.key, str(spec), name) not in journal])
        }
        if missing:
            jobs.append(partial(measure, pair=pair, metrics=missing, budget=budget))
    n_errors = 0
    for outcome in tqdm(engine(jobs), total=len(jobs), unit="pair", desc="measuring", smoothing=0.1):
        if outcome.records:
            journal.add(outcome.records)
        for error in outcome.errors:
            report(error)
        n_errors += len(outcome.errors)
    return n_errors


def measure(
    explainer: Explainer, pair: Pair, metrics: Mapping[MethodSpec, Sequence[str]], budget: int | None = None
) -> Outcome:
    """One record for each metric of each method.

    An InputError is collected: that of the pair in place of all records, that of a method in place of the method's,
    and that of a metric in place of one record.
    """
    outcome = Outcome([], [])

    @contextmanager
    def collect_errors(*context: str) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            outcome.errors.append(f"{', '.join(context)}: {error}")

    with collect_errors(pair.key):
        case = EvaluationCase(pair, explainer, budget)
        for spec, names in metrics.items():
            with collect_errors(pair.key, str(spec)):
                explanation = case.explain(spec)
                for name in names:
                    with collect_errors(pair.key, str(spec), name):
                        numbers = [asdict(number) for number in METRICS[name](case, spec, explanation)]
                        key = {"pair": pair.key, "group": pair.group, "method": str(spec), "measured": name}
                        outcome.records.append({**key, "numbers": numbers})
    return outcome
