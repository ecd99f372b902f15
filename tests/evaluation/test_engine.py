"""Engines: Ray's actors measure what one process measures."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.data.scenes import scenes
from fixlip_widget.evaluation.engine import Engine, open_engine, run_locally
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import to_rows
from fixlip_widget.explainer import Explainer
from tests.evaluation.samples import assert_rows_agree

SPECS = [MethodSpec.parse(text) for text in ("fixlip/1@128", "rollout")]
ROOT = Path(__file__).parents[2]
create_explainer = partial(Explainer.demo, "cpu", precision="fp32")


def run_scenes(engine: Engine, folder: Path) -> Journal:
    journal = Journal(folder, {})
    assert run(engine, list(islice(scenes(), 3)), SPECS, ["aid", "pgr"], journal, print) == 0
    return journal


# In a process of its own: Ray leaves files and sockets open, of which pytest would warn.
SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from fixlip_widget.evaluation.engine import run_on_ray
from tests.evaluation.test_engine import create_explainer, run_scenes
run_scenes(partial(run_on_ray, create_explainer, n_actors=2), Path(sys.argv[1]))
import ray
assert not ray.is_initialized()
"""


def test_two_actors_measure_what_one_process_measures(tmp_path: Path) -> None:
    settings = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT)}
    settings["RAY_worker_niceness"] = "0"  # Ray's workers yield to all other processes, for minutes on a busy machine
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "ray")], check=True, cwd=ROOT, env={**os.environ, **settings}
    )
    distributed = to_rows(Journal(tmp_path / "ray", {}).records)
    local = to_rows(run_scenes(partial(run_locally, create_explainer()), tmp_path / "local").records)
    # Actors may have another number of threads, which sums float32 in another order: 6e-7 apart when measured.
    assert_rows_agree(distributed, local, tolerance=1e-5)


def test_engines_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="There is no engine 'steam'; use local or ray"):
        open_engine("steam", create_explainer)
    monkeypatch.setattr("fixlip_widget.evaluation.engine.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs Ray; run pip install 'fixlip-widget\[ray\]'"):
        open_engine("ray", create_explainer)
