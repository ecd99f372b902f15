"""Explanations come back from the wire format."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given

from fixlip_widget.explanation import Explanation
from fixlip_widget.io.schema import SYMMETRIC
from fixlip_widget.widget.deserialize import deserialize
from fixlip_widget.widget.html import as_json
from fixlip_widget.widget.serialize import serialize
from tests.strategies import explanations
from tests.widget.golden import samples
from tests.widget.samples import cropped, hydrant, oblong


def assert_same(back: Explanation, explanation: Explanation) -> None:
    for field in fields(Explanation):
        value, expected = getattr(back, field.name), getattr(explanation, field.name)
        if isinstance(expected, np.ndarray) and expected.dtype == np.float64 and field.name != "example_similarity":
            shown = expected.astype(np.float32)
            if field.name in SYMMETRIC:
                np.fill_diagonal(shown, 0)  # which is not sent
            np.testing.assert_array_equal(value, shown, err_msg=field.name)
        elif field.name == "story":
            assert [step.to_json() for step in value] == [step.to_json() for step in expected]
        elif field.name not in ("image", "original"):
            np.testing.assert_equal(value, expected, err_msg=field.name)


@given(explanation=explanations())
def test_any_explanation_comes_back(explanation: Explanation) -> None:
    assert_same(deserialize(as_json({**serialize(explanation)})), explanation)


@pytest.mark.parametrize("explanation", [*samples().values(), hydrant(), hydrant(triples=True)], ids=repr)
def test_samples_come_back_with_their_pictures(explanation: Explanation) -> None:
    back = deserialize(as_json({**serialize(explanation)}))
    assert_same(back, explanation)
    assert (back.image is None) == (explanation.image is None)
    assert (back.original is None) == (explanation.original is None)


def test_the_part_that_a_model_saw_is_cut_from_the_whole() -> None:
    explanation = cropped()
    back = deserialize(as_json({**serialize(explanation)}))
    assert back.image is not None
    assert explanation.image is not None
    assert back.image.size == explanation.image.size
    difference = np.asarray(back.image, dtype=float) - np.asarray(explanation.image.convert("RGB"), dtype=float)
    assert np.abs(difference).mean() < 6
    assert deserialize(as_json({**serialize(oblong())})).caption == oblong().caption
