"""The files around the package agree with it: version, changelog, citation, workflows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from fixlip_widget import __version__

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DATED = re.compile(r"^## \[(?P<version>\d\S*)\] - (?P<date>\d{4}-\d{2}-\d{2}|not yet released)$", re.MULTILINE)
UNRELEASED = "not yet released"


def metadata() -> Any:
    """What hatchling puts into the wheel."""
    return ProjectMetadata(str(ROOT), PluginManager())


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def script(path: str) -> ModuleType:
    spec = util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headings() -> list[re.Match[str]]:
    """Version and date of every section of the changelog, newest first."""
    return [*DATED.finditer((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))]


def steps() -> list[dict[str, Any]]:
    jobs = [job for path in WORKFLOWS for job in load(str(path))["jobs"].values()]
    return [step for job in jobs for step in job.get("steps", [])]


def commands() -> str:
    """All that the workflows run."""
    return "\n".join(step["run"] for step in steps() if "run" in step)


def test_the_version_has_one_source() -> None:
    assert metadata().version == __version__
    assert load("CITATION.cff")["version"] == __version__
    for name in ("package.json", "package-lock.json"):  # a private npm package needs no version
        assert json.loads((ROOT / "js" / name).read_text(encoding="utf-8")).get("version", __version__) == __version__


def test_the_changelog_is_of_this_version() -> None:
    assert headings()[0]["version"] == __version__
    date = load("CITATION.cff").get("date-released", UNRELEASED)
    assert headings()[0]["date"] == str(date)


def test_release_notes_are_the_section_of_the_tag(tmp_path: Path) -> None:
    notes = script(".github/release_notes.py").notes
    (tmp_path / "fixlip_widget").mkdir()
    (tmp_path / "fixlip_widget" / "__init__.py").write_text('__version__ = "1.2.0"\n', encoding="utf-8")
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# C\n\n## [Unreleased]\n\n## [1.2.0] - 2030-01-02\n\n- new\n\n## [1.1.0] - 2029-01-02\n\n- old\n")
    assert notes("v1.2.0", tmp_path) == "- new"
    with pytest.raises(SystemExit, match=r"The tag v1\.1\.0 is not the version 1\.2\.0; set __version__"):
        notes("v1.1.0", tmp_path)
    log.write_text(f"# C\n\n## [Unreleased]\n\n- new\n\n## [1.2.0] - {UNRELEASED}\n\n- undated\n")
    with pytest.raises(SystemExit, match=r"no section '## \[1\.2\.0\] - YYYY-MM-DD'; date"):
        notes("v1.2.0", tmp_path)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", WORKFLOWS),
        ("dependabot", [ROOT / ".github" / "dependabot.yml"]),
        ("citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_files_for_other_services_follow_their_schemas(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


def test_the_tests_run_on_every_supported_python_and_system() -> None:
    project = metadata().core
    supported = re.findall(r"Python :: (3\.\d+)", "\n".join(project.classifiers))
    assert project.requires_python == f">={supported[0]}"
    matrix = load(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {
        "os": ["ubuntu-latest", "macos-latest", "windows-latest"],
        "python-version": supported,
    }


def test_workflows_name_what_exists() -> None:
    documents = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"(?:`|^ {4})make (\w+)", documents, re.MULTILINE) + re.findall(r"\bmake (\w+)", commands())
    assert "test" in targets
    assert {*targets} <= {*re.findall(r"^(\w+):", makefile, re.MULTILINE)}
    extras = metadata().core.optional_dependencies
    named = re.findall(r"'\.\[(.+?)\]'", commands())
    assert named
    assert {extra for names in named for extra in names.split(",")} <= {*extras}
    scripts = json.loads((ROOT / "js" / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert {*re.findall(r"\bnpm (?:run )?(?!ci\b)(\w+)", commands())} <= {*scripts}
    top = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir())
    everything = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    paths = re.findall(rf"(?<![\w/.$-])(?:\./)?((?:{top})/[\w./-]+)", everything)
    assert "tests/browser" in paths
    for path in paths:
        assert path.startswith("dist/") or (ROOT / path).exists(), path


def test_every_workflow_asks_for_no_more_than_it_needs() -> None:
    for path in WORKFLOWS:
        workflow = load(str(path))
        assert workflow["permissions"] in ({}, {"contents": "read"}), path.name
        writing = {
            (name, right)
            for name, job in workflow["jobs"].items()
            for right, level in job.get("permissions", {}).items()
            if level == "write"
        }
        assert writing <= {("pypi", "id-token"), ("github", "contents")}, path.name
