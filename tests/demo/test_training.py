"""Training of the bundled encoder, with tiny models on few scenes."""

import itertools
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
import torch.nn.functional as F

from fixlip_widget.demo.captions import caption_ids, plain_styles, say
from fixlip_widget.demo.lexicon import END
from fixlip_widget.demo.model import EMBED_DIM, WEIGHTS_NAME, configuration, load_model
from fixlip_widget.demo.scenes import Scenes, draw_scenes, is_unseen
from fixlip_widget.demo.sprites import sprites
from fixlip_widget.demo.statements import KINDS, Statements, draw_order, draw_statements, falsehoods
from fixlip_widget.demo.training import cpu_towers
from fixlip_widget.demo.training.batches import draw_batch
from fixlip_widget.demo.training.build import build_model, load_initial, save_model
from fixlip_widget.demo.training.choices import choice_accuracy, draw_choices, retrieval_accuracy
from fixlip_widget.demo.training.codes import Codes
from fixlip_widget.demo.training.losses import code_loss, patch_code_loss, softmax_loss
from fixlip_widget.demo.training.plan import KEEP_RANGE, Plan
from fixlip_widget.demo.training.train import (
    HISTORY_NAME,
    History,
    TrainingState,
    draw_masks,
    encode_by_length,
    train,
)
from fixlip_widget.encoders.openclip_towers import embed_patches, encode_patches, encode_words
from tests.demo.reading import items_of, reads_as_true

CPU = torch.device("cpu")
TINY: dict[str, object] = configuration(width=32, image_layers=1, text_layers=1)["model_cfg"]
QUICK: dict[str, Any] = {"config": TINY, "log_every": 2, "save_every": 3, "check_every": 100, "check_count": 8}


