from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.schema import ARRAYS, PICTURES
from fixlip_widget.widget.serialize import (
    MAX_PICTURE_SIDE,
    continues_word,
    data_url,
    serialize,
    serialize_image,
    serialize_meta,
    serialize_values,
)
from tests.widget import golden
from tests.widget.samples import cropped, hydrant, oblong


def test_golden_file_is_current() -> None:
    assert golden.PATH.read_text(encoding="utf-8") == golden.written(), "run python -m tests.widget.golden"


def test_values_are_the_arrays_one_after_another() -> None:
    explanation = oblong(errors=True)
    n = explanation.n_players
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")

    assert serialize_meta(explanation)["arrays"] == ["first", "second", "stderr_second", "stderr_first_order"]
    np.testing.assert_array_equal(values[:n], explanation.first)
    at, n_pairs = n, n * (n - 1) // 2
    assert explanation.stderr_second is not None
    for i in range(n):
        for j in range(i + 1, n):
            assert values[at] == np.float32(explanation.second[i, j])
            assert values[at + n_pairs] == np.float32(explanation.stderr_second[i, j])
            at += 1
    np.testing.assert_array_equal(values[n + 2 * n_pairs :], explanation.stderr_first_order)


def test_third_order_arrays_are_row_major() -> None:
    explanation = golden.samples()["errors"]
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")

    assert serialize_meta(explanation)["arrays"] == list(ARRAYS)
    n_pairs = explanation.n_players * (explanation.n_players - 1) // 2
    start = explanation.n_players + n_pairs
    assert explanation.third_image is not None
    assert explanation.third_text is not None
    third = np.concatenate([explanation.third_image.ravel(), explanation.third_text.ravel()])
    np.testing.assert_array_equal(values[start : start + third.size], third)
    assert explanation.stderr_third_text is not None
    errors = explanation.stderr_third_text
    np.testing.assert_array_equal(values[-errors.size :].reshape(errors.shape), errors)
    assert np.isnan(values).sum() == 6  # one unknown error of each array


def sent(explanation: Explanation) -> Any:
    """The meta that arrives in the browser, as JSON."""
    return json.loads(json.dumps(serialize_meta(explanation), allow_nan=False))


def test_meta_is_json() -> None:
    meta = sent(hydrant())

    assert meta["fields"]["grid"] == [7, 7]
    assert meta["fields"]["n_image_masks"] == 4096
    assert meta["fields"]["p"] == 0.5
    assert set(meta["fields"]) == {"format", "version", *vars(hydrant())} - {*ARRAYS, *PICTURES}
    assert meta["size"] == [448, 448]
    assert meta["joined"] == [False] * 7 + [True]
    assert sent(oblong())["fields"]["p"] == [0.25, 0.75]


def test_the_image_is_a_data_url() -> None:
    assert serialize(hydrant())["picture"].startswith("data:image/")


def test_an_explanation_without_an_image_has_no_size() -> None:
    state = serialize(oblong(image=False))

    assert state["picture"] == ""
    assert state["meta"]["size"] is None


def test_an_r2_that_is_not_a_number_is_null() -> None:
    assert sent(hydrant().replace(r2=float("nan")))["fields"]["r2"] is None


def test_meta_states_whether_values_predict_the_similarity() -> None:
    assert serialize_meta(hydrant())["predicts_similarity"] is True
    assert serialize_meta(hydrant().replace(baseline_value=float("nan")))["predicts_similarity"] is False
    assert serialize_meta(hydrant().replace(method="grad-eclip"))["predicts_similarity"] is False


def test_meta_states_whether_values_depend_on_p() -> None:
    for method, expected in (("fixlip", True), ("shapiq", True), ("shapley", False), ("grad-eclip", False)):
        assert serialize_meta(hydrant().replace(method=method))["depends_on_p"] is expected


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK"])
def test_pictures_of_any_mode_and_size_fit_the_page(mode: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (40, 2000, 3), dtype=np.uint8)
    url = data_url(Image.fromarray(noise).convert(mode))

    head, data = url.split(",")
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert head == f"data:image/{str(picture.format).lower()};base64"
        assert picture.size == (MAX_PICTURE_SIDE, 15)
        assert picture.mode == "RGB"


@pytest.mark.parametrize(
    ("caption", "tokens", "joined"),
    [
        ("a yellow hydrant", ("a", "yellow", "hydr", "ant"), [False, False, False, True]),
        ("Dog, sleeping.", ("dog", ",", "sleeping", "."), [False, True, False, True]),
        ("ant ant", ("ant", "ant"), [False, False]),
        ("naïve dogs", ("naive", "dog", "s"), [False, False, True]),
        ("", ("lost",), [False]),
        ('“dog” or "hydrant"', ('"', "dog", '"', "or", "hydr", "ant"), [False, False, False, False, False, True]),
        ("antant", ("ant", "", "ant"), [False, False, True]),
    ],
)
def test_pieces_of_a_word_are_known(caption: str, tokens: tuple[str, ...], joined: list[bool]) -> None:
    assert continues_word(caption, tokens) == joined


def test_the_whole_picture_is_shown_where_the_model_saw_a_part() -> None:
    explanation = cropped()
    meta = serialize_meta(explanation)
    assert (meta["size"], meta["crop_box"]) == ([300, 200], [0.2, 0.0, 0.8, 0.75])
    assert serialize_meta(oblong())["crop_box"] == [0.0, 0.0, 1.0, 1.0]
    content = base64.b64decode(serialize_image(explanation).partition(",")[2])
    with Image.open(io.BytesIO(content)) as shown:
        assert shown.size == (300, 200)
