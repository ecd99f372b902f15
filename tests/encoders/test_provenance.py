"""An explanation says what the model is and what hiding a token meant, and so does its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fixlip_widget import Explainer, Explanation
from fixlip_widget.cli import main
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import write_transformers
from tests.encoders.models import random_clip, write_folder
from tests.games import TableEncoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_folder(tmp_path_factory.mktemp("model") / "clip", random_clip())
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    return Image.effect_noise((40, 60), 80).convert("RGB")


def test_it_is_saved_and_loaded(folder: Path, photo: Image.Image, tmp_path: Path) -> None:
    explainer = Explainer.from_open_clip(folder, device="cpu", image_masker="mean", text_players="word")
    for method in ("fixlip", "grad-eclip"):
        explainer.explain(photo, "a hydrant", method=method, random_state=0).save(tmp_path / "saved.npz")
        loaded = Explanation.load(tmp_path / "saved.npz")
        prepared = "GELU, mean 0.4,0.5,0.6, std 0.2,0.25,0.3, bicubic, centre crop"
        said = f"local-dir:{folder}: 2 M parameters, 3×2 patches, 20 text positions, {prepared}, licence mit"
        assert loaded.model_card == said
        assert loaded.masking == "image mean, text attention by word"


@pytest.mark.parametrize("players", ["token", "word"])
@pytest.mark.parametrize("library", ["open_clip", "transformers"])
def test_a_long_caption_is_explained_as_far_as_it_is_kept(
    folder: Path, photo: Image.Image, tmp_path: Path, library: str, players: Any
) -> None:
    load: Any = Explainer.from_open_clip if library == "open_clip" else Explainer.from_transformers
    source = folder if library == "open_clip" else write_transformers(tmp_path / "clip", "clip")
    caption = 17 * "cat " + "hydrant hydrant"  # the last of the 18 tokens that are kept is the first half of a word
    kept = 17 * "cat " + "hydr"
    with pytest.raises(InputError, match=r"at most 18; shorten it, or load the model with truncate=True\."):
        load(source, device="cpu").plan(photo, caption)
    explainer = load(source, device="cpu", truncate=True, text_players=players)
    options: dict[str, Any] = {"n_image_masks": 64, "n_text_masks": 400, "random_state": 0, "progress": False}
    ((explanation,),) = explainer.explain_many([photo], [caption], **options)
    assert explanation.caption == kept
    assert explanation.tokens[6 if library == "open_clip" else 9 :] == tuple(kept.split())
    assert "20 text positions, " in (explanation.model_card or "")
    assert "long captions truncated" in (explanation.model_card or "")
    game = explainer.game(photo, caption)
    assert explanation.full_value == game.full_value
    assert explainer.game(photo, kept).full_value != game.full_value  # which ends in another token
    assert explainer.fidelity(explanation, 50, image=photo).values.std() > 0
    assert explainer.explain(photo, "a cat", **(options | {"n_text_masks": None})).caption == "a cat"


def test_files_from_before_it_was_said_are_read(folder: Path, photo: Image.Image, tmp_path: Path) -> None:
    explainer = Explainer.from_open_clip(folder, device="cpu")
    explainer.explain(photo, "a dog", random_state=0).save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as archive:
        arrays = dict(archive)
    meta = json.loads(str(arrays["meta"]))
    del meta["model_card"], meta["masking"]
    meta["format"] = 1  # which has no checksum
    np.savez(tmp_path / "old.npz", **{**arrays, "meta": np.array(json.dumps(meta))})
    old = Explanation.load(tmp_path / "old.npz")
    assert (old.model_card, old.masking, old.tokens[-1]) == (None, None, "dog")


def test_an_encoder_of_ones_own_need_not_say_it(photo: Image.Image) -> None:
    explanation = Explainer(TableEncoder()).explain(photo, "black dog next to", progress=False)
    assert (explanation.model_card, explanation.masking) == (None, None)


def test_the_bundled_encoder_has_a_card() -> None:
    encoder = Explainer.demo("cpu").encoder
    prepared = "GELU, mean 0.5,0.5,0.5, std 0.5,0.5,0.5, bicubic, centre crop"
    said = f"demo: 4 M parameters, 7×7 patches, 26 text positions, {prepared}, licence MIT"
    assert getattr(encoder, "card", "") == said


def test_the_command_says_it(
    folder: Path, photo: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo.save(tmp_path / "photo.png")
    model = f"open_clip:{folder}"
    out = tmp_path / "out.json"
    assert main(["explain", str(tmp_path / "photo.png"), "a dog", "--model", model, "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "2 M parameters, 3×2 patches" in said
    assert "masking      image zero, text attention" in said
    assert json.loads(out.read_text(encoding="utf-8"))["masking"] == "image zero, text attention"
