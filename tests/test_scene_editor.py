"""The editor of scenes, without a browser."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

import fixlip_widget as fw
from fixlip_widget.demo.showcase import SHOWCASES, showcase
from fixlip_widget.demo.things import THINGS
from fixlip_widget.encoders import ImageLike
from fixlip_widget.live import Explorer
from fixlip_widget.live.scene_editor import SceneEditor
from tests.games import TableEncoder, TableInput

PATIENCE = 60.0


def opened(live: Explorer) -> SceneEditor:
    live.controls.scene.value = True
    editor = live.controls.editor
    assert editor is not None
    return editor


def test_it_opens_with_the_scene_that_is_shown_and_changes_nothing() -> None:
    live = fw.explore(explainer=fw.Explainer(TableEncoder()))
    assert live.worker.wait(PATIENCE)
    before = live.explanation
    editor = opened(live)
    assert editor in live.controls.children
    assert tuple(map(tuple, editor.items)) == SHOWCASES["three things"].items
    np.testing.assert_array_equal(np.asarray(editor.picture()), np.asarray(showcase()[0]))
    live.controls.scene.value = False
    assert editor not in live.controls.children
    assert opened(live) is editor
    assert live.worker.wait(PATIENCE)
    assert live.explanation is before
    # A picture of the reader's own is no scene.
    other = fw.explore(Image.new("RGB", (9, 9)), "a cat", explainer=fw.Explainer(TableEncoder()))
    assert opened(other).items == []


class Counting(TableEncoder):
    """Keeps the pictures that it was given, and counts the batches of captions."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[bytes] = []
        self.n_captions = 0

    def image(self, image: ImageLike) -> TableInput:
        assert isinstance(image, Image.Image)
        self.pictures.append(image.tobytes())
        return super().image(image)

    def text(self, caption: str) -> TableInput:
        plain, owner = super().text(caption), self

        class Counted(TableInput):
            def embed(self, masks: Tensor) -> Tensor:
                owner.n_captions += 1
                return super().embed(masks)

        return Counted(plain._table, plain.tokens, plain.grid)


def test_a_changed_scene_is_explained_and_the_caption_is_not_encoded_again() -> None:
    encoder = Counting()
    live = fw.explore(caption=None, explainer=fw.Explainer(encoder))
    assert live.worker.wait(PATIENCE)
    editor, n_captions = opened(live), encoder.n_captions
    assert n_captions > 0
    moved: list[list[Any]] = [["fox", "purple", [0.6, 0.4], 0.5], ["🏠", None, [0.2, 0.8], 0.3]]
    editor.items = moved
    assert live.worker.wait(PATIENCE)
    assert encoder.pictures[-1] == fw.scene([tuple(item) for item in moved]).tobytes()
    assert encoder.n_captions == n_captions
    assert editor.message.startswith("Explained in ")
    assert editor.message.endswith(" s; only the picture was encoded.")
    # What no scene has is said, and the last picture stays.
    n_pictures = len(encoder.pictures)
    editor.items = []
    assert "The scene has no things" in editor.message
    assert live.worker.wait(PATIENCE)
    assert len(encoder.pictures) == n_pictures


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([["<img onerror=alert(1)>", None, [0.5, 0.5], 0.4]], "There is no thing '<img"),
        ([[["cat"], None, [0.5, 0.5], 0.4]], "The thing ['cat'] is not text"),
        ([["cat", "mauve", [0.5, 0.5], 0.4]], "There is no colour 'mauve'"),
        ([["cat", None, [5, None], 0.4]], "The position [5, None]"),
        ([["cat", None, [0.5, 0.5], 99]], "The size 99"),
        ([["cat"]] * 500, "more than the 36 things"),
        ([7], "7 is not (thing"),
    ],
)
def test_what_a_page_may_send_is_refused_in_a_sentence(items: list[Any], message: str) -> None:
    live = fw.explore(explainer=fw.Explainer(TableEncoder()))
    editor = opened(live)
    editor.items = items
    assert message in editor.message
    assert live.worker.wait(PATIENCE)


def test_the_page_gets_pictures_of_the_things_in_use_and_a_palette_of_all() -> None:
    editor = SceneEditor((("fox", None, (0.3, 0.3), 0.4),))
    assert set(editor.pictures) == {" fox"}
    editor.items = [["fox", "purple", [0.3, 0.3], 0.4]]
    assert set(editor.pictures) == {" fox", "purple fox"}
    file = io.BytesIO(base64.b64decode(editor.pictures["purple fox"].partition(",")[2]))
    with Image.open(file) as picture:
        red, green, blue, _ = np.asarray(picture).reshape(-1, 4).mean(axis=0)
    assert green < red < blue
    with Image.open(io.BytesIO(editor.palette)) as palette:
        assert palette.size == (20 * 40, -(-len(THINGS) // 20) * 40)
        pixels = np.asarray(palette.convert("RGBA"))[..., 3].reshape(-1, 40, 20, 40).max(axis=(1, 3)).ravel()
    assert (pixels[: len(THINGS)] > 0).all()
    assert (pixels[len(THINGS) :] == 0).all()
    assert [word for word, _ in editor.things] == list(THINGS)
