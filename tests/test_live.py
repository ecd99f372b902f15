from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

import fixlip_widget as fw
from fixlip_widget.encoders import ImageLike
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.fidelity import FidelityCheck
from fixlip_widget.live import Explorer
from fixlip_widget.live.live_query import LiveQuery
from fixlip_widget.methods import METHODS
from tests.games import TableEncoder, TableInput

PATIENCE = 60.0
PICTURE = Image.new("RGB", (30, 20))


class Gated(TableInput):
    """An image that lets no mask pass but when told to, and counts the batches."""

    gate = threading.Event()
    asked = threading.Event()
    batches = 0

    def embed(self, masks: Tensor) -> Tensor:
        Gated.batches += 1
        Gated.asked.set()
        assert Gated.gate.wait(PATIENCE)
        return super().embed(masks)


class GatedEncoder(TableEncoder):
    def image(self, image: ImageLike) -> TableInput:
        plain = super().image(image)
        return Gated(plain._table, plain.tokens, plain.grid)


def explorer(encoder: TableEncoder | None = None, caption: str = "a cat") -> Explorer:
    return fw.explore(PICTURE, caption, explainer=fw.Explainer(encoder or TableEncoder()))


@pytest.fixture
def gated() -> type[Gated]:
    Gated.gate.clear()
    Gated.asked.clear()
    Gated.batches = 0
    return Gated


def test_it_explains_what_it_is_given() -> None:
    live = explorer()
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.view is not None
    assert live.view.explanation is live.explanation
    # ipywidgets has methods of its own, which none may replace.
    assert "Explorer" in live._repr_mimebundle_()["text/plain"]
    expected = fw.Explainer(TableEncoder()).explain(PICTURE, "a cat", progress=False)
    np.testing.assert_allclose(live.explanation.second, expected.second, atol=1e-9)
    assert (live.view.status, live.controls.message.value, live.controls.cancel.disabled) == ("ready", "", True)


class Fine(TableEncoder):
    """More patches than there are masks for."""

    grid = (3, 5)


class Choosy(TableEncoder):
    def text(self, caption: str) -> TableInput:
        if "<" in caption:
            raise InputError(f"{caption!r} is no caption; write another.")
        return super().text(caption)


def test_a_new_caption_encodes_no_image_and_keeps_the_patches_selected() -> None:
    live = explorer(Fine())
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    live.view.selected = [2, 16]
    seen = live._explainers["table"].game(PICTURE, "a cat").image.forwards
    live.controls.caption.value = "a dog here"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.caption == "a dog here"
    assert live.view.selected == [2]
    assert live._explainers["table"].game(PICTURE, "a dog here").image.forwards == seen
    assert live.controls.recent.options == ("recent captions", "a dog here", "a cat")
    live.controls.recent.value = "a cat"
    assert live.worker.wait(PATIENCE)
    assert live.explanation.caption == "a cat"


def test_typing_at_the_end_keeps_the_words_selected() -> None:
    live = explorer(Fine(), caption="a cat here")
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    live.view.selected, live.view.hidden = [2, 16, 17], [15]
    live.controls.caption.value = "a cat there too"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.tokens[15:] == ("a", "cat", "there", "too")
    assert (live.view.selected, live.view.hidden) == ([2, 16], [15])


def test_recent_captions_leave_the_room_of_the_caption() -> None:
    controls = explorer().controls
    assert controls.recent.layout.width == "200px"
    assert controls.recent.layout.flex is None


def test_an_older_question_never_overwrites_a_newer_one(gated: type[Gated]) -> None:
    live = explorer(GatedEncoder())
    assert gated.asked.wait(PATIENCE)
    live.controls.caption.value = "a newer question"
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.caption == "a newer question"
    assert live.controls.recent.options == ("recent captions", "a newer question")


def test_cancel_stops_within_one_batch(gated: type[Gated]) -> None:
    live = explorer(GatedEncoder())
    assert gated.asked.wait(PATIENCE)
    live.controls.cancel.click()
    under_way = gated.batches
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert gated.batches <= under_way + 1
    assert live.controls.message.value == "cancelled"
    assert live.controls.cancel.disabled


class GatedText(TableEncoder):
    def text(self, caption: str) -> TableInput:
        plain = super().text(caption)
        return Gated(plain._table, plain.tokens, plain.grid)


