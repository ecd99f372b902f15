"""The last block of a tower, and what enters it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from fixlip_widget.baselines.sides import Side
from fixlip_widget.errors import InputError

Hook = Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...] | None]


def last_block(side: Side) -> nn.Module:
    """The last of the tower's blocks: the longest list of modules of one kind that pass tokens (b, L, width) on.

    Raises InputError where there is no such list.
    """
    modules = [part for part in vars(side.tower).values() if isinstance(part, nn.Module)]
    lists = [list(part.children()) for module in modules for part in module.modules() if _is_list(part)]
    rows = {row[-1]: row for row in lists if len({type(block) for block in row}) == 1}
    reached: list[nn.Module] = []

    def note(block: nn.Module, arguments: tuple[Any, ...]) -> None:
        if arguments and isinstance(arguments[0], Tensor) and arguments[0].ndim == 3:
            reached.append(block)

    with hooked(rows, note), torch.no_grad():
        side.encode(side.given.clone())
    if not reached:
        raise InputError("This model has no row of blocks to look into; use another method, such as fixlip.")
    return max(reached, key=lambda block: len(rows[block]))


def entering(
    block: nn.Module, encode: Callable[[Tensor], Tensor], source: Tensor, points: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Embeddings (b, d), and what enters the block, (b, L, width), in whose place `points` of this shape may go."""
    caught: list[Tensor] = []

    def catch(_: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        caught.append(arguments[0])
        return None if points is None else (points, *arguments[1:])

    count = 1 if points is None else len(points)
    with hooked([block], catch):
        return encode(source.repeat(count, *[1] * (source.ndim - 1))), caught[0]


@contextmanager
def hooked(modules: Iterable[nn.Module], hook: Hook) -> Iterator[None]:
    """Modules with a hook before their forward, which is gone afterwards."""
    handles = [module.register_forward_pre_hook(hook) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _is_list(part: nn.Module) -> bool:
    return isinstance(part, nn.ModuleList | nn.Sequential)
