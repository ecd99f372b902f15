"""In which precision the encoder multiplies."""

from __future__ import annotations

from typing import Literal

import torch

from fixlip_widget.errors import InputError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def pick_precision(precision: str, device: torch.device) -> torch.dtype:
    """The precision asked for; "auto" is bf16 where the device multiplies it natively, and fp32 elsewhere.

    Only matrix products are in lower precision; sums, norms and embeddings stay in float32.
    """
    if precision == "auto":
        return torch.bfloat16 if _multiplies_bf16(device) else torch.float32
    if precision not in _DTYPES:
        raise InputError(f"There is no precision {precision!r}; use 'auto', {', '.join(map(repr, _DTYPES))}.")
    return _DTYPES[precision]


def _multiplies_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # torch has no public question for this; where it lacks these, fp32 is never wrong.
        probes = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
        return any(probe() for probe in probes if probe)
    return False


def multiplying_in(precision: torch.dtype, device: torch.device) -> torch.autocast:
    """A context in which matrix products are taken in this precision."""
    return torch.autocast(device.type, precision, enabled=precision != torch.float32)