def cosine(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return F.cosine_similarity(a, b, dim=-1)


def test_fields_of_a_batch_are_consistent() -> None:
    batch = draw_batch(1, 32, 4, Codes(), CPU)
    assert batch.pixels.shape == (32, 3, 112, 112)
    assert -1 <= batch.pixels.min() < batch.pixels.max() <= 1
    assert batch.ids.shape[:2] == (32, 3)
    assert ((batch.ids == END).sum(-1) == 1).all()
    is_false = (batch.ids[:, :1] != batch.ids[:, 1:]).any(dim=-1)
    assert (is_false | batch.missing).all()
    assert batch.missing.float().mean() < 0.3
    assert batch.may_be_true.diagonal().all()
    assert torch.equal(batch.colours > 0, batch.things > 0)
    assert torch.equal(batch.owners >= 0, batch.things > 0)
    covered = batch.item_patches.gather(1, batch.owners.clamp(min=0)[:, None])[:, 0]  # (b, patches)
    assert (covered > 0)[batch.owners >= 0].all()
    totals = batch.item_patches.sum(-1)
    assert ((totals - 1).abs() < 1e-4)[totals > 0].all()
    # Patches labelled with a thing differ more from the top left corner than those of the backdrop.
    patches = F.avg_pool2d(batch.pixels, 16).flatten(2)  # (b, 3, patches)
    contrast = (patches - patches[..., :1]).abs().amax(1)
    assert contrast[batch.things > 0].median() > 4 * contrast[batch.things == 0].median()


def test_batches_are_functions_of_their_seed() -> None:
    first, again, other = (draw_batch(seed, 8, 4, Codes(), CPU) for seed in (1, 1, 2))
    assert torch.equal(first.pixels, again.pixels)
    assert torch.equal(first.ids, again.ids)
    assert not torch.equal(first.pixels, other.pixels)


def test_twins_have_captions_that_are_false_of_each_other() -> None:
    """Many captions of twins have the same words in another order; where only places differ, both may be true."""
    batch = draw_batch(3, 200, 4, Codes(), CPU)
    bags = batch.ids[:, 0].sort(1).values
    alike = (bags[:100] == bags[100:]).all(1) & (batch.ids[:100, 0] != batch.ids[100:, 0]).any(1)
    assert alike.float().mean() > 0.1
    rows = torch.arange(100)
    assert batch.may_be_true[rows, rows + 100][alike].float().mean() < 0.4


def statements_of(n: int) -> tuple[torch.Generator, Scenes, Statements]:
    generator = torch.Generator().manual_seed(4)
    scenes = draw_scenes(generator, n)
    return generator, scenes, draw_statements(generator, scenes, draw_order(generator, scenes))


@pytest.mark.parametrize("kind", KINDS)
def test_codes_of_true_statements_are_nearer_to_those_of_their_scenes(kind: str) -> None:
    generator, scenes, statements = statements_of(1500)
    changed, valid = falsehoods(generator, statements, scenes)
    k, codes = KINDS.index(kind), Codes()
    shown = (codes.of_items(scenes) * scenes.shown[..., None]).sum(1)  # (b, d)
    true, false = (cosine(shown, codes.of_statements(said)) for said in (statements, changed[k]))
    assert (true > false)[valid[:, k]].float().mean() > 0.88


def test_codes_bind_colours_to_things() -> None:
    """Inner products, per dimension: 1.5 for the object that is shown, 0.25 for each half of it, 0 for others."""
    codes = Codes()
    scenes = draw_scenes(torch.Generator().manual_seed(0), 1)
    row = torch.zeros(1, 4)
    thing = torch.tensor([[3, 50, 0, 0]])
    colour = torch.tensor([[1, 5, 0, 0]])
    two = scenes.replace(
        count=torch.tensor([2]), thing=thing, colour=colour, position=row[..., None] + 0.5, overlap=row[:, 0] > 0
    ).replace(position=torch.full((1, 4, 2), 0.5))
    shown = (codes.of_items(two) * two.shown[..., None]).sum(1)[0]
    for t, c in itertools.product((3, 50, 7), (1, 5, 8)):
        one, yes = torch.tensor([[t, 0, 0, 0]]), torch.ones(1, 4, dtype=torch.bool)
        said = Statements(
            torch.tensor([1]), one, torch.tensor([[c, 0, 0, 0]]), yes, yes, torch.tensor([0]), torch.tensor([0])
        )
        expected = float((t, c) in ((3, 1), (50, 5))) + 0.25 * (t != 7) + 0.25 * (c != 8)
        assert float(shown @ codes.of_statements(said)[0]) / EMBED_DIM == pytest.approx(expected, abs=0.35)


def test_softmax_loss_leaves_out_what_may_be_true_and_what_is_missing() -> None:
    generator = torch.Generator().manual_seed(0)
    images = F.normalize(torch.randn(3, 5, generator=generator), dim=-1)
    captions = F.normalize(torch.randn(3, 2, 5, generator=generator), dim=-1)
    may_be_true = torch.eye(3, dtype=torch.bool)
    may_be_true[0, 2] = True
    missing = torch.tensor([[False], [True], [False]])
    expected = 0.0
    for i in range(3):
        row = [captions[j, 0] for j in range(3) if i == j or not may_be_true[i, j]]
        row += [] if missing[i, 0] else [captions[i, 1]]
        column = [images[j] for j in range(3) if i == j or not may_be_true[j, i]]
        own = torch.exp(4 * images[i] @ captions[i, 0])
        expected -= float(torch.log(own / sum(torch.exp(4 * images[i] @ c) for c in row)))
        expected -= float(torch.log(own / sum(torch.exp(4 * captions[i, 0] @ v) for v in column)))
    loss = softmax_loss(images, captions, may_be_true, missing, torch.tensor(4.0))
    assert float(loss) == pytest.approx(expected / 6, rel=1e-5)


def test_code_loss_is_one_minus_the_mean_cosine() -> None:
    codes = torch.tensor([[3.0, 0.0], [0.0, 2.0]])
    assert float(code_loss(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), codes)) == pytest.approx(0)
    assert float(code_loss(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), codes)) == pytest.approx(0.5)


