"""Training of the bundled encoder: batches, losses, schedules, checkpoints and data-parallel steps."""

import math
import multiprocessing
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.training.ablate import VARIANTS
from fixlip_widget.demo.training.batches import Batches, draw_batch
from fixlip_widget.demo.training.build import build_model
from fixlip_widget.demo.training.codes import WIDTH as CODE_WIDTH
from fixlip_widget.demo.training.distributed import average_gradients
from fixlip_widget.demo.training.losses import code_loss, sigmoid_loss, softmax_loss
from fixlip_widget.demo.training.plan import KEEP_RANGE, Plan
from fixlip_widget.demo.training.train import (
    HISTORY_NAME,
    History,
    TrainingState,
    draw_masks,
    encode_by_length,
    train,
    training_step,
)
from fixlip_widget.encoders.openclip_towers import encode_words

CPU = torch.device("cpu")


def logged_steps(folder: Path) -> list[dict[str, float]]:
    return [line for line in History(folder / HISTORY_NAME).read() if "step" in line]


def test_batches_depend_on_seed_step_and_rank() -> None:
    plan = Plan(steps=100, seed=4, batch_size=8)
    first, again, other = Batches(plan)[50], Batches(plan)[50], Batches(plan)[51]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first.pixels, other.pixels)
    assert not torch.equal(first.pixels, Batches(plan, rank=1)[50].pixels)
    assert not torch.equal(first.pixels, Batches(replace(plan, seed=5))[50].pixels)


def test_fields_of_a_batch_are_consistent() -> None:
    batch = draw_batch(np.random.default_rng(1), 12, 4, DemoTokenizer())
    assert batch.pixels.shape == (12, 112, 112, 3)
    assert batch.ids.shape[:2] == (12, 3)
    assert (batch.ids[:, 0, None] != batch.ids[:, 1:]).any(dim=-1).all()
    assert batch.false_negatives.any()
    assert not batch.false_negatives.diagonal().any()
    assert batch.item_codes.shape == (12, 4, CODE_WIDTH)
    shown = batch.item_codes.abs().sum(dim=-1) > 0  # (b, items)
    torch.testing.assert_close(batch.item_patches.sum(dim=-1), shown.float())
    labelled = (batch.item_patches * (batch.colours > 0)[:, None]).sum(dim=-1)  # (b, items)
    assert labelled[shown].min() > 0.6
    assert batch.caption_codes.shape == (12, 3, CODE_WIDTH)
    products = (batch.caption_codes * batch.item_codes.sum(dim=1, keepdim=True)).sum(dim=-1)  # (b, 3)
    assert (products[:, :1] > products[:, 1:]).float().mean() > 0.9
    assert torch.equal(batch.colours > 0, batch.things > 0)
    # Patches labelled with an object differ more from the top left corner than backdrop patches do.
    patches = batch.pixels.float().reshape(12, 7, 16, 7, 16, 3).mean(dim=(2, 4)).flatten(1, 2)  # (b, patches, 3)
    contrast = (patches - patches[:, :1]).abs().amax(dim=-1)
    assert contrast[batch.colours > 0].median() > 4 * contrast[batch.colours == 0].median()


def test_softmax_loss_leaves_out_false_negatives() -> None:
    generator = torch.Generator().manual_seed(0)
    images = F.normalize(torch.randn(3, 5, generator=generator), dim=-1)
    captions = F.normalize(torch.randn(3, 2, 5, generator=generator), dim=-1)
    false_negatives = torch.zeros(3, 3, dtype=torch.bool)
    false_negatives[0, 2] = True
    expected = 0.0
    for i in range(3):
        row = [captions[j, 0] for j in range(3) if not false_negatives[i, j]] + [captions[i, 1]]
        column = [images[j] for j in range(3) if not false_negatives[j, i]]
        own = torch.exp(4 * images[i] @ captions[i, 0])
        expected -= float(torch.log(own / sum(torch.exp(4 * images[i] @ c) for c in row)))
        expected -= float(torch.log(own / sum(torch.exp(4 * captions[i, 0] @ v) for v in column)))
    loss = softmax_loss(images, captions, false_negatives, torch.tensor(4.0))
    assert float(loss) == pytest.approx(expected / 6, rel=1e-5)


def test_sigmoid_loss_is_a_sum_over_pairs() -> None:
    generator = torch.Generator().manual_seed(0)
    images = F.normalize(torch.randn(3, 5, generator=generator), dim=-1)
    captions = F.normalize(torch.randn(3, 2, 5, generator=generator), dim=-1)
    false_negatives = torch.zeros(3, 3, dtype=torch.bool)
    false_negatives[0, 2] = True
    expected = 0.0
    for i in range(3):
        for j in range(3):
            logit = float(4 * images[i] @ captions[j, 0] - 1)
            if not false_negatives[i, j]:
                expected += math.log1p(math.exp(-logit if i == j else logit))
        expected += math.log1p(math.exp(float(4 * images[i] @ captions[i, 1] - 1)))
    loss = sigmoid_loss(images, captions, false_negatives, torch.tensor(4.0), torch.tensor(-1.0))
    assert float(loss) == pytest.approx(expected / 3, rel=1e-5)


