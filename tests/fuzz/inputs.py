"""What callers may give: images, captions, options, masks, tokens, fields and encoders of any kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, scalar_dtypes
from PIL import Image
from torch import Tensor

from fixlip_widget.encoders.images import image_key, read_image
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from fixlip_widget.options import ESTIMATORS
from fixlip_widget.widget.figure import draw
from fixlip_widget.widget.png import render_png
from fixlip_widget.widget.svg import to_svg
from tests.fuzz.kinds import Kind, answer, refused
from tests.games import TableEncoder, TableInput
from tests.strategies import anything, explanations, texts
from tests.widget.samples import oblong

PICTURE, CAPTION = Image.new("RGB", (6, 4)), "one two"
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "I;16", "La", "RGBa")


@st.composite
def pictures(draw: st.DrawFn) -> Image.Image:
    """Pillow's images of every mode, from none to many pixels, with metadata of any kind."""
    picture = Image.new(
        draw(st.sampled_from(MODES)), (draw(st.integers(0, 12)), draw(st.sampled_from([0, 1, 5, 2000])))
    )
    for name in draw(st.sets(st.sampled_from(["transparency", "exif", "icc_profile", "dpi", "background"]))):
        picture.info[name] = draw(anything)
    if draw(st.integers(0, 9)) == 0:
        picture.close()
    return picture


@st.composite
def tensors(draw: st.DrawFn) -> Tensor:
    """Tensors of any shape and type, on no device, or sparse."""
    shape = draw(array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5))
    types = [torch.uint8, torch.float32, torch.bfloat16, torch.int64, torch.bool, torch.complex64, torch.float64]
    tensor = torch.full(shape, draw(st.sampled_from([0, 1, 200, -1, 0.5, math.nan, math.inf]))).to(
        draw(st.sampled_from(types))
    )
    change = draw(st.sampled_from(["none", "none", "none", "meta", "sparse"]))
    return tensor.to("meta") if change == "meta" else tensor.to_sparse() if change == "sparse" else tensor


IMAGES = st.one_of(
    arrays(scalar_dtypes(), array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5)),
    tensors(),
    pictures(),
    st.binary(max_size=200),
    st.text(),
    anything,
)


def check_image(image: Any) -> None:
    image_key(image)
    picture = answer(lambda: read_image(image))
    assert picture is None or (picture.mode == "RGB" and min(picture.size) > 0)


@cache
def demo() -> Explainer:
    return Explainer.demo()


WORDS = (
    "a",
    "red",
    "cat",
    "and",
    "two",
    "blue",
    "dogs",
    "above",
    "left",
    "of",
    "no",
    "ball",
    ",",
    ".",
    "\u2028",
    "<b>",
)
CAPTIONS = texts | st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | anything


def check_caption(caption: Any) -> None:
    encoder = demo().encoder
    prepared = answer(lambda: encoder.text(caption))
    if prepared is not None:
        assert prepared.n_players == len(prepared.tokens) > 0


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "method": st.sampled_from([name for name, method in METHODS.items() if not method.white_box]) | anything,
        "p": st.floats(0, 1) | st.tuples(st.floats(0, 1), st.floats(0, 1)) | anything,
        "max_order": st.sampled_from([1, 2, 3, None]) | anything,
        "budget": st.integers(1, 10**6) | anything,
        "n_image_masks": st.integers(1, 200) | anything,
        "n_text_masks": st.integers(1, 8) | anything,
        "seconds": st.floats(1e-6, 1) | anything,
        "target_stderr": st.floats(0) | anything,
        "random_state": st.integers(0, 2**63) | anything,
        "estimator": st.sampled_from(ESTIMATORS) | anything,
        "progress": st.booleans() | anything,
        "cancel": st.sampled_from([None, lambda: False]) | anything,
    },
)


def check_options(options: dict[str, Any]) -> None:
    explained = answer(lambda: Explainer(TableEncoder()).explain(PICTURE, CAPTION, **{"progress": False} | options))
    if explained is not None:
        assert all(map(math.isfinite, [explained.baseline_value, explained.full_value, explained.empty_value]))
        for name in ("first", "second", "stderr_first"):
            assert np.isfinite(getattr(explained, name)).all()


DTYPES = st.sampled_from([np.dtype(kind) for kind in ("?", "i8", "f8", "O", "U5", "u1", "c16")])
MASKS: st.SearchStrategy[Any] = (
    arrays(DTYPES, array_shapes(max_dims=3, max_side=9))
    | st.lists(anything, min_size=8, max_size=8)
    | st.lists(st.sampled_from([0, 1, 0.0, 1.0, True, False]), min_size=8, max_size=8)
    | st.lists(st.lists(st.booleans(), max_size=8), max_size=3)
    | anything
)


@cache
def explained_table() -> Explanation:
    return Explainer(TableEncoder()).explain(PICTURE, CAPTION, progress=False)


def check_masks(masks: Any) -> None:
    explanation = explained_table()
    predicted = answer(lambda: explanation.predict(masks))
    if predicted is not None:
        truth = [[bool(kept) for kept in mask] for mask in np.atleast_2d(np.asarray(masks))]
        assert all(kept in (0, 1) for mask in np.atleast_2d(np.asarray(masks)) for kept in mask)
        np.testing.assert_allclose(predicted, explanation.predict(np.reshape(truth, (-1, 8))))


