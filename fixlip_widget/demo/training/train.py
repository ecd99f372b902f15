"""Train the bundled encoder on fresh scenes: `python -m fixlip_widget.demo.training.train --out DIR`.

Under `torchrun --nproc-per-node N -m fixlip_widget.demo.training.train` N processes draw their own batches and average
their gradients. On a CPU one process per core, with OMP_NUM_THREADS=1, is the fastest way.
"""

import argparse
import json
import math
import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.data import DataLoader

from fixlip_widget.demo.model import GRID
from fixlip_widget.demo.training.batches import Batch, Batches
from fixlip_widget.demo.training.build import build_model, save_model
from fixlip_widget.demo.training.distributed import join, processes, rank, share_gradients
from fixlip_widget.demo.training.losses import PatchHead, code_loss, sigmoid_loss, softmax_loss
from fixlip_widget.demo.training.plan import BETAS, KEEP_RANGE, WEIGHT_DECAY, Plan
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches, encode_words

MAX_SCALE = 100.0
HISTORY_NAME = "history.jsonl"


@dataclass
class Run:
    """Everything a checkpoint holds."""

    model: open_clip.CLIP
    head: PatchHead
    optimizer: torch.optim.Optimizer
    step: int = 0
    images: int = 0
    seconds: float = 0.0

    @classmethod
    def start(cls, plan: Plan, device: torch.device) -> "Run":
        """A fresh run."""
        torch.manual_seed(plan.seed)
        model = build_model(plan).to(device).train()
        head = PatchHead(model.visual.proj.shape[0]).to(device)
        named = [*model.named_parameters(), *head.named_parameters()]
        plain = [p for name, p in named if p.ndim < 2 or "embedding" in name]
        decayed = [p for name, p in named if not (p.ndim < 2 or "embedding" in name)]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}]
        return cls(model, head, torch.optim.AdamW(groups, lr=plan.peak_rate, betas=BETAS, fused=True))

    def save(self, path: Path) -> None:
        """Write the checkpoint; a reader never sees half of one."""
        state = {
            **{key: getattr(self, key).state_dict() for key in ("model", "head", "optimizer")},
            **{key: getattr(self, key) for key in ("step", "images", "seconds")},
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Take up where a checkpoint stopped."""
        state = torch.load(path, weights_only=True)
        for key in ("model", "head", "optimizer"):
            getattr(self, key).load_state_dict(state[key])
        self.step, self.images, self.seconds = state["step"], state["images"], state["seconds"]


def draw_kept(shape: tuple[int, int], p_masked: float, generator: torch.Generator) -> Tensor:
    """(rows, tokens) bool: with chance `p_masked` a row is masked, with a keep probability of its own."""
    low, high = KEEP_RANGE
    keep = low + (high - low) * torch.rand(shape[0], 1, generator=generator)  # (rows, 1)
    keep[torch.rand(shape[0], generator=generator) >= p_masked] = 1
    return torch.rand(shape, generator=generator) < keep


def encode_by_length(model: open_clip.CLIP, ids: Tensor, visible: Tensor, groups: int = 3) -> Tensor:
    """encode_words (n, L) → (n, d), in groups of similar length, so that little work goes into padding."""
    lengths = (ids != 0).sum(dim=1)  # (n,)
    order = lengths.argsort()
    parts = []
    for rows in order.chunk(groups):
        longest = int(lengths[rows].max())
        parts.append(encode_words(model, ids[rows, :longest], visible[rows, :longest]))
    return torch.cat(parts)[order.argsort()]


def training_step(run: Run, batch: Batch, plan: Plan) -> dict[str, float]:
    """One update; what it measured."""
    model, device = run.model, batch.pixels.device
    b, columns, length = batch.ids.shape
    p_masked = plan.masked_at(run.step)
    dice = torch.Generator().manual_seed((plan.seed * 1_000_003 + run.step) * 1024 + rank())
    kept = draw_kept((b, GRID * GRID), p_masked, dice).to(device)
    ids = batch.ids.flatten(0, 1)  # (b · columns, L)
    marks = (ids == 1) | (ids == model.vocab_size - 1)
    visible = marks | draw_kept((b * columns, length), p_masked, dice).to(device)
    tokens: list[Tensor] = []
    listener = model.visual.ln_post.register_forward_hook(lambda *call: tokens.append(call[-1]))
    with torch.autocast(device.type, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        pixels = batch.pixels.permute(0, 3, 1, 2).float() / 127.5 - 1  # (b, 3, size, size)
        patches = embed_patches(model.visual, pixels) * kept[..., None]
        images = encode_patches(model.visual, patches)  # (b, d)
        captions = encode_by_length(model, ids, visible).view(b, columns, -1)  # (b, columns, d)
    listener.remove()
    naming, shares = run.head(tokens[0][:, 1:].float(), batch, kept)
    images, captions = F.normalize(images.float(), dim=-1), F.normalize(captions.float(), dim=-1)
    scale = model.logit_scale.exp()
    if model.logit_bias is None:
        matching = softmax_loss(images, captions, batch.also_true, scale)
    else:
        matching = sigmoid_loss(images, captions, batch.also_true, scale, model.logit_bias)
    showing = (batch.item_patches * kept[:, None]).sum(dim=-1, keepdim=True)  # (b, items, 1)
    picture_code = code_loss(images, (showing * batch.item_codes).sum(dim=1))
    caption_code = code_loss(captions.flatten(0, 1), batch.caption_codes.flatten(0, 1))
    loss = matching + plan.naming_at(run.step) * naming + plan.code_weight * (picture_code + caption_code)
    for group in run.optimizer.param_groups:
        group["lr"] = plan.rate_at(run.step)
    run.optimizer.zero_grad()
    loss.backward()
    share_gradients([*model.parameters(), *run.head.parameters()])
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    run.optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(max=math.log(MAX_SCALE))
        own = torch.einsum("bd,bkd->bk", images, captions)  # (b, columns)
        beats = (own[:, :1] > own[:, 1:]).float().mean()
    run.step, run.images = run.step + 1, run.images + b * processes()
    codes = {"picture_code": picture_code, "caption_code": caption_code}
    measured = {"loss": matching, "beats_negatives": beats, **codes, **shares}
    return {name: value.item() for name, value in measured.items()}


def train(out: Path, plan: Plan, device: torch.device, *, workers: int, log_every: int, save_every: int) -> Run:
    """Train to the end of the plan, from the checkpoint in `out` if there is one; weights are written at the end."""
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    run = Run.start(plan, device)
    if checkpoint.exists():
        run.restore(checkpoint)
    todo = range(run.step, plan.steps)
    loader = DataLoader(Batches(plan, rank()), batch_size=None, sampler=todo, num_workers=workers)
    before, started, recent = run.seconds, time.perf_counter(), []
    history = History(out / HISTORY_NAME) if rank() == 0 else None
    if history:
        processor = platform.processor() or platform.machine()
        machine = {"device": device.type, "processor": processor, "torch": str(torch.__version__)}
        parallel = {"cores": os.cpu_count(), "processes": processes()}
        history.write({"start": run.step, **asdict(plan), **machine, **parallel})
    for batch in loader:
        recent.append(training_step(run, Batch(*(t.to(device) for t in batch)), plan))
        run.seconds = before + time.perf_counter() - started
        last = run.step == plan.steps
        if history and (last or run.step % log_every == 0):
            means = {key: sum(r[key] for r in recent) / len(recent) for key in recent[0]}
            scale = run.model.logit_scale.exp().item()
            progress = {"step": run.step, "of": plan.steps, "images": run.images, "seconds": run.seconds}
            history.write(progress | means | {"logit_scale": scale})
            recent.clear()
        if history and (last or run.step % save_every == 0):
            run.save(checkpoint)
    if history:
        save_model(run.model, out)
    return run


class History:
    """Lines of JSON, each on the disk as soon as it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[dict[str, Any]]:
        """All lines so far."""
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    def write(self, line: dict[str, Any]) -> None:
        """Append a line."""
        rounded = {key: round(value, 5) if isinstance(value, float) else value for key, value in line.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rounded) + "\n")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint, the history and the weights")
    parser.add_argument("--steps", type=int, default=8000, help="whole length of the run; may change on resuming")
    parser.add_argument("--batch-size", type=int, default=128, help="pictures per step and process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that render")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    plan = Plan(given.steps, given.seed, given.batch_size)
    device = torch.device(given.device)
    if "WORLD_SIZE" in os.environ:  # set by torchrun
        join(device)
        device = torch.device(device.type, rank()) if device.type == "cuda" else device
    train(given.out, plan, device, workers=given.workers, log_every=50, save_every=given.save_every)


if __name__ == "__main__":
    main()
