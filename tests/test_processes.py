"""Explainers in other processes: pickled, sent to workers, and forked."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from fixlip_widget import Explainer, Explanation
from fixlip_widget.demo.showcase import showcase

FORKS = """
import os, sys, torch
from fixlip_widget import Explainer
from fixlip_widget.demo.showcase import showcase

torch.set_num_threads(2)
explainer = Explainer.demo()
explain = lambda: explainer.explain(*showcase(), n_image_masks=128, max_order=1, random_state=0, progress=False)
here = explain()
explainer.forget()
if child := os.fork():
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
try:
    close = abs(explain().first - here.first).max() < 1e-4
    explainer.explain(*showcase(), method="exclip")
except BaseException:
    os._exit(2)
os._exit(0 if close else 1)
"""

FORKS_BESIDE_A_THREAD = """
import os, sys, threading
import numpy as np
from fixlip_widget import Explainer
from tests.games import TableEncoder

inside, forked = threading.Event(), threading.Event()

class Slow(TableEncoder):
    def text(self, caption):
        if caption == "slow":
            inside.set()
            forked.wait()
        return super().text(caption)

explainer, picture = Explainer(Slow()), np.zeros((4, 6, 3), np.uint8)
thread = threading.Thread(target=explainer.explain, args=(picture, "slow"))
thread.start()
inside.wait()
child = os.fork()
if child == 0:
    explainer.explain(picture, "one two")
    os._exit(0)
forked.set()
thread.join()
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def explain(explainer: Explainer, method: str = "fixlip") -> Explanation:
    n_masks = 256 if method == "fixlip" else None
    return explainer.explain(*showcase(), method=method, max_order=1, n_image_masks=n_masks, random_state=0)


def assert_equal(there: Explanation, here: Explanation) -> None:
    np.testing.assert_array_equal(there.first, here.first)
    assert repr(there) == repr(here)
    assert there.stderr_first is None or not there.stderr_first.flags.writeable
    assert not there.first.flags.writeable


def test_a_copy_explains_the_same_and_has_no_embeddings() -> None:
    explainer = Explainer.demo()
    size = len(pickle.dumps(explainer))
    explanations = {method: explain(explainer, method) for method in ("fixlip", "game")}
    pickled = pickle.dumps(explainer)
    assert len(pickled) < 1.01 * size
    copy = pickle.loads(pickled)
    assert copy._default_seed == explainer._default_seed
    for method, explanation in explanations.items():
        assert_equal(explain(copy, method), explanation)
        assert_equal(pickle.loads(pickle.dumps(explanation)), explanation)


def test_spawned_workers_explain_the_same() -> None:
    explainer, spawn = Explainer.demo(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        there = pool.submit(explain, explainer).result(timeout=120)
    assert_equal(there, explain(explainer))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("script", [FORKS, FORKS_BESIDE_A_THREAD])
def test_a_forked_child_does_not_wait_for_threads_that_are_gone(script: str) -> None:
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[1], timeout=120)