SELECTIONS = (
    anything
    | st.lists(anything, max_size=3)
    | st.integers(-2, 22)
    | st.lists(st.integers(-1, 21) | st.sampled_from(oblong().tokens), max_size=4)
)


def check_selection(selected: Any) -> None:
    explanation = oblong()
    players = answer(lambda: explanation.valid_players(selected))
    if players is not None:
        assert len(set(players)) == len(players)
        assert explanation.conditional(selected).shape == (21,)


FIELDS = st.dictionaries(st.sampled_from(sorted(vars(oblong()))), anything, min_size=1, max_size=2)


def check_fields(changes: dict[str, Any]) -> None:
    changed = answer(lambda: oblong().replace(**changes))
    if changed is not None:
        repr(changed)
        assert to_svg(draw(changed), changed.caption).endswith("</svg>\n")


def check_still(explanation: Explanation) -> None:
    for options in ({}, {"figure": True, "mode": "links"}):
        canvas = draw(explanation, **options)  # type: ignore[arg-type]  # of two options
        assert render_png(canvas).startswith(b"\x89PNG")
        to_svg(canvas, explanation.caption).encode()


Fault = Callable[[Tensor], Any]
FAULTS: dict[str, Fault] = {
    "NaN": lambda e: e.index_fill(0, torch.tensor([len(e) - 1]), math.nan),
    "infinity": lambda e: e.index_fill(0, torch.tensor([0]), math.inf),
    "zero": lambda e: e.index_fill(0, torch.tensor([len(e) // 2]), 0.0),
    "length": lambda e: e * 1.5,
    "fewer": lambda e: e[:-1],
    "more": lambda e: torch.cat([e, e[:1]]),
    "none": lambda e: e[:0],
    "wider": lambda e: torch.cat([e, torch.zeros(len(e), 1)], dim=1),
    "flat": lambda e: e.ravel(),
    "deep": lambda e: e[None],
    "whole numbers": lambda e: e.round().int(),
    "complex": lambda e: e.to(torch.complex64),
    "meta": lambda e: e.to("meta"),
    "list": lambda e: e.tolist(),
    "array": lambda e: e.numpy(),
    "None": lambda e: None,
}
ENCODERS = st.tuples(
    st.sampled_from(sorted(FAULTS)), st.sampled_from(["image", "text"]), st.integers(1, 3), st.sampled_from([1, 2])
)


class Faulty(TableEncoder):
    """An encoder whose answer to one batch of one modality has a fault."""

    grid = (3, 5)

    def __init__(self, fault: str, modality: str, batch: int) -> None:
        self.fault, self.modality, self.batch = FAULTS[fault], modality, batch
        self.seen = 0

    def _spoilt(self, prepared: TableInput) -> TableInput:
        embed = prepared.embed

        def spoil(masks: Tensor) -> Any:
            self.seen += 1
            return self.fault(embed(masks)) if self.seen == self.batch else embed(masks)

        prepared.embed = spoil  # type: ignore[method-assign]  # only this input
        return prepared

    def image(self, image: Any) -> TableInput:
        prepared = super().image(image)
        return self._spoilt(prepared) if self.modality == "image" else prepared

    def text(self, caption: str) -> TableInput:
        prepared = super().text(caption)
        return self._spoilt(prepared) if self.modality == "text" else prepared


def check_encoder(case: tuple[str, str, int, int]) -> None:
    fault, modality, batch, order = case
    encoder = Faulty(fault, modality, batch)
    explainer = Explainer(encoder)
    options: dict[str, Any] = {"max_order": order, "n_image_masks": 600, "random_state": 0, "progress": False}
    try:
        refused(lambda: explainer.explain(PICTURE, CAPTION, **options))
    except AssertionError:
        assert encoder.seen < batch, fault  # it had no occasion
        return
    if fault == "wider" and batch == 1:
        explainer.forget()  # nothing says that the first width was wrong
    np.testing.assert_array_equal(  # the next request is right
        explainer.explain(PICTURE, CAPTION, **options).first, sound(order).first
    )


@cache
def sound(order: int) -> Explanation:
    encoder = Faulty("None", "image", 0)
    return Explainer(encoder).explain(
        PICTURE, CAPTION, max_order=order, n_image_masks=600, random_state=0, progress=False
    )


INPUTS = (
    Kind("images", "is read as RGB, or refused in a sentence", IMAGES, check_image, "inputs"),
    Kind("captions", "has as many players as tokens, or is refused in a sentence", CAPTIONS, check_caption, "inputs"),
    Kind("options", "gives finite numbers, or is refused in a sentence", OPTIONS, check_options, "inputs"),
    Kind("masks", "is predicted as the truth values it holds, or refused in a sentence", MASKS, check_masks, "inputs"),
    Kind("selections", "selects each token once, or is refused in a sentence", SELECTIONS, check_selection, "inputs"),
    Kind("fields", "is refused in a sentence, or can be printed and drawn", FIELDS, check_fields, "inputs"),
    Kind("stills", "is drawn as PNG and SVG, whatever its texts hold", explanations(), check_still, "inputs"),
    Kind(
        "encoders with a fault",
        "is refused in a sentence, after which the next request is right",
        ENCODERS,
        check_encoder,
        "inputs",
    ),
)
