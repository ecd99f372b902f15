"""Weights from files, read without running code: safetensors, pickled tensors and TorchScript archives."""

from __future__ import annotations

import io
import json
import pickle
import re
import zipfile
from argparse import Namespace
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from fixlip_widget.errors import InputError

INDEX_SUFFIX = ".index.json"
SHARD = re.compile(r"(.+)-\d+-of-\d+(\.\w+)")
"""File names of the parts that large models are saved in."""


def read_checkpoint(path: Path) -> Any:
    """What a file holds, with its tensors on the CPU; nothing in it is executed.

    Args:
        path: a safetensors file, one of several parts of a model or their index, a file of `torch.save`, or a
            TorchScript archive, of which only the tensors are read.

    Raises:
        InputError: where the file holds objects that only running code could restore, or a part is missing.
        Exception: whatever safetensors and torch raise for damaged files.
    """
    if part := SHARD.fullmatch(path.name):
        path = path.with_name(f"{part[1]}{part[2]}{INDEX_SUFFIX}")
    if path.name.endswith(INDEX_SUFFIX):
        return _read_parts(path)
    if path.suffix == ".safetensors":
        return load_file(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(name.endswith("/constants.pkl") for name in archive.namelist()):
                return _ScriptArchive(archive).state_dict()
    try:
        with torch.serialization.safe_globals(_harmless_globals()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if not (foreign := re.search(r"GLOBAL ([\w.]+)", str(error))):
            raise
        raise InputError(
            f"{path} holds more than tensors ({foreign[1].rstrip('.')}), which is not loaded, as that can run code; "
            "save model.state_dict() alone, best as safetensors."
        ) from error


def _read_parts(index: Path) -> dict[str, torch.Tensor]:
    if not index.is_file():
        raise InputError(f"{index.parent} holds a part of a model, but no {index.name}; put it beside the parts.")
    names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    if not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise InputError(f"{index} names files of other folders, which are not read; keep the parts beside it.")
    if missing := [name for name in names if not (index.parent / name).is_file()]:
        raise InputError(f"{index.parent} lacks {missing[0]}, a part of the model; put all parts beside {index.name}.")
    weights: dict[str, torch.Tensor] = {}
    for name in names:
        part = index.parent / name
        weights |= load_file(part) if part.suffix == ".safetensors" else torch.load(part, "cpu", weights_only=True)
    return weights


def _harmless_globals() -> list[Any]:
    """NumPy's scalars and arrays, and arguments of a command line, which people save beside weights."""
    restore = np.float64().__reduce__()[0], np.zeros(1).__reduce__()[0]
    names = "scalar", "_reconstruct"
    packages = "numpy.core.multiarray", "numpy._core.multiarray"  # before NumPy 2, and since
    functions = [
        (function, f"{package}.{name}") for function, name in zip(restore, names, strict=True) for package in packages
    ]
    return [*functions, np.ndarray, np.dtype, *{type(np.dtype(code)) for code in np.typecodes["All"]}, Namespace]


class _ScriptObject:
    """A module of a TorchScript archive, without its code: a tree of attributes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.attributes = state

    def tensors(self, prefix: str = "") -> dict[str, torch.Tensor]:
        found: dict[str, torch.Tensor] = {}
        for name, value in self.attributes.items():
            if isinstance(value, torch.Tensor):
                found[prefix + name] = value
            elif isinstance(value, _ScriptObject):
                found |= value.tensors(f"{prefix}{name}.")
        return found


class _ScriptArchive(pickle.Unpickler):
    """Reads the tensors of a TorchScript archive; every name outside a short list is refused."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        data = next((name for name in archive.namelist() if name.endswith("/data.pkl")), None)
        if data is None:
            raise InputError("A TorchScript archive without data.pkl cannot be read; save model.state_dict().")
        self._root = data.removesuffix("data.pkl")
        super().__init__(io.BytesIO(archive.read(data)))

    def state_dict(self) -> dict[str, torch.Tensor]:
        module = self.load()
        if not isinstance(module, _ScriptObject):
            raise InputError("A TorchScript archive without a module cannot be read; save model.state_dict().")
        return module.tensors()

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__"):
            return _ScriptObject
        if module == "torch" and name.endswith("Storage"):
            return getattr(torch, name).dtype
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            **{("torch.jit._pickle", f"build_{kind}list"): list for kind in ("int", "double", "bool", "tensor")},
        }
        if (module, name) not in known:
            raise InputError(f"A TorchScript archive asks for {module}.{name}, which is not loaded; save its weights.")
        return known[module, name]

    def persistent_load(self, pid: Any) -> torch.Tensor:
        """The storage of a tensor."""
        _, dtype, key, *_ = pid
        content = bytearray(self._archive.read(f"{self._root}data/{key}"))
        return torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)  # (numel,)


def _rebuild(
    storage: torch.Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> torch.Tensor:
    return storage.as_strided(size, stride, offset)
