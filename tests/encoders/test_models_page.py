"""The page of models is what the architectures say."""

from __future__ import annotations

from pathlib import Path

import open_clip
import pytest

from fixlip_widget.errors import InputError
from tests.encoders.families import FAMILIES
from tests.encoders.models_page import family_line, line, page, row

PAGE = Path(__file__).parents[2] / "docs" / "models.md"


def test_every_architecture_is_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    if f"Those of open_clip {open_clip.__version__}, " not in text:
        pytest.skip("the page is of another release")
    lines = text.partition("## Architectures")[2].splitlines()
    listed = [line.split()[1] for line in lines if line.startswith(("| ", "- "))]
    shipped = Path(open_clip.__file__).parent / "model_configs"  # others may have been registered since
    assert sorted(listed) == sorted(["model", *(path.stem for path in shipped.glob("*.json"))])


@pytest.mark.parametrize(
    "name", ["ViT-B-32", "ViT-B-32-SigLIP2-256", "roberta-ViT-B-32", "ViTamin-S", "RN50", "convnext_base"]
)
def test_rows_are_what_the_architectures_say(name: str) -> None:
    assert line(name, row(name)) in PAGE.read_text(encoding="utf-8").splitlines()


def test_reasons_are_what_the_architectures_say() -> None:
    with pytest.raises(InputError) as caught:
        row("coca_roberta-ViT-B-32")
    assert f"- {str(caught.value).partition('; ')[0]}." in PAGE.read_text(encoding="utf-8").splitlines()


def test_every_family_is_on_the_page() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if "| `from_" in line] == list(map(family_line, FAMILIES))


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    assert page() == PAGE.read_text(encoding="utf-8")
