"""Ray's workers say what one process says."""

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
from fixlip_widget.evaluation.engine import Engine, locally, open_engine
from fixlip_widget.evaluation.journal import Journal
from fixlip_widget.evaluation.method_spec import MethodSpec
from fixlip_widget.evaluation.runner import run
from fixlip_widget.evaluation.table import rows
from fixlip_widget.explainer import Explainer

ENTRIES = [MethodSpec.parse(text) for text in ("fixlip/1@128", "rollout")]
ROOT = Path(__file__).parents[2]
open_explainer = partial(Explainer.demo, "cpu", precision="fp32")


def measure(engine: Engine, folder: Path) -> Journal:
    journal = Journal(folder, {})
    assert run(engine, list(islice(scenes(), 3)), ENTRIES, ["aid", "pgr"], journal, print) == 0
    return journal


# In a process of its own: Ray leaves open what Python's development warnings complain of.
SCRIPT = """
import sys
from functools import partial
from pathlib import Path
from fixlip_widget.evaluation.engine import on_ray
from tests.evaluation.test_engine import measure, open_explainer
measure(partial(on_ray, open_explainer, workers=2), Path(sys.argv[1]))
import ray
assert not ray.is_initialized()
"""


def test_two_workers_say_what_one_process_says(tmp_path: Path) -> None:
    quiet = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": str(ROOT)}
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "there")],
        check=True,
        cwd=ROOT,
        env={**os.environ, **quiet},
    )
    there, here = Journal(tmp_path / "there", {}), measure(partial(locally, open_explainer()), tmp_path / "here")
    assert len(there.records) == 3 * len(ENTRIES) * 2
    for a, b in zip(rows(there.records), rows(here.records), strict=True):
        assert a == b


def test_engines_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="There is no engine 'steam'; use local or ray"):
        open_engine("steam", open_explainer)
    monkeypatch.setattr("fixlip_widget.evaluation.engine.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"needs Ray; run pip install 'fixlip-widget\[ray\]'"):
        open_engine("ray", open_explainer)