def test_patch_code_loss_is_of_the_visible_patches_of_things() -> None:
    generator = torch.Generator().manual_seed(0)
    projected, codes = torch.randn(2, 5, 6, generator=generator), torch.randn(2, 3, 6, generator=generator)
    owners = torch.tensor([[-1, 0, 2, 2, -1], [1, -1, -1, 0, 0]])
    kept = torch.tensor([[True, True, False, True, True], [True, True, True, True, False]])
    pairs = [(0, 1, 0), (0, 3, 2), (1, 0, 1), (1, 3, 0)]
    expected = sum(1 - float(cosine(projected[i, p], codes[i, k])) for i, p, k in pairs) / 4
    assert float(patch_code_loss(projected, owners, codes, kept)) == pytest.approx(expected, abs=1e-6)


def test_schedules_are_piecewise_linear() -> None:
    plan = Plan(steps=1000, batch_size=64, peak_rate=0.5, naming_weight=2.0)
    rates = [plan.learning_rate_at(step) for step in (14, 29, 600, 800, 1000)]
    assert rates == pytest.approx([0.25, 0.5, 0.5, 0.25, 0])
    assert [plan.naming_weight_at(step) for step in (0, 300, 500, 700, 1000)] == pytest.approx([2, 2, 1, 0, 0])
    assert [plan.code_weight_at(step) for step in (0, 850, 925, 1000)] == pytest.approx([10, 10, 5, 1])
    assert [plan.p_masked_at(step) for step in (0, 50, 125, 200, 1000)] == pytest.approx([0, 0, 0.25, 0.5, 0.5])
    assert [plan.batch_size_at(step) for step in (99, 100)] == [32, 64]
    assert [plan.max_items_at(step) for step in (49, 50)] == [2, 4]
    pretrained = Plan(steps=1000, batch_size=64, pretrained=True)
    assert (pretrained.batch_size_at(0), pretrained.max_items_at(0), pretrained.p_masked_at(0)) == (64, 4, 0.5)


def test_masked_rows_have_their_own_keep_probability() -> None:
    kept = draw_masks((4000, 60), 0.25, torch.Generator().manual_seed(3)).float().mean(dim=1)  # (rows,)
    assert float((kept == 1).float().mean()) == pytest.approx(0.75, abs=0.03)
    assert float(kept[kept < 1].mean()) == pytest.approx(sum(KEEP_RANGE) / 2, abs=0.02)


def test_grouping_captions_by_length_does_not_change_embeddings() -> None:
    model, (_, _, statements) = build_model(TINY).eval(), statements_of(20)
    ids = caption_ids(statements, plain_styles(20))
    visible = torch.rand(ids.shape, generator=torch.Generator().manual_seed(0)) < 0.8
    visible |= (ids == 1) | (ids == END)
    with torch.inference_mode():
        torch.testing.assert_close(encode_by_length(model, ids, visible), encode_words(model, ids, visible))


def test_plain_products_are_the_towers_own_values_and_gradients() -> None:
    model, batch = build_model(TINY).eval(), draw_batch(5, 6, 4, Codes(), CPU)
    ids = batch.ids[:, 0]
    visible = (torch.rand(ids.shape, generator=torch.Generator().manual_seed(1)) < 0.6) | (ids == 1) | (ids == END)

    def gradients(embed: Any, context: AbstractContextManager[None]) -> list[torch.Tensor]:
        model.zero_grad()
        with context:
            images = encode_patches(model.visual, embed(model.visual, batch.pixels))
            loss = (F.normalize(images, dim=-1) * F.normalize(encode_words(model, ids, visible), dim=-1)).sum()
        torch.autograd.backward(loss)
        return [images.detach(), *(p.grad.clone() for p in model.parameters() if p.grad is not None)]

    own = gradients(embed_patches, nullcontext())
    plain = gradients(cpu_towers.embed_patches, cpu_towers.plain_products())
    assert len(own) == len(plain) > 30
    for a, c in zip(own, plain, strict=True):
        torch.testing.assert_close(c, a, atol=1e-5, rtol=1e-4)


