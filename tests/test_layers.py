"""The arrows between the rooms point one way, and heavy guests are not invited at the door."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent


def test_data_flows_one_way(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0, capsys.readouterr().out


GUESTS = ("transformers", "ray", "shapiq", "matplotlib", "pandas")


def loaded_after(statement: str, stubs: Path) -> set[str]:
    """Names of the top-level packages in memory after a statement, with guests installed that say they are there."""
    for guest in GUESTS:
        (stubs / f"{guest}.py").write_text("__version__ = '0'\n")
    code = f"{statement}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    environment = {**os.environ, "PYTHONPATH": str(stubs)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    return set(done.stdout.split())


def test_importing_the_package_is_light(tmp_path: Path) -> None:
    assert not loaded_after("import fixlip_widget", tmp_path) & {*GUESTS, "bqplot", "torch", "open_clip"}
    assert "pandas" in loaded_after("import fixlip_widget, pandas", tmp_path)


def test_explaining_needs_no_optional_guest(tmp_path: Path) -> None:
    loaded = loaded_after("from fixlip_widget import Explainer, Explanation\nimport fixlip_widget.widget", tmp_path)
    assert not loaded & {*GUESTS, "bqplot"}
    assert "torch" in loaded


def test_saved_explanations_are_read_without_torch(tmp_path: Path) -> None:
    loaded = loaded_after("from fixlip_widget import Explanation\nimport fixlip_widget.widget", tmp_path)
    assert not loaded & {*GUESTS, "bqplot", "torch", "open_clip"}


@pytest.mark.parametrize(("given", "expected"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_that_wait_do_not_spin_unless_asked_to(given: str | None, expected: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    environment |= {} if given is None else {"OMP_WAIT_POLICY": given}
    code = "import fixlip_widget, os; print(os.environ['OMP_WAIT_POLICY'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == expected
