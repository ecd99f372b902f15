"""Try cases of every kind for some time, and write the page of promises: `make fuzz`.

python -m tests.fuzz --seconds 600
"""

from __future__ import annotations

import argparse
import secrets
import time
import traceback

from tests.fuzz.files import FILES
from tests.fuzz.inputs import INPUTS
from tests.fuzz.page import PAGE, count, render
from tests.fuzz.run import try_cases

KINDS = (*INPUTS, *FILES)


def main() -> int:
    """The number of kinds of which a case broke its promise; the page is written where there is none."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="for all kinds together (default: %(default)s)")
    parser.add_argument("--only", default="", help="kinds whose names contain this; the page stays as it is")
    parser.add_argument("--seed", type=int, help="of the cases (default: a new one)")
    arguments = parser.parse_args()
    seed = secrets.randbits(32) if arguments.seed is None else arguments.seed
    print(f"seed {seed}")
    kinds = [kind for kind in KINDS if arguments.only in kind.name]
    started, outcomes = time.monotonic(), []
    for kind in kinds:
        outcomes.append(outcome := try_cases(kind, seconds=arguments.seconds / len(kinds), seed=seed))
        print(f"{outcome.n_cases:8} {kind.name}{'' if outcome.failure is None else ': BROKEN'}", flush=True)
        if outcome.failure is not None:
            traceback.print_exception(outcome.failure)
    for group in ("inputs", "files"):
        print(f"{count(outcomes, group):8} {group} in all")
    failures = sum(outcome.failure is not None for outcome in outcomes)
    if not failures and not arguments.only:
        PAGE.write_text(render(outcomes, time.monotonic() - started), encoding="utf-8")
        print(f"wrote {PAGE}")
    return failures


if __name__ == "__main__":
    raise SystemExit(main())
