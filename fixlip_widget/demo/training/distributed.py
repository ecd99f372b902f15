"""Several processes that train one model, each on batches of its own."""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn


def processes() -> int:
    """How many train together; 1 outside torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Which of them this is; the first, 0, writes the files."""
    return dist.get_rank() if dist.is_initialized() else 0


def join(device: torch.device) -> None:
    """Meet the other processes that torchrun has started."""
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def share_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give every process the mean of all gradients."""
    if processes() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    together = torch.cat([g.flatten() for g in gradients])
    dist.all_reduce(together)
    together /= processes()
    parts = torch.split(together, [g.numel() for g in gradients])
    for gradient, shared in zip(gradients, parts, strict=True):
        gradient.copy_(shared.view_as(gradient))
