"""Every method on every pair by every metric."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from tqdm.auto import tqdm

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.pairs import Pair
from fixlip_widget.evaluation.entry import Entry
from fixlip_widget.evaluation.journal import Journal, Record
from fixlip_widget.evaluation.metrics import METRICS, Case
from fixlip_widget.evaluation.remembering import Remembering
from fixlip_widget.explainer import Explainer
from fixlip_widget.methods import METHODS

Report = Callable[[str], None]


def run(
    explainer: Explainer,
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
    failed = 0
    for pair in tqdm(pairs, unit="pair", desc="measuring", smoothing=0.1):
        missing = {
            entry: names
            for entry in entries
            if (names := [name for name in metrics if (pair.key, str(entry), name) not in journal])
        }
        if not missing:
            continue
        try:
            journal.add(measure(explainer, pair, missing, budget))
        except InputError as error:
            failed += 1
            report(f"{pair.key}: {error}")
    return failed


def measure(
    explainer: Explainer, pair: Pair, wanted: Mapping[Entry, Sequence[str]], budget: int | None
) -> list[Record]:
    """Records of one pair, for each method and metric; InputError where it cannot be explained.

    Masks that several methods ask about are encoded once.
    """
    picture, seed = pair.picture(), zlib.crc32(pair.key.encode())
    asking = Explainer(Remembering(explainer.encoder))
    case = Case(pair, asking.game(picture, pair.caption), seed)
    records = []
    for entry, names in wanted.items():
        # Methods that look inside have to meet the encoder itself.
        asked = explainer if METHODS[entry.method].inside else asking
        explanation = asked.explain(picture, pair.caption, **entry.options(budget, seed))
        for name in names:
            numbers = [asdict(number) for number in METRICS[name](case, explanation)]
            records.append(
                {"pair": pair.key, "group": pair.group, "method": str(entry), "measured": name, "numbers": numbers}
            )
    return records