def test_cancel_stops_the_captions_masks_within_one_batch(gated: type[Gated]) -> None:
    gated.gate.set()
    live = explorer(GatedText(), caption="a b c d e f g h i j k")  # 2048 masks, several batches
    assert live.worker.wait(PATIENCE)
    all_batches = gated.batches
    assert all_batches >= 6
    gated.gate.clear()
    gated.asked.clear()
    live.controls.caption.value = "A B C D E F G H I J K"
    assert gated.asked.wait(PATIENCE)
    under_way = gated.batches
    live.controls.cancel.click()
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert gated.batches <= under_way + 1
    assert live.explanation is not None
    assert live.explanation.caption == "a b c d e f g h i j k"
    assert live.controls.message.value == "cancelled"
    assert live.controls.caption.value == "A B C D E F G H I J K"


def test_while_other_settings_are_explained_it_says_which_are_shown(gated: type[Gated]) -> None:
    gated.gate.set()
    live = explorer(GatedEncoder())
    assert live.worker.wait(PATIENCE)
    gated.gate.clear()
    gated.asked.clear()
    live.controls.p.value = 0.7
    assert gated.asked.wait(PATIENCE)
    assert live.controls.message.value == "Still showing: p 0.5."
    live.controls.method.value = "shapley"
    assert live.controls.message.value == "Still showing: p 0.5."
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert (live.explanation and live.explanation.method, live.controls.message.value) == ("shapley", "")


@pytest.mark.parametrize("rested", [True, False])
def test_half_typed_captions_are_not_remembered(monkeypatch: pytest.MonkeyPatch, rested: bool) -> None:
    monkeypatch.setattr("fixlip_widget.live.explorer.REST_S", 0.0 if rested else 1e9)
    live = explorer(caption="a dog")
    for caption in ("a dog ca", "a dog", "a do", "a doll"):
        assert live.worker.wait(PATIENCE)
        live.controls.caption.value = caption
    assert live.worker.wait(PATIENCE)
    left = ("a dog ca", "a dog") if rested else ()
    assert live.controls.recent.options[:2] == ("recent captions", "a doll")
    assert set(live.controls.recent.options[2:]) == set(left)


def test_what_is_pinned_is_compared_with_what_follows() -> None:
    live = explorer(Fine(), caption="a cat here")
    assert live.controls.pin.disabled or live.view is not None
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    live.view.selected = [16]
    first = live.explanation
    live.controls.pin.value = True
    comparison = live.comparison
    assert comparison is not None
    assert live.children[1] is comparison
    assert (comparison.selected, comparison.mode) == ([16], "conditional")
    assert [view["title"] for view in comparison.views] == ["pinned", "now"]
    live.controls.caption.value = "a dog here"
    assert live.worker.wait(PATIENCE)
    assert comparison.explanations == (first, live.explanation)
    assert [view["title"] for view in comparison.views] == ["pinned: “a cat here”", "now: “a dog here”"]
    assert comparison.views[1]["aligned"] == [15, 18, 17]
    assert (comparison.selected, comparison.status) == ([16], "ready")
    comparison.selected = [18]
    live.controls.caption.value = "a cat here"
    assert live.worker.wait(PATIENCE)
    assert comparison.selected == []
    live.controls.pin.value = False
    assert live.comparison is None
    assert live.children[1] is live.view


def test_the_words_of_the_bundled_encoder_are_completed() -> None:
    live = fw.explore(explainer=fw.Explainer.demo(image_grid=(1, 7)))
    live.controls.caption.value = "a green ca"
    assert live.controls.caption.options == (
        *("a green cactus", "a green camel", "a green camera", "a green candle", "a green candy"),
        *("a green canoe", "a green car", "a green carrot", "a green castle", "a green cat"),
    )
    live.controls.caption.value = "a green cat"
    assert live.controls.caption.options == ()
    live.controls.caption.value = "a green cat and "
    assert "a green cat and the" in live.controls.caption.options
    assert len(live.controls.caption.options) > 40
    live.worker.cancel("explain")
    assert live.worker.wait(PATIENCE)
    assert explorer().controls.caption.options == ()


