"""What the protocol of encoders promises, checked where it enters: a user's encoder may return anything."""

from __future__ import annotations

import math
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from fixlip_widget.encoders.protocol import DualEncoder, MaskedInput
from fixlip_widget.errors import InputError

NORM_TOLERANCE = 0.02
"""Largest deviation of an embedding from unit norm; half precision rounds."""
LARGEST_LOGIT = 1e30
"""Largest magnitude of scale and bias; views show float32."""
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
MAX_SHOWN_PLAYERS = 80
"""Players of a mask that a message shows."""


def check_encoder(encoder: object) -> None:
    """Raise InputError for an object that is no `DualEncoder`."""
    for method in ("image", "text"):
        if not callable(getattr(encoder, method, None)):
            raise InputError(
                f"An encoder of type {type(encoder).__name__} has no method {method}(); give an object that follows "
                "fixlip_widget.encoders.DualEncoder, or load a model with Explainer.from_open_clip and the like."
            )
    name = getattr(encoder, "name", None)
    if not isinstance(name, str):
        raise InputError(f"The encoder's name is {name!r}, which is no string; give it a name such as 'mine'.")


def read_number(encoder: DualEncoder, name: str) -> float:
    """The encoder's `scale` or `bias`, which may be a parameter; InputError where it is no finite number."""
    value: Any = getattr(encoder, name, None)
    held = value.detach() if isinstance(value, Tensor) else value
    try:
        number = math.nan if isinstance(held, str | bytes | bytearray) else float(held)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # of None, of text, of several numbers, of huge ones
        number = math.nan
    if not abs(number) <= LARGEST_LOGIT:
        raise InputError(
            f"The encoder's {name} is {value!r}, which is no number of magnitude up to {LARGEST_LOGIT:g}; "
            "logit = scale · cosine + bias needs one."
        )
    return number


def read_device(encoder: DualEncoder) -> torch.device:
    """The encoder's `device`, by default the CPU; InputError where it is none."""
    value: Any = getattr(encoder, "device", "cpu")
    try:
        return torch.device(value)
    except (TypeError, RuntimeError) as error:
        raise InputError(f"The encoder's device is {value!r}; use 'cuda', 'mps' or 'cpu', or leave it out.") from error


def check_input(source: MaskedInput, modality: str) -> int:
    """The number of players of an image or caption that an encoder prepared.

    Raises:
        InputError: where it is no `MaskedInput`, or its players, tokens and grid do not fit each other.
    """
    if not callable(getattr(source, "embed", None)):
        kind = type(source).__name__
        raise InputError(f"{modality}() of the encoder returned a {kind}, which has no embed(); return a MaskedInput.")
    n, tokens, grid = (getattr(source, name, None) for name in ("n_players", "tokens", "grid"))
    if not isinstance(n, Integral) or isinstance(n, bool):
        raise InputError(f"n_players of the {modality} is {n!r}, which is no whole number; count its tokens.")
    if n < 1:
        raise InputError(f"The {modality} has no tokens that could be players; give one that has.")
    if isinstance(tokens, str) or not isinstance(tokens, list | tuple) or not all(isinstance(t, str) for t in tokens):
        raise InputError(f"tokens of the {modality} are {tokens!r}, which is no list of strings; name each player.")
    if len(tokens) != n:
        raise InputError(f"The {modality} has {n} players but {len(tokens)} tokens; name each player.")
    if modality == "image" and grid is not None and not _is_grid(grid, int(n)):
        raise InputError(
            f"grid of the image is {grid!r}, which is no number of rows and columns of {n} players; "
            "give two whole numbers whose product this is, or None."
        )
    return int(n)


def _is_grid(grid: Any, n: int) -> bool:
    try:
        rows, columns = grid
        return bool(rows == int(rows) > 0 and columns == int(columns) > 0 and rows * columns == n)
    except (TypeError, ValueError, OverflowError):
        return False


def check_embeddings(embeddings: object, masks: Tensor, modality: str, like: Tensor | None) -> Tensor:
    """The embeddings (m, d) that `embed` returned for masks (m, n).

    Costs one reduction, whose result is waited for.

    Args:
        embeddings: whatever was returned.
        masks: what was asked for.
        modality: "image" or "text", for messages.
        like: embeddings of the same input, whose width and device these have.

    Raises:
        InputError: where they are not m unit vectors of real numbers.
    """
    method = f"embed() of the {modality}"
    if not isinstance(embeddings, Tensor):
        raise InputError(f"{method} returned a {type(embeddings).__name__}; return a torch tensor (m, d).")
    shape, m = tuple(embeddings.shape), len(masks)
    if len(shape) != 2 or shape[0] != m or shape[1] < 1:
        raise InputError(f"{method} returned a tensor of shape {shape} for {m} masks; return one of shape ({m}, d).")
    if embeddings.dtype not in DTYPES or embeddings.device.type == "meta":
        kind = f"{embeddings.dtype} on {embeddings.device}"
        raise InputError(f"{method} returned a tensor of {kind}; return one of torch.float32 that holds numbers.")
    if like is not None and (shape[1], embeddings.device) != (like.shape[1], like.device):
        raise InputError(
            f"{method} returned vectors of width {shape[1]} on {embeddings.device} after some of width "
            f"{like.shape[1]} on {like.device}; return the same for all masks."
        )
    precise = torch.promote_types(embeddings.dtype, torch.float32)
    norms = torch.linalg.vector_norm(embeddings, dim=1, dtype=precise)  # (m,)
    if not bool(((norms - 1.0).abs() <= NORM_TOLERANCE).all()):  # so that NaN is refused as well
        raise _wrong_norm(method, norms.cpu(), masks.cpu())
    return embeddings


def _wrong_norm(method: str, norms: Tensor, masks: Tensor) -> InputError:
    """The error for the mask with the worst of the norms (m,)."""
    worst = int(torch.nan_to_num((norms - 1.0).abs(), nan=torch.inf).argmax())
    norm = float(norms[worst])
    shown = "".join("01"[int(kept)] for kept in masks[worst, :MAX_SHOWN_PLAYERS])
    mask = shown + "…" * (masks.shape[1] > MAX_SHOWN_PLAYERS)
    if not math.isfinite(norm):
        advice = "look for a division by zero or an overflow in the model"
    else:
        advice = (
            "divide each vector by its norm" if norm else "return vectors that are not zero, divided by their norms"
        )
    return InputError(f"{method} returned a vector of norm {norm:.4g} for the mask {mask}; {advice}.")
