"""Models that are in memory already: taken out of their wrappers, and copied, so that the user's stays as it is."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn
from torch.nn.parallel import DataParallel, DistributedDataParallel

from fixlip_widget.errors import InputError


def snapshot(model: nn.Module) -> Any:
    """A copy of what a wrapper wraps, in evaluation mode and in float32; training the original does not change it.

    Wrappers are those of torch.compile, of data parallel training, and of PEFT, whose adapters stay at work.

    Raises:
        InputError: for adapters that act outside of the model, such as prompt tuning, and for models that cannot be
            copied.
    """
    inner = unwrap(model)
    try:
        copied = copy.deepcopy(inner)
    except Exception as error:  # modules may hold anything
        raise InputError(
            f"{type(inner).__name__} cannot be copied ({error}); save it, and load it from its folder."
        ) from error
    if any(parameter.is_meta for parameter in copied.parameters()):
        raise InputError(f"{type(inner).__name__} has parameters without values (on 'meta'); load its weights first.")
    return copied.float().eval()


def unwrap(model: nn.Module) -> nn.Module:
    """The model inside of its wrappers."""
    while True:
        if isinstance(model, DataParallel | DistributedDataParallel):
            model = model.module
        elif isinstance(inner := getattr(model, "_orig_mod", None), nn.Module):
            model = inner
        elif _is_peft(model):
            model = _without_peft(model)
        else:
            return model


def _is_peft(model: nn.Module) -> bool:
    return any(kind.__module__.startswith("peft.") and kind.__name__ == "PeftModel" for kind in type(model).__mro__)


def _without_peft(model: Any) -> nn.Module:
    """The model that the adapters were put into, with them."""
    if any(config.is_prompt_learning for config in model.peft_config.values()):
        raise InputError(
            "Adapters of prompt tuning are no part of the model, so that they cannot be explained; use LoRA, say."
        )
    inner: nn.Module = model.get_base_model()
    return inner
