"""Where the encoder runs."""

from __future__ import annotations

from typing import Literal

import torch

from fixlip_widget.errors import InputError


def pick_device(device: str | torch.device | None = None) -> torch.device:
    """The device asked for, or the best one there is: CUDA, then Apple's MPS, then the CPU."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device is None:
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise InputError(f"There is no device {device!r}; use 'cuda', 'mps' or 'cpu'.") from error
    if chosen.type not in ("cuda", "mps", "cpu"):
        raise InputError(f"Encoders do not run on {device!r}; use 'cuda', 'mps' or 'cpu'.")
    if not {"cuda": cuda, "mps": mps}.get(chosen.type, True):
        raise InputError(f"This machine offers no {chosen.type.upper()} device; use device='cpu' or leave it out.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"This machine has {torch.cuda.device_count()} CUDA devices, so none is {device!r}; use 'cuda'."
        )
    return chosen


def batch_size(device: torch.device, n_tokens: int) -> int:
    """How many masked inputs of so many tokens keep a device busy without filling its memory, a power of two."""
    tokens = {"cuda": 100_000, "mps": 25_000}.get(device.type, 3_200)
    most = 512 if device.type == "cpu" else 2048
    return 1 << (min(max(tokens // n_tokens, 16), most).bit_length() - 1)


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
