"""Train the encoder on scenes that are drawn as they are needed, on a GPU or on a CPU.

    python -m fixlip_widget.demo.training.train --out DIR --steps 12000

A stopped run is resumed by the same command. On a CPU, take a smaller batch and OMP_NUM_THREADS=1.
"""

import argparse
import copy
import hashlib
import json
import math
import platform
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fixlip_widget.demo.lexicon import END, PADDING, START
from fixlip_widget.demo.model import GRID
from fixlip_widget.demo.sprites import sprites
from fixlip_widget.demo.training import cpu_towers
from fixlip_widget.demo.training.batches import Batch, draw_batch
from fixlip_widget.demo.training.build import build_model, load_initial, save_model
from fixlip_widget.demo.training.choices import choice_accuracy, draw_choices, retrieval_accuracy
from fixlip_widget.demo.training.codes import Codes
from fixlip_widget.demo.training.losses import PatchHead, code_loss, patch_code_loss, softmax_loss
from fixlip_widget.demo.training.plan import BETAS, KEEP_RANGE, WEIGHT_DECAY, Plan
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches, encode_words

MAX_LOGIT_SCALE = 100.0
CHUNK = 32
"""Pictures encoded at once on a CPU, whose activations fit into its cache."""
HISTORY_NAME, CHECKPOINT_NAME = "history.jsonl", "checkpoint.pt"
CHECKED_KINDS = ("colour swap", "thing swap", "place", "relation", "overlap")


@dataclass
class TrainingState:
    """The content of a checkpoint.

    Attributes:
        model: the encoder.
        average: the exponential moving average of its weights.
        head: the auxiliary classifiers of patches.
        optimizer: of the model and the head.
        step: steps done.
        images: pictures seen.
        seconds: duration so far.
    """

    model: open_clip.CLIP
    average: open_clip.CLIP
    head: PatchHead
    optimizer: torch.optim.Optimizer
    step: int = 0
    images: int = 0
    seconds: float = 0.0

    @classmethod
    def start(
        cls, plan: Plan, device: torch.device, *, config: dict[str, object] | None = None, initial: Path | None = None
    ) -> "TrainingState":
        """The state before the first step, from trained weights if there is a file of them."""
        torch.manual_seed(plan.seed)
        model = build_model(config)
        if initial is not None:
            load_initial(model, initial)
        model = model.to(device).eval()  # which has no dropout
        head = PatchHead(model.visual.proj.shape[0]).to(device)
        named = [*model.named_parameters(), *head.named_parameters()]
        undecayed = [p for name, p in named if p.ndim < 2 or "embedding" in name]
        decayed = [p for name, p in named if not (p.ndim < 2 or "embedding" in name)]
        groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": undecayed, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=plan.peak_rate, betas=BETAS, fused=True)
        return cls(model, copy.deepcopy(model), head, optimizer)

    def save(self, path: Path) -> None:
        """Write a checkpoint atomically."""
        state = {
            **{key: getattr(self, key).state_dict() for key in ("model", "average", "head", "optimizer")},
            **{key: getattr(self, key) for key in ("step", "images", "seconds")},
        }
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Load a checkpoint."""
        state = torch.load(path, weights_only=True, map_location=next(self.model.parameters()).device)
        for key in ("model", "average", "head", "optimizer"):
            getattr(self, key).load_state_dict(state[key])
        self.step, self.images, self.seconds = state["step"], state["images"], state["seconds"]

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the average towards the weights; early in a run it is the mean of all steps."""
        decay = min(decay, self.step / (self.step + 10))
        for mean, weight in zip(self.average.parameters(), self.model.parameters(), strict=True):
            mean.lerp_(weight, 1 - decay)


def draw_masks(shape: tuple[int, int], p_masked: float, generator: torch.Generator) -> Tensor:
    """(rows, tokens) bool, True = kept: each row is masked with probability `p_masked`, by its own keep probability."""
    low, high = KEEP_RANGE
    device = generator.device
    keep = low + (high - low) * torch.rand(shape[0], 1, generator=generator, device=device)  # (rows, 1)
    keep[torch.rand(shape[0], generator=generator, device=device) >= p_masked] = 1
    return torch.rand(shape, generator=generator, device=device) < keep


