from __future__ import annotations

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from fixlip_widget.widget.serialize import MAX_PICTURE_SIDE, continues_word, data_url, serialize, serialize_values
from tests.widget import golden
from tests.widget.samples import hydrant, oblong


def test_golden_file_is_current() -> None:
    assert golden.PATH.read_text(encoding="utf-8") == golden.written(), "run python -m tests.widget.golden"


def test_values_are_attributions_then_the_upper_triangle() -> None:
    explanation = oblong()
    n = explanation.n_players
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")

    assert values.shape == (n + n * (n - 1) // 2,)
    np.testing.assert_allclose(values[:n], explanation.first_order(), rtol=1e-6)
    at = n
    for i in range(n):
        for j in range(i + 1, n):
            assert values[at] == np.float32(explanation.second[i, j])
            at += 1


def test_errors_follow_in_the_same_layout() -> None:
    explanation = oblong(errors=True)
    n, half = explanation.n_players, len(serialize_values(oblong())) // 4
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")

    assert values.shape == (2 * half,)
    assert explanation.stderr_first_order is not None
    assert explanation.stderr_second is not None
    np.testing.assert_allclose(values[half : half + n], explanation.stderr_first_order, rtol=1e-6)
    assert values[half + n] == np.float32(explanation.stderr_second[0, 1])


def test_pairs_that_triples_add_to_carry_the_errors_of_the_sum() -> None:
    explanation = oblong(triples=True, errors=True)
    assert explanation.stderr_second is not None
    sums = explanation.replace(stderr_second_order=2 * explanation.stderr_second + 1)
    n, half = sums.n_players, len(serialize_values(oblong(triples=True))) // 4
    values = np.frombuffer(serialize_values(sums), dtype="<f4")
    assert values[half + n] == np.float32(2 * explanation.stderr_second[0, 1] + 1)
    unknown = np.frombuffer(serialize_values(explanation), dtype="<f4")
    assert np.isnan(unknown[half + n])


def test_triples_follow_the_pairs_and_their_errors_all_values() -> None:
    explanation = oblong(triples=True)
    third_image, third_text = explanation.third_image, explanation.third_text
    assert third_image is not None
    assert third_text is not None
    triples = np.concatenate([third_image.ravel(), third_text.ravel()])
    half = len(serialize_values(oblong())) // 4 + triples.size
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")
    assert values.shape == (half,)
    np.testing.assert_array_equal(values[-triples.size :], triples)

    known = explanation.replace(stderr_third_image=third_image / 8, stderr_third_text=third_text / 8)
    values = np.frombuffer(serialize_values(known), dtype="<f4")
    assert values.shape == (2 * half,)
    assert np.isnan(values[half : -triples.size]).all()
    np.testing.assert_array_equal(values[-triples.size :], triples / 8)


def test_errors_of_one_kind_leave_the_other_unknown() -> None:
    n, half = oblong().n_players, len(serialize_values(oblong())) // 4
    explanation = oblong(errors=True).replace(stderr_first_order=None)
    values = np.frombuffer(serialize_values(explanation), dtype="<f4")

    assert np.isnan(values[half : half + n]).all()
    assert not np.isnan(values[half + n :]).any()


def test_state_is_json_beside_its_bytes() -> None:
    state = serialize(hydrant())
    meta = json.loads(json.dumps(state["meta"], allow_nan=False))

    assert meta["grid"] == [7, 7]
    assert meta["size"] == [448, 448]
    assert meta["masks"] == [4096, 256]
    assert meta["joined"] == [False] * 7 + [True]
    assert state["picture"].startswith("data:image/")


def test_an_explanation_without_a_picture_has_the_shape_of_its_grid() -> None:
    state = serialize(oblong(image=False))

    assert state["picture"] == ""
    assert state["meta"]["size"] == [5, 3]


def test_a_fit_that_is_not_a_number_is_left_out() -> None:
    assert serialize(hydrant().replace(r2=float("nan")))["meta"]["r2"] is None


def test_what_predicts_nothing_says_so() -> None:
    assert serialize(hydrant())["meta"]["baseline"] == -0.93
    assert serialize(hydrant().replace(baseline_value=float("nan")))["meta"]["baseline"] is None
    assert serialize(hydrant().replace(method="grad-eclip"))["meta"]["baseline"] is None


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
