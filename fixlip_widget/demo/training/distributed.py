"""Data-parallel training: each process draws its own batches, and gradients are averaged."""

from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import nn


def world_size() -> int:
    """Number of processes; 1 outside torchrun."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Index of this process; 0, which writes the files, outside torchrun."""
    return dist.get_rank() if dist.is_initialized() else 0


def init_process_group(device: torch.device) -> None:
    """Connect to the other processes that torchrun started."""
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace the gradients by their mean over all processes, in one all-reduce."""
    if world_size() == 1:
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])  # (total,)
    dist.all_reduce(flat)
    flat /= world_size()
    means = torch.split(flat, [gradient.numel() for gradient in gradients])
    for gradient, mean in zip(gradients, means, strict=True):
        gradient.copy_(mean.view_as(gradient))
