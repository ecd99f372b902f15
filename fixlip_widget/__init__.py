"""See why a vision–language encoder finds an image and a caption similar."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fixlip_widget.demo.by_hand import scene
    from fixlip_widget.errors import InputError
    from fixlip_widget.explainer import Explainer
    from fixlip_widget.explanation import Explanation
    from fixlip_widget.live import explore
    from fixlip_widget.story import Step
    from fixlip_widget.widget import compare

__version__ = "0.1.0"
__all__ = ["Explainer", "Explanation", "InputError", "Step", "__version__", "compare", "explore", "scene"]

# OpenMP threads that spin while they wait starve beside another busy process: torch then takes five times as long.
if "torch" not in sys.modules:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Modules are imported on first use, so that reading a saved explanation does not wait for torch.
_MODULES = {
    "Explainer": "explainer",
    "Explanation": "explanation",
    "InputError": "errors",
    "Step": "story",
    "compare": "widget",
    "explore": "live",
    "scene": "demo.by_hand",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
