"""Baselines as methods of the explainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from fixlip_widget.baselines.registry import BASELINES, attribute
from fixlip_widget.baselines.relevance import Relevance
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.methods import METHODS
from tests.encoders.models import random_clip, write_folder

CAPTION = "a hydrant on grass"


@pytest.fixture(scope="module")
def explainer(tmp_path_factory: pytest.TempPathFactory) -> Explainer:
    return Explainer.from_open_clip(f"local-dir:{write_folder(tmp_path_factory.mktemp('m') / 'clip', random_clip())}")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.effect_noise((70, 90), 80).convert("RGB")


@pytest.mark.parametrize("method", list(BASELINES))
def test_they_are_explanations_like_any_other(
    explainer: Explainer, photo: Image.Image, method: str, tmp_path: Path
) -> None:
    explanation = explainer.explain(photo, CAPTION, method=method, random_state=3)
    encoder = explainer.encoder
    found = attribute(method, encoder.image(photo), encoder.text(CAPTION), encoder.scale)
    np.testing.assert_allclose(explanation.first, found.first.numpy(), atol=1e-6)
    np.testing.assert_allclose(explanation.second, found.second.numpy(), atol=1e-6)
    assert (explanation.method, explanation.units) == (method, found.units)
    assert explanation.max_order == (2 if method == "exclip" else 1)
    assert explanation.tokens[-1] == "grass"
    assert explanation.full_value == pytest.approx(explainer.game(photo, CAPTION).full_value)
    explanation.save(tmp_path / "x.npz")
    assert Explanation.load(tmp_path / "x.npz").units == found.units
    explanation.to_html(tmp_path / "x.html")
    assert next(explainer.stream(photo, CAPTION, method=method)).method == method


def test_every_method_that_looks_inside_is_there() -> None:
    assert {name for name, method in METHODS.items() if method.white_box} == set(BASELINES)


@pytest.mark.parametrize("option", [{"budget": 4096}, {"p": 0.3}, {"seconds": 1.0}, {"n_image_masks": 100}])
def test_options_about_masks_are_refused(explainer: Explainer, photo: Image.Image, option: dict[str, float]) -> None:
    with pytest.raises(InputError, match="means nothing to 'game', which masks nothing; leave it out"):
        explainer.explain(photo, CAPTION, method="game", **option)  # type: ignore[arg-type]  # any of them
    with pytest.raises(InputError, match="max_order=2 cannot be fitted by 'game'; use 1"):
        explainer.explain(photo, CAPTION, method="game", max_order=2)


@pytest.mark.parametrize("name", ["first", "second"])
def test_values_that_are_no_numbers_are_refused(
    explainer: Explainer, photo: Image.Image, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*arguments: Any) -> Relevance:
        found = attribute(*arguments)
        getattr(found, name)[-1] = torch.nan
        return found

    monkeypatch.setattr("fixlip_widget.baselines.registry.attribute", spoilt)
    with pytest.raises(InputError, match=r"^'game' gave values that are no finite numbers; load"):
        explainer.explain(photo, CAPTION, method="game")
