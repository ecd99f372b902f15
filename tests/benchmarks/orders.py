"""What each order explains: R² on fresh masks, from the same encoder forwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fixlip_widget.demo.showcase import SHOWCASES, showcase
from fixlip_widget.explainer import Explainer
from tests.benchmarks.measure import Line


def run() -> Iterator[Line]:
    """Means over the showcases."""
    explainer = Explainer.demo()
    found: dict[int, list[float]] = {1: [], 2: [], 3: []}
    for name in SHOWCASES:
        image, caption = showcase(name)
        for order, values in found.items():
            explanation = explainer.explain(
                image, caption, max_order=order, n_image_masks=4096, random_state=0, progress=False
            )
            r2 = explainer.r2(explanation)
            assert r2 is not None, "the scenes' values differ between masks"
            values.append(r2)
    means = {order: float(np.mean(values)) for order, values in found.items()}
    for order, least in ((2, 0.2), (3, 0.0)):
        detail = f"{means[order - 1]:.3f} → {means[order]:.3f}, mean of {len(SHOWCASES)} scenes"
        yield Line(f"R² gained by order {order}", means[order] - means[order - 1], "", at_least=least, detail=detail)
