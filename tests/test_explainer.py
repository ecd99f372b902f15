"""Explaining end to end, with an encoder written from the protocol alone."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fixlip_widget.encoders.device import batch_size
from fixlip_widget.errors import CancelledError, InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.options import ExplainKwargs
from tests.games import FloatArray, TableEncoder, TableInput, dense_fit, random_embeddings

CAPTION = "black dog next to"
N = 10


@pytest.fixture
def explainer() -> Explainer:
    return Explainer(TableEncoder())


@pytest.fixture
def picture() -> Image.Image:
    return Image.effect_noise((45, 30), 60)


def every_mask() -> FloatArray:
    return np.array(list(itertools.product([0.0, 1.0], repeat=N)))


@pytest.mark.parametrize("p", [0.3, 0.5, 0.7, (0.3, 0.6)])
@pytest.mark.parametrize("order", [1, 2])
def test_a_small_game_is_explained_exactly(
    explainer: Explainer, picture: Image.Image, p: float | tuple[float, float], order: int
) -> None:
    explanation = explainer.explain(picture, CAPTION, p=p, max_order=order, progress=False)
    masks, keep = every_mask(), explanation.p_players
    values = explainer.game(picture, CAPTION)(masks)
    mass = np.prod(np.where(masks == 1.0, keep, 1.0 - keep), axis=1)
    expected = dense_fit(masks, values, mass, order)
    assert not explanation.estimated
    assert explanation.stderr_first is not None
    assert not explanation.stderr_first.any()
    assert explanation.baseline_value == pytest.approx(expected[0], abs=1e-8)
    np.testing.assert_allclose(explanation.first, expected[1 : N + 1], atol=1e-8)
    if order == 2:
        np.testing.assert_allclose(explanation.second[np.triu_indices(N, 1)], expected[N + 1 :], atol=1e-8)
    else:
        assert not explanation.second.any()


def test_the_explanation_says_where_it_comes_from(explainer: Explainer, picture: Image.Image) -> None:
    explanation = explainer.explain(
        picture, CAPTION, p=0.4, n_image_masks=60, n_text_masks=16, random_state=5, progress=False
    )
    encoder = TableEncoder()
    x, y = encoder.image(picture), encoder.text(CAPTION)
    ends = torch.tensor([[False], [True]])
    cosines = (x.embed(ends.expand(2, 6)) * y.embed(ends.expand(2, 4))).sum(dim=1)  # (2,)
    assert explanation.empty_value == pytest.approx(float(20.0 * cosines[0] - 2.5), abs=1e-5)
    assert explanation.full_value == pytest.approx(float(20.0 * cosines[1] - 2.5), abs=1e-5)
    assert explanation.estimated
    for errors in (explanation.stderr_first, explanation.stderr_first_order):
        assert errors is not None
        assert (errors > 0).all()
    assert explanation.stderr_second is not None
    assert (explanation.stderr_second > 0).sum() == N * (N - 1)
    assert explanation.tokens[4:8] == ("patch 1,1", "patch 1,2", "black", "dog")
    assert explanation.grid == (2, 3)
    assert (explanation.n_image_masks, explanation.n_text_masks, explanation.budget) == (60, 16, 960)
    assert explanation.forwards == 60 + 16 + 2 + 2
    assert (explanation.p, explanation.random_state, explanation.model) == (0.4, 5, "table")
    assert explanation.image is not None
    assert explanation.image.mode == "RGB"


def test_a_seed_repeats_and_a_missing_one_is_recorded(explainer: Explainer, picture: Image.Image) -> None:
    def run(seed: int | None) -> tuple[FloatArray, int | None]:
        explanation = explainer.explain(picture, CAPTION, n_image_masks=60, random_state=seed, progress=False)
        return explanation.second, explanation.random_state

    once, drawn = run(None)
    again, _ = run(drawn)
    other, _ = run(1)
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - other).max() > 1e-3


def test_explaining_leaves_the_callers_random_numbers_alone(explainer: Explainer, picture: Image.Image) -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    explainer.explain(picture, CAPTION, n_image_masks=60, progress=False)
    assert torch.equal(torch.rand(3), expected)


def test_an_encoder_that_tracks_gradients_is_explained_all_the_same(picture: Image.Image) -> None:
    class Trained(TableInput):
        def embed(self, masks: torch.Tensor) -> torch.Tensor:
            weight = torch.nn.Parameter(torch.ones(()))
            return super().embed(masks) * weight

    class TrainedEncoder(TableEncoder):
        def text(self, caption: str) -> TableInput:
            words = caption.split()
            return Trained(random_embeddings(len(words), 7, seed=2), words, None)

    ours = Explainer(TrainedEncoder()).explain(picture, CAPTION, progress=False)
    np.testing.assert_array_equal(
        ours.second, Explainer(TableEncoder()).explain(picture, CAPTION, progress=False).second
    )


@pytest.mark.parametrize("p", [[0.3, 0.6], np.array([0.3, 0.6]), (np.float64(0.3), np.float32(0.6))])
def test_p_may_be_any_pair(explainer: Explainer, picture: Image.Image, p: Any) -> None:
    explanation = explainer.explain(picture, CAPTION, p=p, progress=False)
    np.testing.assert_allclose(explanation.p, (0.3, 0.6), atol=1e-7)


def test_masks_that_recur_are_encoded_once(explainer: Explainer, picture: Image.Image) -> None:
    game = explainer.game(picture, CAPTION)
    before = game.forwards
    game(np.repeat(every_mask()[:3], 50, axis=0))
    assert game.forwards - before <= 6


def test_progress_reports_shares_that_rise_to_one(explainer: Explainer, picture: Image.Image) -> None:
    shares: list[float] = []
    explainer.explain(picture, CAPTION, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 0.0}, "p=0.0 is not a probability between 0 and 1"),
        ({"p": (0.5, 1.0)}, "p=1.0 is not a probability"),
        ({"p": float("nan")}, "p=nan is not a probability"),
        ({"p": 1e-300}, "p=1e-300 is nearer to 0 or 1 than 1e-09"),
        ({"p": (0.5, 1 - 2**-53)}, "p=0.9999999999999999 is nearer to 0 or 1"),
        ({"p": 10**400}, "p=1000.* is not a probability"),
        ({"seconds": -(10**400)}, "seconds=-1000.* is not a positive number"),
        ({"p": 0.5j}, "p=0.5j is not a probability"),
        ({"p": np.complex64(0.5)}, "is not a probability"),
        ({"method": ["fixlip"]}, r"There is no method \['fixlip'\]"),
        ({"estimator": ["grid"]}, r"estimator=\['grid'\] is unknown"),
        ({"estimator": np.zeros(3)}, r"estimator=array\(\[0., 0., 0.\]\) is unknown"),
        ({"max_order": [1]}, r"max_order=\[1\] cannot be fitted"),
        ({"progress": "yes"}, "progress='yes' is neither a truth value nor a callback"),
        ({"progress": None}, "progress=None is neither"),
        ({"cancel": True}, "cancel=True is no callback"),
        ({"method": "x" * 100_000}, "There is no method 'xxx.* … .*'rollout'"),
        ({"max_order": 4}, "max_order=4 cannot be fitted by 'fixlip'; use 1 or 2 or 3"),
        ({"method": "magic"}, "There is no method 'magic'; use 'fixlip' or 'fixlip-shapley' or 'shapley' or 'banzhaf'"),
        ({"budget": 40}, r"budget=40 .* cannot determine 22 image and 11 text terms of order 2; use a budget of"),
        ({"p": "0.5"}, "p='0.5' is not a probability"),
        ({"p": np.array(1.5)}, "p=1.5 is not a probability"),
        ({"max_order": 2.0}, "max_order=2.0 cannot be fitted"),
        ({"max_order": True}, "max_order=True cannot be fitted"),
        ({"p": [0.5, 0.5, 0.5]}, "has 3 values; give one, or one for the image and one for the caption"),
        ({"n_image_masks": 50.0}, "n_image_masks=50.0 is not a positive whole number"),
        ({"n_image_masks": 10**9}, "n_image_masks=1000000000 masks would not fit into memory"),
        ({"random_state": 0.9}, "random_state=0.9 is not a whole number from 0"),
        ({"random_state": "x"}, "random_state='x' is not a whole number"),
        ({"random_state": 2**63}, "random_state=9223372036854775808 is not"),
        ({"budget": 0}, "budget=0 is not a positive whole number"),
        ({"budget": 64, "n_image_masks": 8, "n_text_masks": 8}, "give two of the three"),
        ({"n_image_masks": 21}, "21 image × 16 text masks cannot determine"),
        ({"method": "shapley", "p": 0.3}, "p=0.3 means nothing to 'shapley'"),
        ({"method": "shapley", "max_order": 2}, "max_order=2 cannot be fitted by 'shapley'; use 1"),
        ({"estimator": "dense"}, "estimator='dense' is unknown; use 'grid' or 'joint'"),
        ({"estimator": "joint", "max_order": 3}, "max_order=3 needs the product grid; leave out estimator='joint'"),
        ({"method": "fixlip-shapley", "budget": 50}, "budget=50 .* cannot determine"),
        ({"method": "banzhaf", "n_text_masks": 9}, "n_text_masks=9 means nothing to 'banzhaf', .*; use budget"),
        (
            {"method": "fixlip-shapley", "estimator": "joint", "budget": 50},
            "budget=50 joint masks cannot determine 56 terms",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    explainer: Explainer, picture: Image.Image, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as error:
        explainer.explain(picture, CAPTION, **{"progress": False, **arguments})
    assert len(str(error.value)) < 700


class Spy(TableEncoder):
    """Notes how many masks each modality was asked about."""

    def __init__(self) -> None:
        self.asked = {"image": 0, "text": 0}

    def image(self, image: Any) -> TableInput:
        return self._watch("image", super().image(image))

    def text(self, caption: str) -> TableInput:
        return self._watch("text", super().text(caption))

    def _watch(self, modality: str, source: TableInput) -> TableInput:
        embed = source.embed

        def watched(masks: torch.Tensor) -> torch.Tensor:
            self.asked[modality] += len(masks)
            return embed(masks)

        source.embed = watched  # type: ignore[method-assign]  # a spy on this one input
        return source


OPTIONS: ExplainKwargs = {"n_image_masks": 55, "n_text_masks": 16, "random_state": 3, "progress": False}


def test_a_new_caption_for_a_known_image_asks_nothing_of_the_image(picture: Image.Image) -> None:
    spy = Spy()
    explainer = Explainer(spy)
    explainer.explain(picture, CAPTION, **OPTIONS)
    before = dict(spy.asked)
    changed = explainer.explain(picture.copy(), "white dog next to", **OPTIONS)
    assert spy.asked == {"image": before["image"], "text": before["text"] + 18}
    assert changed.forwards == 18
    fresh = Explainer(TableEncoder()).explain(picture, "white dog next to", **OPTIONS)
    np.testing.assert_array_equal(changed.second, fresh.second)


def test_what_is_known_is_used_only_where_it_applies(picture: Image.Image, tmp_path: Path) -> None:
    spy = Spy()
    explainer = Explainer(spy)
    other = Image.effect_noise((45, 30), 60)
    other.save(tmp_path / "same.png")
    explainer.explain(other, CAPTION, **OPTIONS)
    changes: list[ExplainKwargs] = [{"p": 0.4}, {"max_order": 1}, {"random_state": 4}]
    for change in changes:
        before = spy.asked["image"]
        explainer.explain(other, CAPTION, **(OPTIONS | change))
        assert spy.asked["image"] == before + 55, change
    for image in (picture, np.asarray(other), tmp_path / "same.png"):
        before = spy.asked["image"]
        explainer.explain(image, CAPTION, **OPTIONS)
        assert spy.asked["image"] == before + 57
    before = spy.asked["image"]
    explainer.forget()
    explainer.explain(picture, CAPTION, **OPTIONS)
    assert spy.asked["image"] == before + 57


def test_more_masks_go_on_where_fewer_stopped(picture: Image.Image) -> None:
    spy = Spy()
    explainer = Explainer(spy)
    explainer.explain(picture, CAPTION, **(OPTIONS | {"n_image_masks": 52}))
    more = explainer.explain(picture, CAPTION, **OPTIONS)
    assert spy.asked["image"] == 57
    whole = Explainer(TableEncoder()).explain(picture, CAPTION, **OPTIONS)
    np.testing.assert_allclose(more.second, whole.second, atol=1e-9)
    assert more.stderr_second is not None
    assert whole.stderr_second is not None
    np.testing.assert_allclose(more.stderr_second, whole.stderr_second, rtol=1e-3)
    fewer = explainer.explain(picture, CAPTION, **(OPTIONS | {"n_image_masks": 52}))
    assert fewer.n_image_masks == 52


def test_a_stream_doubles_and_ends_with_what_explain_gives(picture: Image.Image) -> None:
    class Wide(TableEncoder):
        grid = (3, 5)

    options = OPTIONS | {"n_image_masks": 1500, "masks": "iid"}
    streamed = list(Explainer(Wide()).stream(picture, CAPTION, **options))
    counts = [explanation.n_image_masks for explanation in streamed]
    assert counts[0] == 121 + 30 + 24
    assert counts[1:-1] == [2 * count for count in counts[:-2] if count]
    assert counts[-1] == 1500
    at_once = Explainer(Wide()).explain(picture, CAPTION, **options)
    np.testing.assert_allclose(streamed[-1].second, at_once.second, atol=1e-9)
    errors = [float(e.stderr_second.mean()) for e in streamed if e.stderr_second is not None]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize(("p", "n_image_masks"), [(0.5, 512), (0.5, 1100), (0.3, 1100)])
def test_masks_are_the_same_streamed_resumed_interrupted_or_whole(
    picture: Image.Image, p: float, n_image_masks: int
) -> None:
    class Impatient(TableEncoder):
        grid, calls, patience = (3, 5), 0, 10**9

        def image(self, image: Any) -> TableInput:
            source = super().image(image)
            embed = source.embed

            def watched(masks: torch.Tensor) -> torch.Tensor:
                self.calls += 1
                if self.calls == self.patience:
                    raise KeyboardInterrupt
                return torch.cat([embed(part) for part in torch.split(masks, 40)])

            source.embed = watched  # type: ignore[method-assign]  # only this input is interrupted
            return source

    caption = " ".join(f"word{i}" for i in range(13))
    options = OPTIONS | {"p": p, "n_image_masks": n_image_masks, "n_text_masks": 300}
    whole = Explainer(Impatient()).explain(picture, caption, **options)
    unit = 64 if p == 0.5 else 1
    assert (whole.n_image_masks, whole.n_text_masks) == (n_image_masks // unit * unit, 300 // unit * unit)
    plan = Explainer(Impatient()).plan(picture, caption, **options)
    assert (plan.n_image_masks, plan.n_text_masks) == (whole.n_image_masks, whole.n_text_masks)
    assert whole.forwards is not None
    assert whole.example_masks is not None
    n_examples = len(whole.example_masks)
    assert whole.forwards <= 2 + 2 + plan.n_image_masks + plan.n_text_masks + 2 * n_examples
    *_, streamed = Explainer(Impatient()).stream(picture, caption, **options)
    halved = Explainer(Impatient())
    halved.explain(picture, caption, **options | {"n_image_masks": n_image_masks // 2})
    encoder = Impatient()
    encoder.patience = 5
    interrupted = Explainer(encoder)
    interrupted.game(picture, caption).image.batch_size = 100  # not a whole number of blocks
    cut = interrupted.explain(picture, caption, **options)
    assert cut.n_image_masks is not None
    assert 0 < cut.n_image_masks < plan.n_image_masks
    assert cut.n_image_masks % unit == 0
    assert whole.stderr_second is not None
    resumed = [explainer.explain(picture, caption, **options) for explainer in (halved, interrupted)]
    for one in (streamed, *resumed):
        assert one.n_image_masks == whole.n_image_masks
        np.testing.assert_allclose(one.second, whole.second, atol=1e-9)
        assert one.stderr_second is not None
        np.testing.assert_allclose(one.stderr_second, whole.stderr_second, rtol=1e-3)


def test_no_masks_have_no_values(explainer: Explainer, picture: Image.Image) -> None:
    assert explainer.game(picture, CAPTION)(np.zeros((0, N))).shape == (0,)


def test_a_stream_of_a_known_image_begins_with_what_is_known(picture: Image.Image) -> None:
    class Wide(Spy):
        grid = (3, 5)

    explainer = Explainer(Wide())
    explainer.explain(picture, CAPTION, **OPTIONS | {"n_image_masks": 400})
    counts = [e.n_image_masks for e in explainer.stream(picture, CAPTION, **OPTIONS | {"n_image_masks": 1500})]
    assert counts == [384, 768, 1472]  # in blocks of 64
    assert len(list(explainer.stream(picture, CAPTION, **OPTIONS | {"n_image_masks": 1500}))) == 1


def test_time_stops_masks_of_a_long_caption_too(picture: Image.Image) -> None:
    spy, caption = Spy(), " ".join(f"word{i}" for i in range(13))
    hurried = Explainer(spy).explain(picture, caption, seconds=1e-6, random_state=1, progress=False)
    assert hurried.n_text_masks == spy.asked["text"] - 2 == 192  # the fewest that determine the terms, 139, in blocks
    drawn = Explainer(spy).explain(picture, caption, seconds=1e-6, masks="iid", random_state=1, progress=False)
    assert drawn.n_text_masks == 92 + 23 + 24


def test_a_target_and_a_time_stop_it(picture: Image.Image) -> None:
    class Wide(TableEncoder):
        grid = (3, 5)

    reached = Explainer(Wide()).explain(picture, CAPTION, target_stderr=0.8, random_state=1, progress=False)
    n = reached.n_players
    assert reached.stderr_second is not None
    assert reached.stderr_second.sum() / (n * (n - 1)) <= 0.8
    assert reached.n_image_masks is not None
    assert reached.n_image_masks < 16 * 121
    hurried = Explainer(Wide()).explain(picture, CAPTION, seconds=1e-6, random_state=1, progress=False)
    assert hurried.n_image_masks == 64  # a block
    drawn = Explainer(Wide()).explain(picture, CAPTION, seconds=1e-6, masks="iid", random_state=1, progress=False)
    assert drawn.n_image_masks == 121 + 30 + 24  # the fewest that determine the terms


def test_an_interrupt_gives_what_there_is(picture: Image.Image) -> None:
    class Interrupted(Spy):
        grid = (3, 5)
        patience = 300

        def _watch(self, modality: str, source: TableInput) -> TableInput:
            watched = super()._watch(modality, source)
            embed = watched.embed

            def impatient(masks: torch.Tensor) -> torch.Tensor:
                if self.asked["image"] > self.patience:
                    raise KeyboardInterrupt
                return embed(masks)

            watched.embed = impatient  # type: ignore[method-assign]  # only this input is interrupted
            return watched

    options: ExplainKwargs = {"n_image_masks": 2000, "random_state": 1, "masks": "iid", "progress": False}
    cut = Explainer(Interrupted()).explain(picture, CAPTION, **options)
    least, batch = 121 + 30 + 24, batch_size(torch.device("cpu"), 15)
    whole = least + batch * ((Interrupted.patience - 2 - least) // batch + 1)  # the two ends are asked for first
    assert cut.n_image_masks == whole
    short = Explainer(TableEncoder.__new__(type("Wide", (TableEncoder,), {"grid": (3, 5)})))
    same = short.explain(picture, CAPTION, **options | {"n_image_masks": whole})
    np.testing.assert_allclose(cut.second, same.second, atol=1e-9)
    hasty = Interrupted()
    hasty.patience = 1
    with pytest.raises(KeyboardInterrupt):
        Explainer(hasty).explain(picture, CAPTION, n_image_masks=2000, random_state=1, progress=False)
    with pytest.raises(CancelledError, match="before there was anything"):
        Explainer(TableEncoder()).explain(picture, CAPTION, n_image_masks=60, progress=False, cancel=lambda: True)


def test_a_cancel_is_heard_between_batches_of_all_captions(picture: Image.Image) -> None:
    caption = "one two three four five six seven eight nine ten"
    spy, batch = Spy(), batch_size(torch.device("cpu"), 10)
    explainer = Explainer(spy)

    def impatient() -> bool:
        return spy.asked["text"] >= 2 + 2 * batch

    with pytest.raises(CancelledError, match="before there was anything"):
        explainer.explain(picture, caption, progress=False, cancel=impatient)
    assert spy.asked["text"] == 2 + 2 * batch < 2 + 1024
    went_on = explainer.explain(picture, caption, progress=False)
    assert spy.asked["text"] == 2 + 1024
    assert not went_on.estimated
    np.testing.assert_allclose(went_on.second, Explainer(Spy()).explain(picture, caption, progress=False).second)


def test_a_table_of_images_and_captions_encodes_each_once(picture: Image.Image) -> None:
    spy = Spy()
    images = [picture, picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), picture.rotate(90)]
    captions = [CAPTION, "a cat in here"]
    table = Explainer(spy).explain_many(images, captions, **OPTIONS)
    assert spy.asked == {"image": 3 * 57, "text": 2 * 18}
    assert [[explanation.caption for explanation in row] for row in table] == [captions] * 3


def test_a_single_image_or_caption_is_not_a_list(picture: Image.Image) -> None:
    explainer: Any = Explainer(TableEncoder())
    for images, captions, name in ((picture, [CAPTION], "images"), ([picture], "cat", "captions")):
        with pytest.raises(InputError, match=f"{name} is a list.* put it in brackets"):
            explainer.explain_many(images, captions, **OPTIONS)
    rows = explainer.explain_many((one for one in [picture] * 2), (one for one in ["a cat", "a dog"]), **OPTIONS)
    assert [[explanation.caption for explanation in row] for row in rows] == [["a cat", "a dog"]] * 2


def test_a_file_is_read_once(picture: Image.Image) -> None:
    class Once(io.BytesIO):
        def seekable(self) -> bool:
            return False

    spy, content = Spy(), io.BytesIO()
    picture.save(content, "PNG")
    explainer = Explainer(spy)
    (row,) = explainer.explain_many([Once(content.getvalue())], ["a cat", "a dog in here"], **OPTIONS)
    assert [explanation.image is not None for explanation in row] == [True, True]
    explainer.explain(content.getvalue(), "a cat", **OPTIONS)
    explainer.explain(content, "a cat", **OPTIONS)
    assert spy.asked["image"] == 57


def test_captions_of_any_length_share_the_masks_of_an_image(picture: Image.Image) -> None:
    """A budget leaves a shorter caption more image masks: the longest is explained first, the others go on."""
    wide = Spy()
    wide.grid = (3, 5)
    captions = ["a cat", "a cat in a black hat", "a cat in here"]
    (row,) = Explainer(wide).explain_many([picture], captions, budget=2**14, random_state=0, progress=False)
    assert [explanation.caption for explanation in row] == captions
    most = max(explanation.n_image_masks or 0 for explanation in row)
    # Captions of as many examples share these too.
    n_examples = {0 if explanation.example_masks is None else len(explanation.example_masks) for explanation in row}
    assert wide.asked["image"] == 2 + most + sum(n_examples)
    for explanation in row:
        alone = Explainer(wide).explain(picture, explanation.caption, budget=2**14, random_state=0, progress=False)
        assert (alone.n_image_masks, alone.n_text_masks) == (explanation.n_image_masks, explanation.n_text_masks)
        np.testing.assert_allclose(explanation.second, alone.second, atol=1e-9)


def test_what_a_users_encoder_may_hold(picture: Image.Image, tmp_path: Path) -> None:
    class Held(TableEncoder):
        def text(self, caption: str) -> TableInput:
            return super().text("" if caption == "nothing" else caption)

    held: Any = Held()
    held.scale = torch.nn.Parameter(torch.tensor(20.0))  # as in many a model
    held.grid = np.array((2, 3))
    explainer = Explainer(held)
    scalars: Any = {"max_order": np.int64(2), "p": np.array(0.5)}
    explanation = explainer.explain(picture, CAPTION, **{**OPTIONS, **scalars})
    explanation.save(tmp_path / "own.npz")
    assert explanation.grid == (2, 3)
    np.testing.assert_allclose(
        explanation.second, Explainer(TableEncoder()).explain(picture, CAPTION, **OPTIONS).second
    )
    with pytest.raises(InputError, match="The text has no tokens that could be players"):
        explainer.explain(picture, "nothing", progress=False)
    with pytest.raises(InputError, match="A caption is a string, not list"):
        explainer.explain(picture, ["a", "cat"], progress=False)  # type: ignore[arg-type]


def test_memory_that_runs_out_halves_the_batch(picture: Image.Image) -> None:
    class Small(Spy):
        def _watch(self, modality: str, source: TableInput) -> TableInput:
            watched = super()._watch(modality, source)
            embed = watched.embed

            def limited(masks: torch.Tensor) -> torch.Tensor:
                if len(masks) > 20:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
                return embed(masks)

            watched.embed = limited  # type: ignore[method-assign]  # only this input runs out of memory
            return watched

    small = Small()
    explained = Explainer(small).explain(picture, CAPTION, **OPTIONS)
    whole = Explainer(TableEncoder()).explain(picture, CAPTION, **OPTIONS)
    np.testing.assert_allclose(explained.second, whole.second, atol=1e-9)
    assert small.asked["image"] == 57