@pytest.mark.parametrize("changes", [changes for changes in VARIANTS.values() if changes], ids=str)
def test_every_ablation_changes_the_weights(changes: dict[str, Any]) -> None:
    """Step 2 is the first with masked inputs."""
    models = []
    for plan in (Plan(steps=4, batch_size=8), Plan(steps=4, batch_size=8, **changes)):
        state = TrainingState.start(plan, CPU)
        for step in (0, 2):
            state.step = step
            training_step(state, Batches(plan)[step], plan)
        models.append(state.model)
    weights = [model.visual.transformer.resblocks[0].mlp[0].weight for model in models]
    assert not torch.equal(*weights)


def test_schedules_are_piecewise_linear() -> None:
    plan = Plan(steps=1000, batch_size=64, peak_rate=0.5, naming_weight=2.0, p_masked=0.5)
    assert [plan.learning_rate_at(step) for step in (0, 15, 30, 500, 1000)] == pytest.approx([0, 0.25, 0.485, 0.25, 0])
    assert [plan.naming_weight_at(step) for step in (0, 300, 500, 700, 1000)] == pytest.approx([2, 2, 1, 0, 0])
    assert [plan.p_masked_at(step) for step in (0, 50, 125, 200, 1000)] == pytest.approx([0, 0, 0.25, 0.5, 0.5])
    assert [plan.batch_size_at(step) for step in (199, 200)] == [32, 64]
    assert [plan.max_items_at(step) for step in (99, 100)] == [2, 4]


def test_code_loss_is_one_minus_the_mean_cosine() -> None:
    codes = torch.tensor([[3.0, 0.0], [0.0, 2.0]])
    assert float(code_loss(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), codes)) == pytest.approx(0)
    assert float(code_loss(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), codes)) == pytest.approx(0.5)


def test_masked_rows_have_their_own_keep_probability() -> None:
    generator = torch.Generator().manual_seed(3)
    kept = draw_masks((4000, 60), 0.25, generator).float().mean(dim=1)  # (rows,)
    assert float((kept == 1).float().mean()) == pytest.approx(0.75, abs=0.03)
    low, high = KEEP_RANGE
    assert float(kept[kept < 1].mean()) == pytest.approx((low + high) / 2, abs=0.02)
    assert float(kept[kept < 1].std()) > 0.15


def test_grouping_captions_by_length_does_not_change_embeddings() -> None:
    model, tokenizer = build_model(Plan(steps=1)).eval(), DemoTokenizer()
    captions = ["a cat", "the red house is above a boat", "fish", "a star on the left", "a picture of a moon"]
    ids = torch.tensor([tokenizer.padded(caption) for caption in captions])
    visible = ids != tokenizer("cat")[0][1]
    with torch.inference_mode():
        torch.testing.assert_close(encode_by_length(model, ids, visible), encode_words(model, ids, visible))


def test_fifty_steps_improve_patch_classification(tmp_path: Path) -> None:
    plan = Plan(steps=50, seed=1, batch_size=32)
    train(tmp_path, plan, CPU, workers=0, log_every=10, save_every=50)
    history = logged_steps(tmp_path)
    assert [line["step"] for line in history] == [10, 20, 30, 40, 50]
    assert history[-1]["images"] == 10 * 16 + 40 * 32
    assert history[-1]["patch_colours"] > history[0]["patch_colours"] + 0.1  # the first to be learned


def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(steps=6, seed=2, batch_size=8)
    uninterrupted = train(tmp_path / "uninterrupted", plan, CPU, workers=0, log_every=2, save_every=3)
    save = TrainingState.save

    def save_and_stop(state: TrainingState, path: Path) -> None:
        save(state, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "interrupted", plan, CPU, workers=0, log_every=2, save_every=3)
    resumed = train(tmp_path / "interrupted", plan, CPU, workers=0, log_every=2, save_every=3)
    assert resumed.step == uninterrupted.step == 6
    assert resumed.images == uninterrupted.images
    for name, tensor in uninterrupted.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], tensor, msg=name)


def average_in_process(rank: int, folder: Path) -> None:
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    parameters = [
        torch.nn.Parameter(torch.zeros(2, 3)),
        torch.nn.Parameter(torch.zeros(4)),
        torch.nn.Parameter(torch.zeros(1)),
    ]
    parameters[0].grad = torch.full((2, 3), 1.0 + 2 * rank)
    parameters[1].grad = torch.arange(4.0) * rank
    average_gradients(parameters)
    torch.save([p.grad for p in parameters], folder / f"{rank}.pt")
    dist.destroy_process_group()


def test_gradients_are_averaged_over_processes(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=average_in_process, args=(rank, tmp_path)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    for rank in (0, 1):
        first, second, unused = torch.load(tmp_path / f"{rank}.pt")
        assert torch.equal(first, torch.full((2, 3), 2.0))
        assert torch.equal(second, torch.arange(4.0) / 2)
        assert unused is None


def test_torchrun_trains_on_two_processes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += ["-m", "fixlip_widget.demo.training.train", "--out", str(tmp_path), "--device", "cpu"]
    command += ["--steps", "2", "--batch-size", "4"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    start, last = History(tmp_path / HISTORY_NAME).read()
    assert start["processes"] == 2
    assert last["step"] == 2
    assert last["images"] == 2 * (2 + 4)  # the first batch is half as large