def test_training_improves_codes_and_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run ends like an uninterrupted one."""
    plan = Plan(steps=12, seed=2, batch_size=16, peak_rate=3e-3, average_decay=0.5)
    uninterrupted = train(tmp_path / "uninterrupted", plan, CPU, **QUICK)
    losses = [line for line in History(tmp_path / "uninterrupted" / HISTORY_NAME).read() if "image_code" in line]
    assert [line["step"] for line in losses] == [2, 4, 6, 8, 10, 12]
    assert losses[-1]["caption_code"] < losses[0]["caption_code"] - 0.02
    assert losses[-1]["images"] == 8 * 2 + 16 * 10
    save = TrainingState.save

    def save_and_stop(state: TrainingState, path: Path) -> None:
        save(state, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingState, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "interrupted", plan, CPU, **QUICK)
    resumed = train(tmp_path / "interrupted", plan, CPU, **QUICK)
    assert (resumed.step, resumed.images) == (12, uninterrupted.images)
    for part in ("model", "average"):
        own = getattr(uninterrupted, part).state_dict()
        for name, tensor in getattr(resumed, part).state_dict().items():
            torch.testing.assert_close(tensor, own[name], msg=name)
    starts = [line["start"] for line in History(tmp_path / "interrupted" / HISTORY_NAME).read() if "start" in line]
    assert starts == [0, 3]


def test_the_average_lags_behind_the_weights() -> None:
    state = TrainingState.start(Plan(steps=1), CPU, config=TINY)
    before = state.model.visual.proj.detach().clone()
    with torch.no_grad():
        state.model.visual.proj += 1
    state.step = 10**6
    state.update_average(0.75)
    torch.testing.assert_close(state.average.visual.proj.detach(), before + 0.25)


def test_a_run_begins_from_weights_with_fewer_words(tmp_path: Path) -> None:
    old = open_clip.CLIP(
        **{**TINY, "text_cfg": {**configuration(width=32, text_layers=1)["model_cfg"]["text_cfg"], "vocab_size": 300}}
    )
    torch.save({name: tensor.half() for name, tensor in old.state_dict().items()}, tmp_path / "old.pt")
    state = TrainingState.start(Plan(steps=1, pretrained=True), CPU, config=TINY, initial=tmp_path / "old.pt")
    words, old_words = state.model.token_embedding.weight, old.token_embedding.weight.half().float()
    torch.testing.assert_close(words[:299], old_words[:299])
    torch.testing.assert_close(words[END], old_words[299])
    torch.testing.assert_close(state.model.visual.proj, old.visual.proj.half().float())


def test_saved_weights_are_loaded_unchanged(tmp_path: Path) -> None:
    model = build_model().half().float().eval()
    save_model(model, tmp_path)
    assert (tmp_path / WEIGHTS_NAME).stat().st_size <= 10e6
    loaded = load_model(tmp_path)
    assert not loaded.training
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor, msg=name)
    again = build_model()
    load_initial(again, tmp_path / WEIGHTS_NAME)
    torch.testing.assert_close(again.visual.proj, model.visual.proj)


@pytest.mark.parametrize("kind", KINDS)
def test_held_out_choices_have_a_true_and_a_false_caption(kind: str) -> None:
    scenes, choices = draw_choices(kind, 40)
    for row, (true, false) in enumerate(zip(say(choices.true), say(choices.false), strict=True)):
        assert reads_as_true(true, items_of(scenes, row)), true
        assert not reads_as_true(false, items_of(scenes, row)), false
    assert len(scenes) == 40


def test_unseen_choices_are_about_unseen_combinations() -> None:
    scenes, choices = draw_choices("colour swap", 30, unseen=True)
    assert is_unseen(scenes.thing, scenes.colour)[:, 0].all()
    captions = zip(say(choices.true), say(choices.false), strict=True)
    assert all(
        reads_as_true(t, items_of(scenes, k)) > reads_as_true(f, items_of(scenes, k))
        for k, (t, f) in enumerate(captions)
    )


def test_an_untrained_model_guesses() -> None:
    model, drawings = build_model(TINY).eval(), sprites()
    scenes, choices = draw_choices("thing replaced", 200)
    assert 0.35 < choice_accuracy(model, scenes, choices, drawings) < 0.65
    assert retrieval_accuracy(model, drawings, 1) < 0.05
