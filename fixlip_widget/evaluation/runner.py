"""Every method on every pair by every metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from tqdm.auto import tqdm

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.case import Case
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.engine import Engine
from fixlip_widget.evaluation.entry import Entry
from fixlip_widget.evaluation.journal import Journal, Record
from fixlip_widget.evaluation.metrics import METRICS
from fixlip_widget.explainer import Explainer

Report = Callable[[str], None]


@dataclass(frozen=True)
class Job:
    """What is to be measured of one pair: metrics for each method."""

    pair: Pair
    wanted: dict[Entry, list[str]]
    budget: int | None

    def __call__(self, explainer: Explainer) -> list[Record] | str:
        """A record for each method and metric, or what is wrong with the pair."""
        try:
            return measure(explainer, self)
        except InputError as error:
            return f"{self.pair.key}: {error}"


def run(
    engine: Engine,
    pairs: Sequence[Pair],
    entries: Sequence[Entry],
    metrics: Sequence[str],
    journal: Journal,
    report: Report,
    budget: int | None = None,
) -> int:
    """Measure what the journal lacks, under a progress bar; the number of pairs that could not be measured.

    `report` is told of each of these. The masks of a pair depend on nothing but its key, so results do not depend on
    what was measured before, nor on where.
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
    failed = 0
    for outcome in tqdm(engine(jobs), total=len(jobs), unit="pair", desc="measuring", smoothing=0.1):
        if isinstance(outcome, str):
            failed += 1
            report(outcome)
        else:
            journal.add(outcome)
    return failed


def measure(explainer: Explainer, job: Job) -> list[Record]:
    """A record for each method and metric; InputError where the pair cannot be explained."""
    case = Case(job.pair, explainer, job.budget)
    records = []
    for entry, names in job.wanted.items():
        explanation = case.explain(entry)
        for name in names:
            numbers = [asdict(number) for number in METRICS[name](case, entry, explanation)]
            about = {"pair": job.pair.key, "group": job.pair.group, "method": str(entry), "measured": name}
            records.append({**about, "numbers": numbers})
    return records
