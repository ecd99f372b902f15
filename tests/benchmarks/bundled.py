"""How long the bundled encoder takes; `python -m tests.benchmarks.bundled` also writes it down for the model card."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial

import torch

from fixlip_widget.demo.model import WEIGHTS
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.demo.training.model_card import SPEED_NAME
from fixlip_widget.explainer import Explainer
from fixlip_widget.options import ExplainKwargs
from tests.benchmarks.explain import bare, whole
from tests.benchmarks.measure import Line, seconds

CAPTION = "a green cat left of a yellow house and moon"  # 10 tokens: 1024 masks
MASKS = 4096


def run() -> Iterator[Line]:
    """Loading, and explaining from nothing known."""
    figures = measured()
    yield Line("bundled: load", figures["load"], "s", at_most=1)
    detail = f"bare forwards {figures['bare']:.2f} s"
    yield Line(f"bundled: {MASKS} × 1024 masks explained", figures["explain"], "s", at_most=3.5, detail=detail)


def measured() -> dict[str, float]:
    """Seconds to load, to explain, and of the bare forwards of the same masks; the best of several times each."""
    load = seconds(Explainer.demo, 5)
    explainer, (image, _) = Explainer.demo(), showcase()
    options: ExplainKwargs = {"n_image_masks": MASKS, "random_state": 0, "progress": False}
    explain = seconds(partial(whole, explainer, image, CAPTION, options), 5)
    explained = explainer.explain(image, CAPTION, **options)
    return {"load": load, "explain": explain, "bare": bare(explainer, explained, image, 3)}


if __name__ == "__main__":
    where = {"cores": os.cpu_count(), "torch": str(torch.__version__), "masks": MASKS}
    (WEIGHTS / SPEED_NAME).write_text(json.dumps(where | measured(), indent=2) + "\n", encoding="utf-8")
