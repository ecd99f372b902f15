"""Where pairs are measured: in this process, or by Ray's actors on as many GPUs and machines as there are."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.journal import Record
from fixlip_widget.explainer import Explainer


class Outcome(NamedTuple):
    """What was measured of a pair, and in a line each what of it was refused."""

    records: list[Record]
    refusals: list[str]


Job = Callable[[Explainer], Outcome]
Engine = Callable[[Sequence[Job]], Iterator[Outcome]]
OpenExplainer = Callable[[], Explainer]

ENGINES = ("local", "ray")


def open_engine(name: str, open_explainer: OpenExplainer) -> Engine:
    """The engine of this name, with explainers opened where they are used; InputError where it cannot be had."""
    if name == "local":
        return partial(locally, open_explainer())
    if name != "ray":
        raise InputError(f"There is no engine {name!r}; use {' or '.join(ENGINES)}.")
    if find_spec("ray") is None:
        raise InputError("The engine 'ray' needs Ray; run pip install 'fixlip-widget[ray]'.")
    return partial(on_ray, open_explainer)


def locally(explainer: Explainer, jobs: Sequence[Job]) -> Iterator[Outcome]:
    """What comes of each job, one after the other."""
    return (job(explainer) for job in jobs)


def on_ray(open_explainer: OpenExplainer, jobs: Sequence[Job], workers: int | None = None) -> Iterator[Outcome]:
    """What comes of each job, in the order in which Ray Data's actors are done.

    Each of the `workers` opens an explainer of its own; there is one for each GPU of the cluster, or without any for
    each CPU. A cluster that runs is joined; if none does, one on this machine runs as long as there are jobs.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext, from_items

    if not jobs:
        return
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # this has its own progress bar
    mine = not ray.is_initialized()
    if mine:
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False, num_cpus=workers)
    try:
        cluster: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]  # has no types
        gpus = int(cluster.get("GPU", 0))
        count = min(workers or gpus or int(cluster["CPU"]), len(jobs))
        DataContext.get_current().enable_progress_bars = False
        rows = from_items([{"job": pickle.dumps(job)} for job in jobs], override_num_blocks=len(jobs))
        worker: Any = _Worker
        pool = ActorPoolStrategy(size=count)
        each = rows.map(worker, fn_constructor_args=(open_explainer,), compute=pool, num_gpus=1 if gpus else 0)
        for row in each.iter_rows():
            yield pickle.loads(row["outcome"])
    finally:
        if mine:
            ray.shutdown()


class _Worker:
    """An actor: one explainer, one job at a time."""

    def __init__(self, open_explainer: OpenExplainer) -> None:
        self._explainer = open_explainer()

    def __call__(self, row: dict[str, Any]) -> dict[str, bytes]:

        return {"outcome": pickle.dumps(pickle.loads(row["job"])(self._explainer))}