def test_a_new_image_is_sketched_before_it_is_known() -> None:
    told: list[float] = []
    query = LiveQuery(fw.Explainer(Fine()), PICTURE, "a cat", "fixlip", 0.5, 1024)
    explanations = list(query.explanations(known=False, progress=told.append, cancel=lambda: False))
    counts = [explanation.n_image_masks or 0 for explanation in explanations]
    assert counts == sorted(set(counts))
    assert counts[-1] == 1024
    assert any(explanation.shrinkage < 1 for explanation in explanations)
    assert explanations[-1].shrinkage == 1
    assert told == sorted(told)
    assert told[-1] == 1
    again = LiveQuery(query.explainer, PICTURE, "a dog", "fixlip", 0.5, 1024)
    assert again.shares_image_masks(query)
    assert len(list(again.explanations(known=True, progress=told.append, cancel=lambda: False))) == 1


def test_a_method_is_given_the_masks_it_needs() -> None:
    live = explorer(Fine())
    live.controls.masks.value = 512
    live.controls.method.value = "banzhaf"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert (live.explanation.method, live.controls.message.value) == ("banzhaf", "")
    assert live.explanation.n_image_masks == 512
    # The same number at each of three nodes.
    live.controls.method.value = "fixlip-shapley"
    assert live.worker.wait(PATIENCE)
    assert (live.explanation.method, live.explanation.n_image_masks) == ("fixlip-shapley", 510)


def test_every_method_of_the_menu_explains() -> None:
    live = fw.explore(caption=None, explainer=fw.Explainer.demo(image_grid=(1, 7)))
    live.controls.caption.value = "a green cat"
    for method in (*METHODS, "fixlip"):
        live.controls.method.value = method
        assert live.worker.wait(PATIENCE), method
        assert live.explanation is not None
        assert live.view is not None
        assert (live.explanation.method, live.controls.message.value) == (method, "")
        assert live.view.status == "ready"
        assert (live.explanation.r2 is not None) == METHODS[method].weighted


def test_predictions_are_compared_with_the_model() -> None:
    live = explorer(Fine())
    assert live.worker.wait(PATIENCE)
    view, panel, explanation = live.view, live.panel, live.explanation
    assert view is not None
    assert panel is not None
    assert explanation is not None
    check = panel.check
    assert check is not None
    game = fw.Explainer(Fine()).game(PICTURE, "a cat")
    np.testing.assert_allclose(check.values, game(check.masks), atol=1e-5)
    np.testing.assert_allclose(check.predicted, explanation.predict(check.masks))
    assert explanation.r2 == pytest.approx(FidelityCheck.of(explanation, check.masks, game(check.masks)).r2, abs=1e-5)
    assert view.meta["fields"]["r2"] == explanation.r2

    view.selected = [15]
    kept, marks = check.masks[:, 15], panel.scatter.marks
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_allclose(marks["selected"].x, check.predicted[kept] + game.empty_value)
    np.testing.assert_allclose(marks["selected"].y, check.values[kept] + game.empty_value)
    np.testing.assert_allclose(marks["other"].y, check.values[~kept] + game.empty_value)
    assert "“cat” kept" not in panel.figure.title
    assert "“a” kept" in panel.figure.title
    view.hidden = [0, 7]
    assert live.worker.wait(PATIENCE)
    assert marks["own"].y.tolist() == [view.measured["similarity"]]


def test_a_new_caption_encodes_no_fresh_masks_of_the_image() -> None:
    live = explorer(Fine())
    assert live.worker.wait(PATIENCE)
    encoder = live._explainers["table"].game(PICTURE, "a cat").image
    before = encoder.forwards
    live.controls.caption.value = "a dog barks"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert (live.explanation.caption, live.explanation.r2 is None) == ("a dog barks", False)
    assert encoder.forwards == before


def test_what_is_switched_off_is_asked_about_again_with_a_new_caption() -> None:
    live = explorer()
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    live.view.hidden = [0]
    assert live.worker.wait(PATIENCE)
    before = live.view.measured
    live.controls.caption.value = "a cat sleeps"
    assert live.worker.wait(PATIENCE)
    assert live.view.hidden == [0]
    assert live.view.measured is not None
    assert live.view.measured != before


