"""exCLIP: second-order attributions by integrated Jacobians (Möller et al. 2024, "Explaining Caption–Image Interactions
in CLIP Models with Second-Order Attributions")."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.baselines.trace import ExplicitAttention, TowerInput
from fixlip_widget.errors import InputError

PreHook = Callable[[nn.Module, tuple[Any, ...]], tuple[Any, ...] | None]


def exclip(image: TowerInput, text: TowerInput, *, interpolations: int = 20) -> Relevance:
    """A[v, t] = P_vᵀP_t / (‖e_v‖‖e_t‖) for patches v and tokens t, as `second` (n, n); everything else is zero.

    P[·, s] = mean over α = 1/N … 1 of J(r + α(x − r)) (x − r)_s, where x and r are the inputs of the last block for
    the input and for its reference, and J is the Jacobian of the embedding. The Jacobians, (d, L, width) each, are
    never formed: P_t takes one directional derivative for each token, and A one gradient for each column of P_t.
    """
    with ExplicitAttention(record=False):
        text_path, image_path = _IntegrationPath(text, interpolations), _IntegrationPath(image, interpolations)
        cross = image_path.pull_back(text_path.push_forward()) / (image_path.norm * text_path.norm)  # (patches, tokens)
    n_image, n_text = cross.shape
    second = torch.zeros(n_image + n_text, n_image + n_text, dtype=torch.float64)  # (n, n)
    second[:n_image, n_image:] = cross
    second[n_image:, :n_image] = cross.T
    return Relevance(torch.zeros(len(second), dtype=torch.float64), second, "cosine")


class _IntegrationPath:
    """N points on the straight line from the reference to the input, at the entrance of the tower's last block."""

    def __init__(self, source: TowerInput, n_points: int) -> None:
        with torch.no_grad():
            block = last_block(source)
            embedding, end = encode_at(block, source.encode, source.input)  # (1, d), (1, L, width)
            _, start = encode_at(block, source.encode, source.reference)
        self.norm = float(embedding.norm())
        self._difference = (end - start)[0]  # (L, width)
        length = len(self._difference)
        self._players = range(length)[source.player_positions(length)]
        alphas = torch.arange(1, n_points + 1, device=end.device) / n_points  # (N,)
        self._points = (start + alphas[:, None, None] * self._difference).requires_grad_()  # (N, L, width)
        self._embeddings, _ = encode_at(block, source.encode, source.input, self._points)  # (N, d)

    def push_forward(self) -> Tensor:
        """P (d, players): derivative of the embedding along each token's difference, averaged over the points.

        The gradient along u is Jᵀu; its derivative with respect to u along a vector is J times that vector.
        """
        u = torch.zeros_like(self._embeddings, requires_grad=True)  # (N, d)
        (gradient,) = torch.autograd.grad(self._embeddings, self._points, u, create_graph=True)  # (N, L, width)
        columns = []
        for position in self._players:
            vector = torch.zeros_like(self._points)  # (N, L, width)
            vector[:, position] = self._difference[position]
            (derivative,) = torch.autograd.grad(gradient, u, vector, retain_graph=True)  # (N, d)
            columns.append(derivative.mean(dim=0))
        return torch.stack(columns, dim=1)

    def pull_back(self, directions: Tensor) -> Tensor:
        """Directions V (d, k) of the embedding → PᵀV (players, k) float64."""
        columns, difference = [], self._difference.cpu().double()  # (L, width), on the CPU as MPS has no float64
        for direction in directions.T:
            cotangent = direction.expand_as(self._embeddings)  # (N, d)
            (gradient,) = torch.autograd.grad(
                self._embeddings, self._points, cotangent, retain_graph=True
            )  # (N, L, width)
            columns.append((gradient.mean(dim=0).cpu().double() * difference).sum(dim=1))  # (L,)
        return torch.stack(columns, dim=1)[self._players]


def last_block(source: TowerInput) -> nn.Module:
    """The last block of the tower: the end of its longest list of equal modules that receive tokens (b, L, width).

    Raises:
        InputError: where there is no such list.
    """
    modules = [part for part in vars(source.tower).values() if isinstance(part, nn.Module)]
    lists = [list(part.children()) for module in modules for part in module.modules() if _is_list(part)]
    by_last = {blocks[-1]: blocks for blocks in lists if len({type(block) for block in blocks}) == 1}
    reached: list[nn.Module] = []

    def note(block: nn.Module, arguments: tuple[Any, ...]) -> None:
        if arguments and isinstance(arguments[0], Tensor) and arguments[0].ndim == 3:
            reached.append(block)

    with forward_pre_hooks(by_last, note), torch.no_grad():
        source.encode(source.input.clone())
    if not reached:
        raise InputError("This model has no list of transformer blocks to look into; use another method, e.g. fixlip.")
    return max(reached, key=lambda block: len(by_last[block]))


def encode_at(
    block: nn.Module, encode: Callable[[Tensor], Tensor], source: Tensor, points: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Embeddings (b, d) and the input of a block (b, L, width), which `points` of this shape replace if given."""
    captured: list[Tensor] = []

    def capture(_: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        captured.append(arguments[0])
        return None if points is None else (points, *arguments[1:])

    count = 1 if points is None else len(points)
    with forward_pre_hooks([block], capture):
        return encode(source.repeat(count, *[1] * (source.ndim - 1))), captured[0]


@contextmanager
def forward_pre_hooks(modules: Iterable[nn.Module], hook: PreHook) -> Iterator[None]:
    """A context in which a hook precedes the forward pass of the modules in this thread."""
    thread = get_ident()

    def own(module: nn.Module, arguments: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return hook(module, arguments) if get_ident() == thread else None

    handles = [module.register_forward_pre_hook(own) for module in modules]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _is_list(part: nn.Module) -> bool:
    return isinstance(part, nn.ModuleList | nn.Sequential)
