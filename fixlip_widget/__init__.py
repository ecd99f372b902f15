"""See why a vision–language encoder finds an image and a caption similar."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fixlip_widget.errors import InputError
    from fixlip_widget.explainer import Explainer
    from fixlip_widget.explanation import Explanation
    from fixlip_widget.live import explore
    from fixlip_widget.widget import compare

__version__ = "0.1.0"
__all__ = ["Explainer", "Explanation", "InputError", "__version__", "compare", "explore"]

# Rooms are entered when first used, so that reading a saved explanation does not wait for torch.
_HOMES = {
    "Explainer": "explainer",
    "Explanation": "explanation",
    "InputError": "errors",
    "compare": "widget",
    "explore": "live",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
