"""Models of sentence-transformers are explained as the models of transformers inside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Transformer
from torch import nn
from transformers import BertConfig, BertModel

from fixlip_widget import Explainer
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import write_transformers
from tests.encoders.test_model_objects import CAPTION, full_values, pictures

build: Any = SentenceTransformer


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_values_are_the_scaled_cosines_of_the_library(kind: str, tmp_path: Path) -> None:
    folder = str(write_transformers(tmp_path / "inner", kind))
    padding = {"text": {"padding": "max_length", "max_length": 20}} if kind == "siglip" else {}
    model = build(modules=[Transformer(folder, processing_kwargs=padding), Normalize()], device="cpu")
    model.save(str(tmp_path / "saved"))
    if kind == "siglip":
        model[0].tokenizer.model_input_names = ["input_ids"]  # as SigLIP's own, whose model attends to padding
    for source in (model, tmp_path / "saved"):
        explainer = Explainer.from_sentence_transformers(source, device="cpu", precision="fp32")
        encoder = explainer.encoder
        text = model.encode(CAPTION, convert_to_tensor=True, show_progress_bar=False)
        images = [model.encode(picture, convert_to_tensor=True, show_progress_bar=False) for picture in pictures()]
        cosines = [float(torch.cosine_similarity(image, text, dim=0)) for image in images]
        expected = [encoder.scale * cosine + encoder.bias for cosine in cosines]
        assert full_values(explainer) == pytest.approx(expected, abs=1e-4)


def test_pictures_are_taken_whole_as_by_the_model_inside(tmp_path: Path) -> None:
    folder = str(write_transformers(tmp_path / "inner", "clip"))
    build(modules=[Transformer(folder), Normalize()], device="cpu").save(str(tmp_path / "saved"))
    wide = Image.effect_noise((200, 60), 80).convert("RGB")
    whole, inner = (
        load(path, crop="none", device="cpu", precision="fp32").encoder.image(wide)
        for load, path in (
            (Explainer.from_sentence_transformers, tmp_path / "saved"),
            (Explainer.from_transformers, folder),
        )
    )
    assert whole.grid == inner.grid
    assert whole.grid is not None
    assert whole.grid[1] > whole.grid[0]
    kept = torch.ones(1, whole.n_players, dtype=torch.bool)
    torch.testing.assert_close(whole.embed(kept), inner.embed(kept))


def test_other_models_are_refused(tmp_path: Path) -> None:
    inner = Transformer(str(write_transformers(tmp_path / "inner", "clip")))
    projected = build(modules=[inner, Dense(24, 8)], device="cpu")
    projected.save(str(tmp_path / "projected"))
    for source in (projected, tmp_path / "projected"):
        with pytest.raises(InputError, match="changes embeddings by Dense after its first module"):
            Explainer.from_sentence_transformers(source)
    sizes: dict[str, Any] = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    text: Any = BertModel(BertConfig(vocab_size=40, **sizes))
    text.save_pretrained(tmp_path / "text" / "0_Transformer")
    modules = [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}]
    (tmp_path / "text" / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(InputError, match="is a model of type 'bert', which cannot be masked"):
        Explainer.from_sentence_transformers(tmp_path / "text")
    with pytest.raises(InputError, match=r"inner cannot be loaded .* with modules\.json"):
        Explainer.from_sentence_transformers(tmp_path / "inner")
    with pytest.raises(InputError, match="Linear is no model of sentence-transformers"):
        Explainer.from_sentence_transformers(nn.Linear(2, 2))


@pytest.mark.parametrize("path", ["../elsewhere", "/elsewhere"])
def test_folders_are_not_left(path: str, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text(
        json.dumps([{"path": path, "type": "sentence_transformers.models.CLIPModel"}])
    )
    with pytest.raises(InputError, match="keeps its first module outside of its folder"):
        Explainer.from_sentence_transformers(tmp_path)


def test_classes_that_a_folder_names_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "theirs.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    write_transformers(tmp_path / "0_CLIP", "clip")
    (tmp_path / "modules.json").write_text(json.dumps([{"path": "0_CLIP", "type": "theirs.CLIPModel"}]))
    assert Explainer.from_sentence_transformers(tmp_path, device="cpu").encoder.text("a cat").n_players == 2