def encode_by_length(model: open_clip.CLIP, ids: Tensor, visible: Tensor, groups: int = 4) -> Tensor:
    """`encode_words` of ids and masks (n, L) → (n, d), in groups of similar length, which saves work on padding."""
    lengths = (ids != PADDING).sum(dim=1)  # (n,)
    order = lengths.argsort()  # (n,)
    parts = []
    for rows in order.chunk(groups):
        longest = int(lengths[rows].max())
        parts.append(encode_words(model, ids[rows, :longest], visible[rows, :longest]))
    return torch.cat(parts)[order.argsort()]


def training_step(state: TrainingState, batch: Batch, plan: Plan) -> dict[str, Tensor]:
    """One optimizer step; returns losses by name."""
    model, device = state.model, batch.pixels.device
    b, columns, length = batch.ids.shape
    p_masked = plan.p_masked_at(state.step)
    generator = torch.Generator(device).manual_seed((plan.seed * 1_000_003 + state.step) * 2 + 1)
    kept = draw_masks((b, GRID * GRID), p_masked, generator)  # (b, patches)
    ids = batch.ids.flatten(0, 1)  # (b · columns, L)
    visible = (ids == START) | (ids == END) | draw_masks((b * columns, length), p_masked, generator)
    on_cpu = device.type == "cpu"
    chunk = CHUNK if on_cpu else b
    tokens: list[Tensor] = []
    hook = model.visual.ln_post.register_forward_hook(lambda *arguments: tokens.append(arguments[-1]))
    embed = cpu_towers.embed_patches if on_cpu else embed_patches
    with torch.autocast(device.type, torch.bfloat16), cpu_towers.plain_products() if on_cpu else nullcontext():
        patches = embed(model.visual, batch.pixels) * kept[..., None]  # (b, patches, width)
        images = torch.cat([encode_patches(model.visual, part) for part in torch.split(patches, chunk)])  # (b, d)
        captions = encode_by_length(model, ids, visible).view(b, columns, -1)  # (b, columns, d)
    hook.remove()
    naming_weight = plan.naming_weight_at(state.step)
    images, captions = F.normalize(images.float(), dim=-1), F.normalize(captions.float(), dim=-1)
    contrastive = softmax_loss(images, captions, batch.may_be_true, batch.missing, model.logit_scale.exp())
    visibility = (batch.item_patches * kept[:, None]).sum(dim=-1, keepdim=True)  # (b, items, 1)
    image_code = code_loss(images, (visibility * batch.item_codes).sum(dim=1))
    caption_code = code_loss(captions.flatten(0, 1), batch.caption_codes.flatten(0, 1))
    patch_tokens = torch.cat(tokens)[:, 1:].float()  # (b, patches, width)
    patch_code = patch_code_loss(patch_tokens @ model.visual.proj, batch.owners, batch.item_codes, kept)
    loss = contrastive + plan.code_weight_at(state.step) * (image_code + caption_code + patch_code)
    figures = {"contrastive": contrastive, "image_code": image_code, "caption_code": caption_code}
    figures["patch_code"] = patch_code
    if naming_weight:
        figures["naming"] = state.head(patch_tokens, batch.things, batch.colours, kept)
        loss = loss + naming_weight * figures["naming"]
    for group in state.optimizer.param_groups:
        group["lr"] = plan.learning_rate_at(state.step)
    state.optimizer.zero_grad()
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    state.optimizer.step()
    with torch.no_grad():
        model.logit_scale.clamp_(max=math.log(MAX_LOGIT_SCALE))
    state.step, state.images = state.step + 1, state.images + b
    state.update_average(plan.average_decay)
    return {name: value.detach() for name, value in figures.items()}


def check(model: open_clip.CLIP, count: int) -> dict[str, float]:
    """Accuracies on `count` held-out choices of each of CHECKED_KINDS, and retrieval in one gallery."""
    model = copy.deepcopy(model).cpu().eval()
    drawings = sprites()
    figures = {kind: choice_accuracy(model, *draw_choices(kind, count), drawings) for kind in CHECKED_KINDS}
    return figures | {"retrieval": retrieval_accuracy(model, drawings, 1)}


