"""CLIP towers and the baselines' formulas written out head by head in float64, for tests to compare with.

Gradients are central differences, for which attention probabilities and outputs can be nudged; Jacobians are dense.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import torch
from open_clip.model import CLIP
from open_clip.transformer import VisionTransformer
from torch import Tensor

STEP = 1e-5


@dataclass
class Trace:
    """What one pass through a tower leaves behind, per block."""

    entering: list[Tensor] = field(default_factory=list)  # (L, width)
    queries: list[Tensor] = field(default_factory=list)  # (L, width)
    keys: list[Tensor] = field(default_factory=list)  # (L, width)
    values: list[Tensor] = field(default_factory=list)  # (L, width)
    probabilities: list[Tensor] = field(default_factory=list)  # (H, L, L)
    outputs: list[Tensor] = field(default_factory=list)  # (L, width)


@dataclass(eq=False)
class SlowTower:
    """One tower of a CLIP from its weights, for one input; `read` says which rows are averaged."""

    weights: dict[str, Tensor]
    tokens: Tensor  # (L, width) entering the first block
    blank: Tensor  # (L, width)
    heads: int
    layers: int
    causal: bool
    read: list[int]
    players: list[int]
    final_norm: str
    projection: Tensor

    def run(
        self,
        start: Tensor | None = None,
        block: int = 0,
        nudge: Callable[[str, int, Tensor], Tensor] = lambda where, block, x: x,
    ) -> tuple[Tensor, Trace]:
        """The embedding (d,) and the trace, from the tokens or from what enters a later block."""
        x = self.tokens if start is None else start
        trace = Trace()
        for layer in range(block, self.layers):
            trace.entering.append(x)
            x = self._block(x, layer, trace, nudge)
        return self._norm(x, self.final_norm)[self.read].mean(dim=0) @ self.projection, trace

    def _block(self, x: Tensor, layer: int, trace: Trace, nudge: Callable[[str, int, Tensor], Tensor]) -> Tensor:
        name = f"resblocks.{layer}."
        w = self.weights
        normed = self._norm(x, name + "ln_1")
        projected = normed @ w[name + "attn.in_proj_weight"].T + w[name + "attn.in_proj_bias"]
        length, width = x.shape
        q, k, v = projected[:, :width], projected[:, width : 2 * width], projected[:, 2 * width :]
        step = width // self.heads
        probabilities = torch.zeros(self.heads, length, length, dtype=torch.float64)
        for head in range(self.heads):
            part = slice(head * step, (head + 1) * step)
            scores = (q[:, part] @ k[:, part].T / step**0.5).exp()  # (L, L)
            scores = scores.tril() if self.causal else scores
            probabilities[head] = scores / scores.sum(dim=1, keepdim=True)
        probabilities = nudge("probabilities", layer, probabilities)
        output = torch.cat(
            [probabilities[h] @ v[:, h * step : (h + 1) * step] for h in range(self.heads)], dim=1
        )  # (L, width)
        output = nudge("outputs", layer, output)
        for kept, what in (("queries", q), ("keys", k), ("values", v)):
            getattr(trace, kept).append(what)
        trace.probabilities.append(probabilities)
        trace.outputs.append(output)
        x = x + output @ w[name + "attn.out_proj.weight"].T + w[name + "attn.out_proj.bias"]
        inner = self._norm(x, name + "ln_2") @ w[name + "mlp.c_fc.weight"].T + w[name + "mlp.c_fc.bias"]
        inner = inner * 0.5 * (1 + torch.erf(inner / 2**0.5))
        return x + inner @ w[name + "mlp.c_proj.weight"].T + w[name + "mlp.c_proj.bias"]

    def _norm(self, x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(dim=-1, keepdim=True)
        scaled = centred / (centred.square().mean(dim=-1, keepdim=True) + 1e-5).sqrt()
        return scaled * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def cosine(a: Tensor, b: Tensor) -> float:
    return float(a @ b / (a.norm() * b.norm()))


@cache
def slope(tower: SlowTower, other: SlowTower, where: str, block: int) -> Tensor:
    """∂cos/∂(probabilities, or outputs in the rows read, of a block), by central differences, one after the other."""
    fixed, _ = other.run()
    _, trace = tower.run()
    place = getattr(trace, where)[block]
    slopes = torch.zeros_like(place).flatten()
    wanted = torch.zeros_like(place)
    wanted[tower.read if where == "outputs" else slice(None)] = 1.0
    for index in wanted.flatten().nonzero()[:, 0].tolist():

        def at(step: float, index: int = index) -> float:
            def nudge(what: str, layer: int, x: Tensor) -> Tensor:
                if (what, layer) != (where, block):
                    return x
                moved = x.clone().flatten()
                moved[index] += step
                return moved.view_as(x)

            return cosine(tower.run(nudge=nudge)[0], fixed)

        slopes[index] = (at(STEP) - at(-STEP)) / (2 * STEP)
    return slopes.view_as(place)


def game(tower: SlowTower, other: SlowTower, scale: float, blocks: list[int]) -> Tensor:
    """(players,)."""
    _, trace = tower.run()
    length = len(tower.tokens)
    R = torch.eye(length, dtype=torch.float64)
    for block in blocks:
        raw = scale * slope(tower, other, "probabilities", block) * trace.probabilities[block]
        R = R + torch.where(raw > 0, raw, 0.0).sum(dim=0) / tower.heads @ R
    rows = (R - torch.eye(length, dtype=torch.float64))[tower.read]
    return (rows.sum(dim=0) / len(tower.read))[tower.players]


def grad_eclip(tower: SlowTower, other: SlowTower, blocks: list[int]) -> Tensor:
    """(players,)."""
    _, trace = tower.run()
    total = torch.zeros(len(tower.players), dtype=torch.float64)
    for block in blocks:
        g = slope(tower, other, "outputs", block)
        q, k, v = trace.queries[block], trace.keys[block], trace.values[block]
        for row in tower.read:
            alike = torch.tensor([cosine(q[row], k[i]) for i in tower.players], dtype=torch.float64)
            weight = (alike - alike.min()) / (alike.max() - alike.min())
            for place, player in enumerate(tower.players):
                total[place] += weight[place] * (g[row] * v[player]).sum()
    return torch.where(total > 0, total, 0.0)


def exclip(image: SlowTower, text: SlowTower, steps: int) -> Tensor:
    """(patches, words), by the dense product of Jacobians."""
    jacobians, ways, norms = [], [], []
    for tower in (image, text):
        last = tower.layers - 1
        embedding, trace = tower.run()
        x, r = trace.entering[last], tower.run(start=tower.blank)[1].entering[last]
        J = torch.zeros(len(embedding), *x.shape, dtype=torch.float64)
        for k in range(1, steps + 1):
            point = r + k / steps * (x - r)
            J += jacobian(tower, point)
        jacobians.append(J / steps)
        ways.append(x - r)
        norms.append(embedding.norm())
    dense = torch.einsum("epd,pd,ews,ws->pw", jacobians[0], ways[0], jacobians[1], ways[1])
    met: Tensor = dense / (norms[0] * norms[1])
    return met[image.players][:, text.players]


def jacobian(tower: SlowTower, point: Tensor) -> Tensor:
    """(d, L, width): how the embedding depends on what enters the last block, one of its numbers after the other."""
    point = point.detach().requires_grad_()
    embedding, _ = tower.run(point, tower.layers - 1)
    return torch.stack([torch.autograd.grad(number, point, retain_graph=True)[0] for number in embedding])


def rollout(tower: SlowTower) -> Tensor:
    """(players,)."""
    _, trace = tower.run()
    length = len(tower.tokens)
    flow = torch.eye(length, dtype=torch.float64)
    for probabilities in trace.probabilities:
        mixed = probabilities.sum(dim=0) / tower.heads + torch.eye(length, dtype=torch.float64)
        for i in range(length):
            mixed[i] = mixed[i] / mixed[i].sum()
        flow = mixed @ flow
    return flow[tower.read].mean(dim=0)[tower.players]


def image_tower(visual: VisionTransformer, pixels: Tensor) -> SlowTower:
    """Pixels (3, H, W), read at the class token or at the mean of the patches."""
    weights = _doubles(visual, "transformer.")
    stride = visual.patch_size[0]
    rows, columns = visual.grid_size

    def entering(image: Tensor) -> Tensor:
        patches = [
            (image[:, r * stride : (r + 1) * stride, c * stride : (c + 1) * stride] * weights["conv1.weight"])
            .flatten(1)
            .sum(dim=1)
            for r in range(rows)
            for c in range(columns)
        ]
        x = torch.stack([weights["class_embedding"], *patches]) + weights["positional_embedding"]
        return tower._norm(x, "ln_pre")

    everyone = list(range(1, 1 + rows * columns))
    nothing = torch.zeros(0)
    tower = SlowTower(
        weights=weights,
        tokens=nothing,
        blank=nothing,
        heads=visual.transformer.resblocks[0].attn.num_heads,
        layers=len(visual.transformer.resblocks),
        causal=False,
        read=[0] if visual.pool_type == "tok" else everyone,
        players=everyone,
        final_norm="ln_post",
        projection=weights["proj"],
    )
    tower.tokens, tower.blank = entering(pixels.double()), entering(torch.zeros_like(pixels).double())
    return tower


def text_tower(model: CLIP, ids: list[int], padding: int = 0) -> SlowTower:
    """Ids with start and end, read at the end."""
    weights = _doubles(model, "transformer.", skip="visual.")
    length = len(ids)

    def entering(ids: list[int]) -> Tensor:
        return weights["token_embedding.weight"][ids] + weights["positional_embedding"][:length]

    return SlowTower(
        weights=weights,
        tokens=entering(ids),
        blank=entering([ids[0], *[padding] * (length - 2), ids[-1]]),
        heads=model.transformer.resblocks[0].attn.num_heads,
        layers=len(model.transformer.resblocks),
        causal=True,
        read=[length - 1],
        players=list(range(1, length - 1)),
        final_norm="ln_final",
        projection=weights["text_projection"],
    )


def _doubles(module: torch.nn.Module, prefix: str, skip: str = "-") -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor.double()
        for name, tensor in module.state_dict().items()
        if not name.startswith(skip)
    }
