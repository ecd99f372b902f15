"""Every method on every pair by every metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from tqdm.auto import tqdm

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import EvaluationCase
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.engine import Engine, Outcome
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.metrics import METRICS
from fixlip_widget.explainer import Explainer

Report = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What is to be measured of one pair: metrics for each method."""

    pair: Pair
    wanted: dict[MethodSpec, list[str]]
    budget: int | None

    def __call__(self, explainer: Explainer) -> Outcome:
        """A record for each method and metric that does not refuse."""
        return measure(explainer, self)


def run(
    engine: Engine,
    pairs: Sequence[Pair],
    entries: Sequence[MethodSpec],
    metrics: Sequence[str],
    journal: Journal,
    report: Report,
    budget: int | None = None,
) -> int:
    """Measure what the journal lacks, under a progress bar; the number of refusals.

    `report` is told of each of these: a pair, a method of a pair, or one metric of both. A run that goes on asks for
    them again. The masks of a pair depend on nothing but its key, so results do not depend on what was measured
    before, nor on where.
    """
    jobs = []
    for pair in pairs:
        lacking = {
            entry: names
            for entry in entries
            if (names := [name for name in metrics if (pair.key, str(entry), name) not in journal])
        }
        if lacking:
            jobs.append(Job(pair, lacking, budget))
    refused = 0
    for outcome in tqdm(engine(jobs), total=len(jobs), unit="pair", desc="measuring", smoothing=0.1):
        if outcome.records:
            journal.add(outcome.records)
        for refusal in outcome.refusals:
            report(refusal)
        refused += len(outcome.refusals)
    return refused


def measure(explainer: Explainer, job: Job) -> Outcome:
    """A record for each method and metric; what refuses costs itself alone."""
    pair, outcome = job.pair, Outcome([], [])

    @contextmanager
    def refusing(*what: str) -> Iterator[None]:
        try:
            yield
        except InputError as error:
            outcome.refusals.append(f"{', '.join(what)}: {error}")

    with refusing(pair.key):
        case = EvaluationCase(pair, explainer, job.budget)
        for entry, names in job.wanted.items():
            with refusing(pair.key, str(entry)):
                explanation = case.explain(entry)
                for name in names:
                    with refusing(pair.key, str(entry), name):
                        numbers = [asdict(number) for number in METRICS[name](case, entry, explanation)]
                        about = {"pair": pair.key, "group": pair.group, "method": str(entry), "measured": name}
                        outcome.records.append({**about, "numbers": numbers})
    return outcome
