"""What is written replaces regular files only, whole and with their permissions, and a full disk costs no result."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixlip_widget import cli
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.files import atomic_write, open_regular

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes, devices or limits of this kind")


def write(path: Path, content: bytes = b"new") -> None:
    with atomic_write(path) as file:
        file.write(content)


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "real.bin", tmp_path / "link.bin"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    target.unlink()
    write(link)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(InputError, match="loop is a link that leads to itself"):
        write(tmp_path / "loop")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_permissions_are_kept(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    path.chmod(mode)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    umask = os.umask(0o027)
    write(tmp_path / "new.bin")
    os.umask(umask)
    assert stat.S_IMODE((tmp_path / "new.bin").stat().st_mode) == 0o640


def test_devices_and_pipes_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/null")):
        kind = stat.S_IFMT(path.stat().st_mode)
        for use in (write, open_regular):
            with pytest.raises(InputError, match=f"{path.name} is no regular file"):
                use(path)
        assert stat.S_IFMT(path.stat().st_mode) == kind


@pytest.mark.skipif(getattr(os, "geteuid", int)() == 0, reason="root may write anywhere")
def test_a_write_protected_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(InputError, match=r"a.bin is write-protected; choose another path"):
        write(path)


WRITERS = ("save", "to_json", "to_html", "to_png", "to_svg", "to_pdf")
LIMITED = """
import resource, sys
from fixlip_widget.errors import InputError
from tests.widget.samples import oblong

explanation = oblong()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for method in sys.argv[2:]:
    try:
        getattr(explanation, method)(sys.argv[1])
    except InputError as error:
        print(error)
"""


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "result"
    path.write_bytes(b"old")
    command = [sys.executable, "-c", LIMITED, str(path), *WRITERS]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    lines = said.stdout.splitlines()
    assert lines[:-1] == [f"{path} cannot be written (File too large); choose another path."] * 5
    assert lines[-1].endswith("ttf cannot be written (File too large); choose another path.")  # of the fonts for fpdf2
    assert said.stderr == ""
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_a_result_that_cannot_be_written_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(explanation: Explanation, path: Path) -> None:
        raise InputError(f"{path} cannot be written (No space left on device); choose another path.")

    writers: dict[str, Callable[[Explanation, Path], None]] = {".html": fail}
    monkeypatch.setattr(cli, "WRITERS", writers)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cli.main(["demo", "--scene", "above", "--out", str(tmp_path / "a.html")]) == 2
    said = capsys.readouterr().err
    assert "(No space left on device); choose another path; the result is kept in " in said
    (kept,) = tmp_path.glob("fixlip-*/explanation.npz")
    assert str(kept) in said
    assert Explanation.load(kept).caption == showcase("above")[1]
