"""The device, the batch size and the precision of the forward passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from fixlip_widget.errors import InputError

Precision = Literal["auto", "fp32", "bf16", "fp16"]
_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

TOKENS_PER_BATCH = {"cuda": 100_000, "mps": 25_000, "cpu": 3_200}
"""Tokens that keep a device busy without filling its memory."""


def resolve_device(device: str | torch.device | None = None) -> torch.device:
    """The given device, or the best available one: CUDA, then MPS, then the CPU.

    Raises:
        InputError: for a device that this machine does not have.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device is None:
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
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
    """Masked inputs of this many tokens per forward pass, a power of two."""
    tokens = TOKENS_PER_BATCH.get(device.type, TOKENS_PER_BATCH["cpu"])
    maximum = 512 if device.type == "cpu" else 2048
    return 1 << (min(max(tokens // n_tokens, 16), maximum).bit_length() - 1)


def resolve_precision(precision: Any, device: torch.device) -> torch.dtype:
    """The dtype of matrix products; "auto" is bf16 where the device multiplies it natively and fp32 elsewhere.

    Sums, norms and embeddings are in float32 at any precision, as are convolutions on a CPU.

    Raises:
        InputError: for another name.
    """
    if precision == "auto":
        return torch.bfloat16 if _has_native_bf16(device) else torch.float32
    if not isinstance(precision, str) or precision not in _DTYPES:
        raise InputError(f"There is no precision {precision!r}; use 'auto', {', '.join(map(repr, _DTYPES))}.")
    return _DTYPES[precision]


@contextmanager
def autocast_to(precision: torch.dtype, device: torch.device) -> Iterator[None]:
    """A context in which matrix products are computed in this precision."""
    if precision == torch.float32:
        yield
    elif device.type == "cpu":
        with torch.autocast("cpu", precision), _Float32Convolution():
            yield
    else:
        with torch.autocast(device.type, precision):
            yield


class _Float32Convolution(TorchFunctionMode):
    """A context in which convolutions are computed in float32.

    On CPUs with AMX, bf16 convolutions of 16 channels whose kernel equals their stride return wrong values (seen with
    torch 2.15).
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is not torch.conv2d:
            return func(*args, **kwargs)
        with torch.autocast("cpu", enabled=False):
            return func(*map(_to_float32, args), **{name: _to_float32(value) for name, value in kwargs.items()})


def _to_float32(value: Any) -> Any:
    return value.float() if isinstance(value, Tensor) else value


def _has_native_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        # torch has no public query; where these private ones are missing, fp32 is always correct.
        probes = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
        return any(probe() for probe in probes if probe)
    return False
