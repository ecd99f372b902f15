"""Threads that share one explainer, or one encoder."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import numpy as np
import pytest
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg
from PIL import Image
from torch import Tensor, nn

from fixlip_widget.baselines.exclip import forward_pre_hooks
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from tests.encoders.models import random_clip
from tests.games import TableEncoder, TableInput

PHOTO = Image.effect_noise((30, 20), 80).convert("RGB")
SIZE = PreprocessCfg(size=(48, 32))


class MeetingInput(TableInput):
    """Whose `embed` waits a moment for another thread to come to it as well."""

    meeting: Barrier

    def embed(self, masks: Tensor) -> Tensor:
        try:
            self.meeting.wait(0.05)
        except BrokenBarrierError:
            self.meeting.reset()
        return super().embed(masks)


class FineEncoder(TableEncoder):
    grid = (3, 5)


class MeetingEncoder(FineEncoder):
    def __init__(self) -> None:
        self.meeting = Barrier(2)

    def _meet(self, known: TableInput) -> TableInput:
        meeting = MeetingInput(known._table, known.tokens, known.grid)
        meeting.meeting = self.meeting
        return meeting

    def image(self, image: Any) -> TableInput:
        return self._meet(super().image(image))

    def text(self, caption: str) -> TableInput:
        return self._meet(super().text(caption))


def in_turn_and_at_once(make: Any, requests: list[dict[str, Any]]) -> list[tuple[Explanation, Explanation]]:
    """Each explanation by an explainer of its own, and by one that two threads share."""
    alone = [make().explain(**request) for request in requests]
    shared = make()
    for request in requests:
        shared.plan(request["image"], request["caption"])  # prepares them, so that threads find the same
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda request: shared.explain(**request), requests))
    return list(zip(alone, together, strict=True))


def test_threads_that_share_an_image_share_no_half_drawn_masks() -> None:
    captions = ["one two three", "four five six seven"]
    requests = [{"image": PHOTO, "caption": caption, "n_image_masks": 512, "random_state": 0} for caption in captions]
    for alone, together in in_turn_and_at_once(lambda: Explainer(MeetingEncoder()), requests):
        np.testing.assert_array_equal(together.second, alone.second)
        assert together.n_image_masks == alone.n_image_masks


@pytest.mark.parametrize("method", METHODS)
def test_every_method_beside_another(method: str) -> None:
    def make() -> Explainer:
        model, tokenizer = random_clip(1, patch_size=8), BpeTokenizer(SimpleTokenizer(), 20)
        return Explainer(OpenClipEncoder(model, tokenizer, SIZE, "random", torch.device("cpu")))

    options: dict[str, Any] = {} if METHODS[method].white_box else {"random_state": 0}
    requests = [
        {"image": photo, "caption": caption, **request}
        for photo, caption in ((PHOTO, "a hydrant"), (PHOTO.rotate(90, expand=True), "two dogs"), (PHOTO, "grass"))
        for request in ({"method": method, **options}, {"n_image_masks": 200, "random_state": 0})
    ]
    for alone, together in in_turn_and_at_once(make, requests):
        np.testing.assert_array_equal(together.first, alone.first)
        np.testing.assert_array_equal(together.second, alone.second)


def test_hooks_are_of_one_thread() -> None:
    module, seen = nn.Identity(), []
    with (
        forward_pre_hooks([module], lambda module, arguments: seen.append(arguments[0])),
        ThreadPoolExecutor(1) as pool,
    ):
        pool.submit(module, "another thread").result()
        module("this thread")
    assert seen == ["this thread"]


def test_streams_take_turns() -> None:
    explainer = Explainer(FineEncoder())
    request: dict[str, Any] = {"image": PHOTO, "caption": "one two", "random_state": 0}
    expected = Explainer(FineEncoder()).explain(**request, n_image_masks=1024)
    stream = explainer.stream(**request, n_image_masks=1024)
    next(stream)
    with ThreadPoolExecutor(1) as pool:  # which would wait forever if the stream kept the lock
        beside = pool.submit(explainer.explain, **request, n_image_masks=2048).result(timeout=60)
    assert beside.n_image_masks == 2048
    *_, last = stream
    np.testing.assert_array_equal(last.second, expected.second)
    assert last.n_image_masks == 1024
