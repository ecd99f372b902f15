"""Code of repositories never runs, and nobody is asked whether it may."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from fixlip_widget import Explainer
from fixlip_widget.cli import main
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import (
    open_clip_config,
    write_open_clip,
    write_siglip,
    write_transformers,
)

CODE = """
open(os.environ["TRACE"], "w").close()
from transformers import AutoConfig as Config, AutoModel as Model, AutoTokenizer as Tokenizer
from transformers import CLIPImageProcessor as Processor
"""


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that code of a repository would create; who asks whether it may run is answered with yes."""
    asked: list[str] = []

    def ask(prompt: str = "") -> str:
        asked.append(prompt)
        return "y"

    monkeypatch.setattr(builtins, "input", ask)
    monkeypatch.setenv("TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    yield tmp_path / "trace"
    assert not asked
    assert not (tmp_path / "trace").exists()


def change(path: Path, **entries: Any) -> None:
    content = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(content | entries))


def with_code(folder: Path) -> Path:
    (folder / "theirs.py").write_text(CODE)
    return folder


@pytest.mark.parametrize("trust", [True, False])
def test_tokenizers_of_open_clip_repositories_run_no_code(trust: bool, tmp_path: Path, trace: Path) -> None:
    folder = with_code(write_siglip(tmp_path / "siglip"))
    config = json.loads((folder / "open_clip_config.json").read_text())
    config["model_cfg"]["text_cfg"]["tokenizer_kwargs"] = {"clean": "canonicalize", "trust_remote_code": trust}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    assert Explainer.from_open_clip(folder, device="cpu").encoder.text("a cat").n_players  # nothing to run: it loads
    change(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["theirs.Tokenizer", "theirs.Tokenizer"]})
    change(folder / "tokenizer_config.json", tokenizer_class="Tokenizer")
    with pytest.raises(InputError, match="needs code of its own to run, which is refused"):
        Explainer.from_open_clip(folder, device="cpu")
    Image.new("RGB", (60, 40), "red").save(tmp_path / "photo.png")
    command = ["explain", str(tmp_path / "photo.png"), "a cat", "--out", str(tmp_path / "out.json")]
    assert main([*command, "--model", f"open_clip:local-dir:{folder}"]) != 0


def test_text_towers_of_open_clip_repositories_run_no_code(tmp_path: Path, trace: Path) -> None:
    """The configuration names a model of transformers, which comes with code."""
    text = tmp_path / "text"
    folder = write_open_clip(
        tmp_path / "clip",
        open_clip_config("tiny_siglip", hf_model_name=str(text), hf_tokenizer_name="here", hf_proj_type="linear"),
    )
    change(
        text / "config.json", model_type="theirs", auto_map={"AutoConfig": "theirs.Config", "AutoModel": "theirs.Model"}
    )
    with_code(text)
    with pytest.raises(InputError, match="needs code of its own to run, which is refused"):
        Explainer.from_open_clip(folder, device="cpu")


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize(
    ("file", "entries"),
    [
        ("config.json", {"model_type": "theirs", "auto_map": {"AutoConfig": "theirs.Config"}}),
        (
            "preprocessor_config.json",
            {"image_processor_type": "Processor", "auto_map": {"AutoImageProcessor": "theirs.Processor"}},
        ),
        (
            "tokenizer_config.json",
            {"tokenizer_class": "Tokenizer", "auto_map": {"AutoTokenizer": ["theirs.Tokenizer", "theirs.Tokenizer"]}},
        ),
    ],
)
def test_repositories_of_transformers_run_no_code(
    kind: str, file: str, entries: dict[str, Any], tmp_path: Path, trace: Path
) -> None:
    folder = with_code(write_transformers(tmp_path / kind, kind))
    change(folder / file, **entries)
    with pytest.raises(InputError, match="needs code of its own to run, which is refused"):
        Explainer.from_transformers(folder, device="cpu")
