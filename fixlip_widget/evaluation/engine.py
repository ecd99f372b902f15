"""Engines run measurement jobs: in this process, or on Ray actors on many GPUs and machines."""

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
    """Result of a job: the records of what was measured, and one message for each failure."""

    records: list[Record]
    errors: list[str]


Job = Callable[[Explainer], Outcome]
"""A picklable measurement of one pair."""
Engine = Callable[[Sequence[Job]], Iterator[Outcome]]
ExplainerFactory = Callable[[], Explainer]

ENGINES = ("local", "ray")


def open_engine(name: str, create_explainer: ExplainerFactory) -> Engine:
    """The engine of this name.

    Args:
        name: one of ENGINES.
        create_explainer: picklable; called once by "local", and once in each actor of "ray".

    Raises:
        InputError: for other names, or where Ray is not installed.
    """
    if name == "local":
        return partial(run_locally, create_explainer())
    if name != "ray":
        raise InputError(f"There is no engine {name!r}; use {' or '.join(ENGINES)}.")
    if find_spec("ray") is None:
        raise InputError("The engine 'ray' needs Ray; run pip install 'fixlip-widget[ray]'.")
    return partial(run_on_ray, create_explainer)


def run_locally(explainer: Explainer, jobs: Sequence[Job]) -> Iterator[Outcome]:
    """The outcomes, one job after the other."""
    return (job(explainer) for job in jobs)


def run_on_ray(
    create_explainer: ExplainerFactory, jobs: Sequence[Job], n_actors: int | None = None
) -> Iterator[Outcome]:
    """The outcomes in order of completion.

    A running cluster is used; if there is none, one is started on this machine and shut down after the last job.

    Args:
        create_explainer: called once in each actor.
        jobs: the jobs.
        n_actors: by default one for each GPU of the cluster, or for each CPU where it has no GPU.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext, from_items

    if not jobs:
        return
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the runner has a progress bar of its own
    owns_cluster = not ray.is_initialized()
    if owns_cluster:
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False, num_cpus=n_actors)
    try:
        cluster: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]  # has no types
        n_gpus = int(cluster.get("GPU", 0))
        size = min(n_actors or n_gpus or int(cluster["CPU"]), len(jobs))
        DataContext.get_current().enable_progress_bars = False
        rows = from_items([{"job": pickle.dumps(job)} for job in jobs], override_num_blocks=len(jobs))
        actor: Any = _Actor
        outcomes = rows.map(
            actor,
            fn_constructor_args=(create_explainer,),
            compute=ActorPoolStrategy(size=size),
            num_gpus=1 if n_gpus else 0,
        )
        for row in outcomes.iter_rows():
            yield pickle.loads(row["outcome"])
    finally:
        if owns_cluster:
            ray.shutdown()


class _Actor:
    """One explainer, which runs one job at a time."""

    def __init__(self, create_explainer: ExplainerFactory) -> None:
        self._explainer = create_explainer()

    def __call__(self, row: dict[str, Any]) -> dict[str, bytes]:
        return {"outcome": pickle.dumps(pickle.loads(row["job"])(self._explainer))}
