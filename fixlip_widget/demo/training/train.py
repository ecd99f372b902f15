"""Train the bundled encoder on generated scenes.

    python -m fixlip_widget.demo.training.train --out DIR
    torchrun --nproc-per-node N -m fixlip_widget.demo.training.train --out DIR

The second command trains data-parallel on N processes. On a CPU it is fastest with one process for each core and
OMP_NUM_THREADS=1.
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
from fixlip_widget.demo.training.distributed import average_gradients, init_process_group, rank, world_size
from fixlip_widget.demo.training.losses import PatchHead, code_loss, sigmoid_loss, softmax_loss
from fixlip_widget.demo.training.plan import BETAS, KEEP_RANGE, WEIGHT_DECAY, Plan
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches, encode_words

MAX_LOGIT_SCALE = 100.0
HISTORY_NAME = "history.jsonl"


@dataclass
class TrainingState:
    """The content of a checkpoint.

    Attributes:
        model: the encoder.
        head: the auxiliary classifiers of patches.
        optimizer: of both.
        step: steps done.
        images: images seen by all processes.
        seconds: duration so far.
    """

    model: open_clip.CLIP
    head: PatchHead
    optimizer: torch.optim.Optimizer
    step: int = 0
    images: int = 0
    seconds: float = 0.0

    @classmethod
    def start(cls, plan: Plan, device: torch.device) -> "TrainingState":
        """The state before the first step."""
        torch.manual_seed(plan.seed)
        model = build_model(plan).to(device).train()
        head = PatchHead(model.visual.proj.shape[0]).to(device)
        named = [*model.named_parameters(), *head.named_parameters()]
        undecayed = [p for name, p in named if p.ndim < 2 or "embedding" in name]
        decayed = [p for name, p in named if not (p.ndim < 2 or "embedding" in name)]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": undecayed, "weight_decay": 0.0}]
        return cls(model, head, torch.optim.AdamW(groups, lr=plan.peak_rate, betas=BETAS, fused=True))

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically."""
        state = {
            **{key: getattr(self, key).state_dict() for key in ("model", "head", "optimizer")},
            **{key: getattr(self, key) for key in ("step", "images", "seconds")},
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Load a checkpoint."""
        state = torch.load(path, weights_only=True)
        for key in ("model", "head", "optimizer"):
            getattr(self, key).load_state_dict(state[key])
        self.step, self.images, self.seconds = state["step"], state["images"], state["seconds"]


def draw_masks(shape: tuple[int, int], p_masked: float, generator: torch.Generator) -> Tensor:
    """(rows, tokens) bool, True = kept: each row is masked with probability `p_masked`, by its own keep probability."""
    low, high = KEEP_RANGE
    keep = low + (high - low) * torch.rand(shape[0], 1, generator=generator)  # (rows, 1)
    keep[torch.rand(shape[0], generator=generator) >= p_masked] = 1
    return torch.rand(shape, generator=generator) < keep


def encode_by_length(model: open_clip.CLIP, ids: Tensor, visible: Tensor, groups: int = 3) -> Tensor:
    """`encode_words` of ids and masks (n, L) → (n, d), in groups of similar length, which saves work on padding."""
    lengths = (ids != 0).sum(dim=1)  # (n,)
    order = lengths.argsort()  # (n,)
    parts = []
    for rows in order.chunk(groups):
        longest = int(lengths[rows].max())
        parts.append(encode_words(model, ids[rows, :longest], visible[rows, :longest]))
    return torch.cat(parts)[order.argsort()]


def training_step(state: TrainingState, batch: Batch, plan: Plan) -> dict[str, float]:
    """One optimizer step; returns losses and accuracies by name."""
    model, device = state.model, batch.pixels.device
    b, columns, length = batch.ids.shape
    p_masked = plan.p_masked_at(state.step)
    generator = torch.Generator().manual_seed((plan.seed * 1_000_003 + state.step) * 1024 + rank())
    kept = draw_masks((b, GRID * GRID), p_masked, generator).to(device)  # (b, patches)
    ids = batch.ids.flatten(0, 1)  # (b · columns, L)
    special = (ids == 1) | (ids == model.vocab_size - 1)  # start and end tokens
    visible = special | draw_masks((b * columns, length), p_masked, generator).to(device)  # (b · columns, L)
    tokens: list[Tensor] = []
    hook = model.visual.ln_post.register_forward_hook(lambda *arguments: tokens.append(arguments[-1]))
    with torch.autocast(device.type, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
        pixels = batch.pixels.permute(0, 3, 1, 2).float() / 127.5 - 1  # (b, 3, size, size)
        patches = embed_patches(model.visual, pixels) * kept[..., None]  # (b, patches, width)
        images = encode_patches(model.visual, patches)  # (b, d)
        captions = encode_by_length(model, ids, visible).view(b, columns, -1)  # (b, columns, d)
    hook.remove()
    naming, accuracies = state.head(tokens[0][:, 1:].float(), batch, kept)
    images, captions = F.normalize(images.float(), dim=-1), F.normalize(captions.float(), dim=-1)
    scale = model.logit_scale.exp()
    if model.logit_bias is None:
        contrastive = softmax_loss(images, captions, batch.false_negatives, scale)
    else:
        contrastive = sigmoid_loss(images, captions, batch.false_negatives, scale, model.logit_bias)
    visibility = (batch.item_patches * kept[:, None]).sum(dim=-1, keepdim=True)  # (b, items, 1)
    picture_code = code_loss(images, (visibility * batch.item_codes).sum(dim=1))
    caption_code = code_loss(captions.flatten(0, 1), batch.caption_codes.flatten(0, 1))
    loss = contrastive + plan.naming_weight_at(state.step) * naming + plan.code_weight * (picture_code + caption_code)
    for group in state.optimizer.param_groups:
        group["lr"] = plan.learning_rate_at(state.step)
    state.optimizer.zero_grad()
    loss.backward()
    average_gradients([*model.parameters(), *state.head.parameters()])
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    state.optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(max=math.log(MAX_LOGIT_SCALE))
        own = torch.einsum("bd,bkd->bk", images, captions)  # (b, columns)
        beats_negatives = (own[:, :1] > own[:, 1:]).float().mean()
    state.step, state.images = state.step + 1, state.images + b * world_size()
    codes = {"picture_code": picture_code, "caption_code": caption_code}
    figures = {"loss": contrastive, "beats_negatives": beats_negatives, **codes, **accuracies}
    return {name: value.item() for name, value in figures.items()}


def train(
    out: Path, plan: Plan, device: torch.device, *, workers: int, log_every: int, save_every: int
) -> TrainingState:
    """Train to the end of the plan, from the checkpoint in `out` if there is one.

    Args:
        out: folder of the checkpoint and the history, and after the last step of the weights.
        plan: hyperparameters.
        device: of the model.
        workers: processes that render scenes.
        log_every: steps between lines of the history.
        save_every: steps between checkpoints.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    state = TrainingState.start(plan, device)
    if checkpoint.exists():
        state.restore(checkpoint)
    steps = range(state.step, plan.steps)
    loader = DataLoader(Batches(plan, rank()), batch_size=None, sampler=steps, num_workers=workers)
    before, started, recent = state.seconds, time.perf_counter(), []
    history = History(out / HISTORY_NAME) if rank() == 0 else None
    if history:
        processor = platform.processor() or platform.machine()
        machine = {"device": device.type, "processor": processor, "torch": str(torch.__version__)}
        parallel = {"cores": os.cpu_count(), "processes": world_size()}
        history.write({"start": state.step, **asdict(plan), **machine, **parallel})
    for batch in loader:
        recent.append(training_step(state, Batch(*(tensor.to(device) for tensor in batch)), plan))
        state.seconds = before + time.perf_counter() - started
        is_last = state.step == plan.steps
        if history and (is_last or state.step % log_every == 0):
            means = {key: sum(figures[key] for figures in recent) / len(recent) for key in recent[0]}
            scale = state.model.logit_scale.exp().item()
            progress = {"step": state.step, "of": plan.steps, "images": state.images, "seconds": state.seconds}
            history.write(progress | means | {"logit_scale": scale})
            recent.clear()
        if history and (is_last or state.step % save_every == 0):
            state.save(checkpoint)
    if history:
        save_model(state.model, out)
    return state


class History:
    """A log of JSON lines: hyperparameters whenever the training starts, and mean losses every few steps."""

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
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint, the history and the weights")
    parser.add_argument("--steps", type=int, default=8000, help="optimizer steps of the run; may change on resuming")
    parser.add_argument("--batch-size", type=int, default=128, help="images per step and process")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=0, help="processes that render scenes")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    plan = Plan(arguments.steps, arguments.seed, arguments.batch_size)
    device = torch.device(arguments.device)
    if "WORLD_SIZE" in os.environ:  # set by torchrun
        init_process_group(device)
        device = torch.device(device.type, rank()) if device.type == "cuda" else device
    train(arguments.out, plan, device, workers=arguments.workers, log_every=50, save_every=arguments.save_every)


if __name__ == "__main__":
    main()
