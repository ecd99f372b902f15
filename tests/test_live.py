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
from fixlip_widget.live import Explorer
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
    expected = fw.Explainer(TableEncoder()).explain(PICTURE, "a cat", progress=False)
    np.testing.assert_allclose(live.explanation.second, expected.second, atol=1e-9)
    assert (live.view.status, live.message.value, live.cancel.disabled) == ("ready", "", True)


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
    live.caption.value = "a dog here"
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.caption == "a dog here"
    assert live.view.selected == [2]
    assert live._explainers["table"].game(PICTURE, "a dog here").image.forwards == seen
    assert live.recent.options == ("a dog here", "a cat")
    live.recent.value = "a cat"
    assert live.worker.wait(PATIENCE)
    assert live.explanation.caption == "a cat"


def test_an_older_question_never_overwrites_a_newer_one(gated: type[Gated]) -> None:
    live = explorer(GatedEncoder())
    assert gated.asked.wait(PATIENCE)
    live.caption.value = "a newer question"
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert live.explanation is not None
    assert live.explanation.caption == "a newer question"
    assert "a cat" not in live.recent.options[:1]


def test_cancel_stops_within_one_batch(gated: type[Gated]) -> None:
    live = explorer(GatedEncoder())
    assert gated.asked.wait(PATIENCE)
    live.cancel.click()
    under_way = gated.batches
    gated.gate.set()
    assert live.worker.wait(PATIENCE)
    assert gated.batches <= under_way + 1
    assert live.message.value == "cancelled"
    assert live.cancel.disabled


def test_mistakes_are_answered_and_mended() -> None:
    live = explorer(Choosy())
    assert live.worker.wait(PATIENCE)
    live.path.value = "/nowhere/a.png"
    assert live.message.value == "There is no file /nowhere/a.png; give the path of a picture."
    live.caption.value = "<b>"
    assert live.worker.wait(PATIENCE)
    assert live.view is not None
    assert live.view.status == "error"
    assert live.message.value == "'&lt;b&gt;' is no caption; write another."
    live.caption.value = "a dog"
    assert live.worker.wait(PATIENCE)
    assert (live.view.status, live.message.value) == ("ready", "")


def test_pictures_come_by_path_and_by_upload(tmp_path: Path) -> None:
    live = explorer()
    PICTURE.save(tmp_path / "a.png")
    live.path.value = str(tmp_path / "a.png")
    assert live.worker.wait(PATIENCE)
    assert live._image == tmp_path / "a.png"
    file = io.BytesIO()
    Image.new("L", (9, 9)).save(file, "PNG")
    live._take(({"name": "b.png", "content": memoryview(file.getvalue())},))
    assert live.worker.wait(PATIENCE)
    assert isinstance(live._image, Image.Image)
    live._take(({"name": "c.txt", "content": memoryview(b"no picture")},))
    assert live.message.value.startswith("c.txt is not a picture")


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
    live.model.value = "two"
    assert live.worker.wait(PATIENCE)
    assert explainers["two"].game(PICTURE, "a cat").image.forwards > 2
    with pytest.raises(InputError, match="no explainer"):
        fw.explore(PICTURE, "a cat", explainer={})
    with pytest.raises(InputError, match="no caption"):
        fw.explore(PICTURE)
