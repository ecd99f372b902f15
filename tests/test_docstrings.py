"""The examples in docstrings run, and the public classes have one."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

import fixlip_widget as fw

ROOT = Path(fw.__file__).parent
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def modules_with_examples() -> list[str]:
    files = sorted(path for path in ROOT.rglob("*.py") if ">>> " in path.read_text(encoding="utf-8"))
    return [".".join(("fixlip_widget", *path.relative_to(ROOT).with_suffix("").parts)) for path in files]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    results = doctest.testmod(import_module(name), optionflags=OPTIONS)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize("name", ["Explainer", "compare", "explore", "scene"])
def test_public_functions_have_an_example(name: str) -> None:
    assert ">>> " in (getattr(fw, name).__doc__ or "")


@pytest.mark.parametrize("name", ["explain", "game", "plan", "r2", "demo"])
def test_methods_of_the_explainer_have_an_example(name: str) -> None:
    assert ">>> " in (getattr(fw.Explainer, name).__doc__ or "")
