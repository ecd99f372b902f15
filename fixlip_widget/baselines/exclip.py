"""The last block of a tower, and what enters it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.trace import ExplicitAttention, Side
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


def exclip(image: Side, text: Side, *, interpolations: int = 20) -> Relevance:
    """A[v, t] = P_vᵀP_t / (‖e_v‖‖e_t‖) for patches v and words t, as `second` (n, n); everything else is zero.

    P[·, s] = mean over α = 1/N … 1 of J(r + α(x − r)) (x − r)_s, with x and r what enters the last block for the input
    and for a blank one, and J the derivative of the embedding: how it moves as token s comes. The Jacobians, (d, L,
    width) each, are never formed: P_t takes a directional derivative for each word, and A a gradient for each column
    of P_t.
    """
    with ExplicitAttention(noting=False):
        read, seen = _Path(text, interpolations), _Path(image, interpolations)
        met = seen.gradients(read.derivatives()) / (seen.norm * read.norm)  # (patches, words)
    n_image, n_text = met.shape
    second = torch.zeros(n_image + n_text, n_image + n_text, dtype=torch.float64)  # (n, n)
    second[:n_image, n_image:] = met
    second[n_image:, :n_image] = met.T
    return Relevance(torch.zeros(len(second), dtype=torch.float64), second, "cosine")


class _Path:
    """The straight way from a blank input to the one given, as it enters a tower's last block."""

    def __init__(self, side: Side, steps: int) -> None:
        with torch.no_grad():
            last = last_block(side)
            embedding, end = entering(last, side.encode, side.given)  # (1, d), (1, L, width)
            _, start = entering(last, side.encode, side.blank)
        self.norm = float(embedding.norm())
        self._way = (end - start)[0]  # (L, width)
        self._players = range(len(self._way))[side.players(len(self._way))]
        alphas = torch.arange(1, steps + 1, device=end.device) / steps  # (N,)
        self._points = (start + alphas[:, None, None] * self._way).requires_grad_()  # (N, L, width)
        self._embeddings, _ = entering(last, side.encode, side.given, self._points)  # (N, d)

    def derivatives(self) -> Tensor:
        """P (d, players): how the embedding moves when one token goes the way, averaged over the points.

        The gradient along u is Jᵀu, so its derivative by u along a step is J times that step.
        """
        u = torch.zeros_like(self._embeddings, requires_grad=True)  # (N, d)
        (pulled,) = torch.autograd.grad(self._embeddings, self._points, u, create_graph=True)  # (N, L, width)
        columns = []
        for position in self._players:
            step = torch.zeros_like(self._points)  # (N, L, width)
            step[:, position] = self._way[position]
            (moved,) = torch.autograd.grad(pulled, u, step, retain_graph=True)  # (N, d)
            columns.append(moved.mean(dim=0))
        return torch.stack(columns, dim=1)

    def gradients(self, directions: Tensor) -> Tensor:
        """(d, k) → (players, k) float64: PᵀV, each direction carried back to the tokens."""
        columns = []
        for direction in directions.T:
            towards = direction.expand_as(self._embeddings)  # (N, d)
            (pulled,) = torch.autograd.grad(self._embeddings, self._points, towards, retain_graph=True)  # (N, L, width)
            columns.append((pulled.mean(dim=0).double() * self._way.double()).sum(dim=1))  # (L,)
        return torch.stack(columns, dim=1)[self._players].cpu()
