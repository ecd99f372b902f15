"""Files that version 0.1.0 wrote are read by this one, with the values that it computed from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fixlip_widget.explanation import Explanation

FOLDER = Path(__file__).parent / "saved" / "0.1.0"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
ARCHIVES = sorted(FOLDER.glob("*.npz"))
JSON_FILES = sorted(set(FOLDER.glob("*.json")) - {FOLDER / "expected.json"})


def assert_computes_as_before(explanation: Explanation, expected: dict[str, Any]) -> None:
    n = explanation.n_players
    masks = np.random.default_rng(3).random((4, n)) < 0.5  # (4, n), those of the expected predictions
    assert repr(explanation) == expected["repr"]
    np.testing.assert_allclose(explanation.predict(masks), expected["predict"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(explanation.first_order(), expected["first_order"], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(explanation.conditional([0, n - 1]), expected["conditional"], rtol=1e-9, atol=1e-9)


def test_every_file_has_expected_values() -> None:
    assert {path.stem for path in ARCHIVES} == set(EXPECTED)
    assert {path.stem for path in JSON_FILES} == {"fixlip", "third-order"}


@pytest.mark.parametrize("path", ARCHIVES, ids=lambda path: path.name)
def test_archives_load(path: Path) -> None:
    expected = EXPECTED[path.stem]
    explanation = Explanation.load(path)
    assert_computes_as_before(explanation, expected)
    assert (explanation.image is not None) == expected["has_image"]
    if explanation.image is not None:
        assert list(explanation.image.size) == expected["size"]


@pytest.mark.parametrize("path", JSON_FILES, ids=lambda path: path.name)
def test_json_files_load(path: Path) -> None:
    explanation = Explanation.from_json(path)
    assert_computes_as_before(explanation, EXPECTED[path.stem])
    assert explanation.image is None
