"""A model of a hub, fetched with a bar, and asked for again when the hub is gone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.encoders.checkpoints import write_transformers
from tests.encoders.models import random_clip, write_folder

ROOT = Path(__file__).parents[2]
THERE = ["hf:tiny/clip", "open_clip:hf-hub:tiny/open"]
ABSENT = ["hf:tiny/none", "open_clip:hf-hub:tiny/none"]
# A program of its own: the hub's client reads where the hub is as it is imported.
PROGRAM = """
import os, sys
from tests.encoders.local_hub import serving

def explain(*models):
    from fixlip_widget.cli import main
    for model in models:
        print(model, main(["explain", "photo.png", "a cat", "--model", model, "--out", "out.json"]), flush=True)

with serving("hub") as os.environ["HF_ENDPOINT"]:
    explain(*sys.argv[1:])
for stream in (sys.stdout, sys.stderr):
    print("GONE", file=stream, flush=True)
explain(*sys.argv[1:], "open_clip:ViT-B-32@openai")
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """What is printed and what is complained of, with a hub and without."""
    here = tmp_path_factory.mktemp("download")
    Image.effect_noise((40, 60), 80).convert("RGB").save(here / "photo.png")
    folders = write_transformers(here / "hub/tiny/clip", "clip"), write_folder(here / "hub/tiny/open", random_clip())
    (folders[1] / "model.safetensors").rename(folders[1] / "open_clip_model.safetensors")
    for folder in folders:
        (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n", encoding="utf-8")
    # tqdm, which is silent where nobody watches, is told that somebody does.
    said = {"HF_HOME": str(here / "cache"), "HF_HUB_OFFLINE": "0", "TQDM_POSITION": "-1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, *THERE, *ABSENT]
    done = subprocess.run(command, cwd=here, env={**os.environ, **said}, capture_output=True, text=True, check=True)
    out, err = done.stdout.split("GONE\n"), done.stderr.split("GONE\n")
    return list(zip(out, err, strict=True))


def refusals(complaints: str) -> list[str]:
    """The command's own lines, without the cursor movements of a progress bar that ended before them."""
    return [line for line in map(clean, complaints.splitlines()) if line.startswith("fixlip-widget: ")]


def clean(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line)


def test_a_first_download_shows_progress(answers: list[tuple[str, str]]) -> None:
    printed, complaints = answers[0]
    assert [f"{model} 0" in printed for model in THERE] == [True, True], complaints
    assert printed.count("licence apache-2.0") == 2
    assert "open_clip_model.safetensors: 100%" in complaints
    assert "/model.safetensors: 100%" in complaints


def test_what_the_hub_lacks_is_said(answers: list[tuple[str, str]]) -> None:
    said = refusals(answers[0][1])
    assert ["the hub shows no such model" in line for line in said] == [True, True]
    assert ["give a folder it was saved to" in said[0], "use local-dir:PATH" in said[1]] == [True, True]


def test_what_was_fetched_needs_no_hub_and_what_was_not_says_so(answers: list[tuple[str, str]]) -> None:
    printed, complaints = answers[1]
    assert [f"{model} 0" in printed for model in THERE] == [True, True], complaints
    said = refusals(complaints)
    assert len(said) == 3
    assert all("could not be fetched (the model hub cannot be reached)" in line for line in said)
    assert all(line.endswith("Explainer.demo().") for line in said)
    assert "Traceback" not in complaints
