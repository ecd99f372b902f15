"""`make bench`: every line a figure measured now, on this machine, beside its target."""

from __future__ import annotations

import platform
import sys
from datetime import datetime, timezone

import torch

from tests.benchmarks import bundled, cuda, designs, error, explain, grids, live, orders, solve, subsets, view

SUBJECTS = {
    "cuda": cuda,
    "solve": solve,
    "grids": grids,
    "bundled": bundled,
    "explain": explain,
    "error": error,
    "designs": designs,
    "orders": orders,
    "subsets": subsets,
    "view": view,
    "live": live,
}


def main() -> None:
    """All subjects, or those named on the command line."""
    print(
        f"{datetime.now(timezone.utc):%Y-%m-%d}, {platform.processor() or platform.machine()},"
        f" {torch.get_num_threads()} threads, torch {torch.__version__}"
    )
    for name in sys.argv[1:] or SUBJECTS:
        for line in SUBJECTS[name].run():
            print(line, flush=True)


if __name__ == "__main__":
    main()
