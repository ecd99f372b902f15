"""How long the bundled encoder takes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fixlip_widget.demo.showcase import showcase
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
    yield Line(f"bundled: {MASKS} × 1024 masks explained", figures["explain"], "s", at_most=6, detail=detail)


def measured() -> dict[str, float]:
    """Seconds to load, to explain, and of the bare forwards of the same masks; the best of several times each."""
    load = seconds(Explainer.demo, 5)
    explainer, (image, _) = Explainer.demo(), showcase()
    options: ExplainKwargs = {"n_image_masks": MASKS, "random_state": 0, "progress": False}
    explain = seconds(partial(whole, explainer, image, CAPTION, options), 5)
    explained = explainer.explain(image, CAPTION, **options)
    return {"load": load, "explain": explain, "bare": bare(explainer, explained, image, 3)}