def test_recent_captions_are_whole_and_do_not_write_themselves() -> None:
    live = explorer()
    assert live.worker.wait(PATIENCE)
    live.controls.recent.value = "a cat"
    live.controls.caption.value = "a horse"
    for caption in ("a", "a dog", "a dog barks", "a bird"):
        live.controls.remember(caption)
    assert live.controls.recent.options[1:4] == ("a bird", "a dog barks", "a cat")
    assert live.controls.caption.value == "a horse"
    assert live.worker.wait(PATIENCE)


def test_mistakes_are_answered_and_mended() -> None:
    live = explorer(Choosy())
    assert live.worker.wait(PATIENCE)
    live.controls.path.value = "/nowhere/a.png"
    assert live.controls.message.value == "There is no image file /nowhere/a.png; check the path."
    live.controls.path.value = "https://site.org/a.png"
    assert live.controls.message.value.startswith("https://site.org/a.png is a URL, which is not fetched")
    live.controls.caption.value = "<b>"
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    assert live.view.status == "error"
    told = "'&lt;b&gt;' is no caption; write another. Showing the explanation of “a cat”."
    assert live.controls.message.value == told
    live.controls.caption.value = "a dog"
    assert live.worker.wait(PATIENCE)
    assert (live.view.status, live.controls.message.value) == ("ready", "")


def test_pictures_come_by_path_and_by_upload(tmp_path: Path) -> None:
    live = explorer()
    PICTURE.save(tmp_path / "a.png")
    live.controls.path.value = str(tmp_path / "a.png")
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.image is not None
    assert live.explanation.image.size == (30, 20)
    file = io.BytesIO()
    Image.new("L", (9, 9)).save(file, "PNG")
    live.controls.open_upload(({"name": "b.png", "content": memoryview(file.getvalue())},))
    assert live.worker.wait(PATIENCE)
    assert live.explanation.image.size == (9, 9)


def test_a_file_to_begin_with_is_read_once(tmp_path: Path) -> None:
    PICTURE.save(tmp_path / "a.png")
    with (tmp_path / "a.png").open("rb") as file:
        live = fw.explore(file, "a cat", explainer=fw.Explainer(TableEncoder()))
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.image is not None
    assert (live.explanation.image.size, live.controls.message.value) == (PICTURE.size, "")
    with pytest.raises(InputError, match="A caption is a string, not list"):
        fw.explore(PICTURE, ["a", "cat"])  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"no picture", b"half of one"])
def test_a_broken_upload_is_refused_and_changes_nothing(content: bytes) -> None:
    if content == b"half of one":
        file = io.BytesIO()
        Image.effect_noise((60, 60), 90).save(file, "PNG")
        content = file.getvalue()[:900]
    live = explorer()
    assert live.worker.wait(PATIENCE)
    live.controls.open_upload(({"name": "c.png", "content": memoryview(content)},))
    assert live.worker.wait(PATIENCE)
    assert live.controls.message.value.startswith("c.png cannot be read as an image")
    live.controls.caption.value = "a dog"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.image is not None
    assert (live.explanation.image.size, live.controls.message.value) == (PICTURE.size, "")


def test_the_model_itself_answers_what_if() -> None:
    live = explorer()
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    assert live.explanation is not None
    live.view.hidden = [0, 7]
    assert live.worker.wait(PATIENCE)
    kept = np.ones(8, dtype=bool)
    kept[[0, 7]] = False
    game = fw.Explainer(TableEncoder()).game(PICTURE, "a cat")
    similarity = float(game(kept)[0]) + game.empty_value
    assert live.view.measured == {"hidden": [0, 7], "similarity": pytest.approx(similarity)}


def test_several_models_can_be_chosen_from() -> None:
    explainers = {"one": fw.Explainer(TableEncoder()), "two": fw.Explainer(TableEncoder())}
    live = fw.explore(PICTURE, "a cat", explainer=explainers)
    live.controls.model.value = "two"
    assert live.worker.wait(PATIENCE)
    assert explainers["two"].game(PICTURE, "a cat").image.forwards > 2
    with pytest.raises(InputError, match="no explainer"):
        fw.explore(PICTURE, "a cat", explainer={})
    with pytest.raises(InputError, match="no caption"):
        fw.explore(PICTURE)