def train(
    out: Path,
    plan: Plan,
    device: torch.device,
    *,
    config: dict[str, object] | None = None,
    initial: Path | None = None,
    note: str = "",
    log_every: int = 50,
    save_every: int = 200,
    check_every: int = 400,
    check_count: int = 400,
) -> TrainingState:
    """Train to the end of the plan, from the checkpoint in `out` if there is one.

    Args:
        out: folder of the checkpoint, the history and the averaged weights, which are written with each checkpoint.
        plan: hyperparameters.
        device: of the model and the scenes.
        config: architecture, by default that of the bundled encoder.
        initial: file of trained weights from which a new run begins.
        note: a remark for the history, such as the commit of the code.
        log_every: steps between lines of the history.
        save_every: steps between checkpoints.
        check_every: steps between held-out accuracies in the history.
        check_count: held-out choices of each kind.
    """
    out.mkdir(parents=True, exist_ok=True)
    checkpoint, history = out / CHECKPOINT_NAME, History(out / HISTORY_NAME)
    state = TrainingState.start(plan, device, config=config, initial=initial)
    if checkpoint.exists():
        state.restore(checkpoint)
    machine = {"device": _name(device), "torch": str(torch.__version__), "threads": torch.get_num_threads()}
    begun = {"initial": None if initial is None else hashlib.sha256(initial.read_bytes()).hexdigest(), "note": note}
    history.write({"start": state.step, **asdict(plan), **machine, **begun})
    codes, before, started = Codes(device), state.seconds, time.perf_counter()
    recent: list[dict[str, Tensor]] = []
    while state.step < plan.steps:
        step = state.step
        seed = (plan.seed * 1_000_003 + step) * 2
        batch = draw_batch(seed, plan.batch_size_at(step), plan.max_items_at(step), codes, device)
        recent.append(training_step(state, batch, plan))
        is_last = state.step == plan.steps
        if is_last or state.step % log_every == 0:
            means = {key: float(torch.stack([f[key] for f in recent]).mean()) for key in recent[-1]}
            state.seconds = before + time.perf_counter() - started
            progress = {"step": state.step, "of": plan.steps, "images": state.images, "seconds": state.seconds}
            history.write(progress | means | {"scale": state.model.logit_scale.exp().item()})
            recent.clear()
        if is_last or state.step % save_every == 0:
            state.seconds = before + time.perf_counter() - started
            state.save(checkpoint)
            save_model(state.average, out)
        if is_last or state.step % check_every == 0:
            history.write({"checked": state.step, **check(state.average, check_count)})
    return state


class History:
    """A log of JSON lines: hyperparameters at each start, mean losses every few steps, and held-out accuracies."""

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


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()


def main() -> None:
    """Entry point of the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint, the history and the weights")
    parser.add_argument("--steps", type=int, required=True, help="optimizer steps of the run; may change on resuming")
    parser.add_argument("--batch-size", type=int, default=2048, help="pictures per step, even (default: %(default)s)")
    parser.add_argument("--peak-rate", type=float, default=1.5e-3, help="learning rate (default: %(default)s)")
    parser.add_argument("--naming-weight", type=float, default=1.0, help="of the auxiliary loss (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--initial", type=Path, help="trained weights from which a new run begins")
    parser.add_argument("--note", default="", help="a remark for the history, such as the commit of the code")
    parser.add_argument("--save-every", type=int, default=200, help="steps between checkpoints (default: %(default)s)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    plan = Plan(
        arguments.steps,
        arguments.seed,
        arguments.batch_size,
        arguments.peak_rate,
        naming_weight=arguments.naming_weight,
        pretrained=arguments.initial is not None,
    )
    train(
        arguments.out,
        plan,
        torch.device(arguments.device),
        initial=arguments.initial,
        note=arguments.note,
        save_every=arguments.save_every,
        check_every=2 * arguments.save_every,
    )


if __name__ == "__main__":
    main()
