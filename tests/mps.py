"""A stand-in for Apple's MPS device that runs anywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map
from torch.utils.weak import WeakIdKeyDictionary

MPS, CPU = torch.device("mps"), torch.device("cpu")
MODULE_TO = (torch._C._nn._parse_to, torch._has_compatible_shallow_copy_type)
"""What `Module.to` asks before it calls `Tensor.to`."""


class FakeMPS(TorchFunctionMode):
    """A context with a device "mps", which computes on the CPU but refuses float64 and other devices as MPS does.

    Tensors are on the device that they are moved to or made on, and so is what is computed from them. This sees the
    calls that come from Python, where data types and devices are chosen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._on_mps: Any = WeakIdKeyDictionary()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in MODULE_TO:
            return func(*args, **kwargs)
        if func == Tensor.device.__get__:
            return MPS if args[0] in self._on_mps else func(*args, **kwargs)
        leaves = tree_leaves((args, kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
        target = self._target(func, leaves, tensors)
        args, kwargs = tree_map(lambda leaf: CPU if _device(leaf) == MPS else leaf, (args, kwargs))
        result = func(*args, **kwargs)
        if func == Tensor.data.__set__:  # type: ignore[attr-defined]
            self._place(args[0], target)
        return tree_map(lambda leaf: self._moved(leaf, target, tensors) if isinstance(leaf, Tensor) else leaf, result)

    def _target(self, func: Callable[..., Any], leaves: list[Any], tensors: list[Tensor]) -> torch.device:
        """The device of the result; refuses what MPS refuses."""
        devices = [MPS if tensor in self._on_mps else CPU for tensor in tensors]
        named = [device for leaf in leaves if (device := _device(leaf))]
        if func is Tensor.cpu:
            return CPU
        if func in (Tensor.numpy, Tensor.__array__) and MPS in devices:
            raise TypeError("can't convert mps:0 device type tensor to numpy. Use Tensor.cpu() to copy it first.")
        if named:
            return named[0]
        if func == Tensor.data.__set__ or func is Tensor.to:  # type: ignore[attr-defined]
            return devices[-1]
        if func in (Tensor.copy_, Tensor.__setitem__, Tensor.__getitem__):
            return devices[0]
        if len({device for tensor, device in zip(tensors, devices, strict=True) if tensor.ndim}) > 1:
            raise RuntimeError("Expected all tensors to be on the same device, but found at least two, mps:0 and cpu!")
        return MPS if MPS in devices else CPU

    def _moved(self, result: Tensor, target: torch.device, inputs: list[Tensor]) -> Tensor:
        if target == MPS and result.dtype in (torch.float64, torch.complex128):
            raise TypeError(
                "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. "
                "Please use float32 instead."
            )
        if (result in self._on_mps) != (target == MPS) and any(result is tensor for tensor in inputs):
            result = result.view_as(result)  # the input stays where it is
        self._place(result, target)
        return result

    def _place(self, tensor: Tensor, device: torch.device) -> None:
        if device == MPS:
            self._on_mps[tensor] = True
        else:
            self._on_mps.pop(tensor, None)


def _device(value: object) -> torch.device | None:
    """The device that an argument names."""
    if isinstance(value, torch.device):
        return value
    return torch.device(value) if isinstance(value, str) and value in ("mps", "cpu") else None
