"""Print the changelog section of a release tag, as Markdown.

    python3 .github/release_notes.py v0.1.0

Exits with a message where the tag is not the package's version, or the changelog has no dated section for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version(root: Path) -> str:
    """`__version__`, read without importing the package."""
    code = (root / "fixlip_widget" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', code, re.MULTILINE)
    if not found:
        sys.exit("fixlip_widget/__init__.py sets no __version__; set it to the version to be released.")
    return found[1]


def notes(tag: str, root: Path = ROOT) -> str:
    """The section of CHANGELOG.md for `tag`; SystemExit where `tag` cannot be released."""
    if tag != f"v{version(root)}":
        sys.exit(f"The tag {tag} is not the version {version(root)}; set __version__ in fixlip_widget/__init__.py.")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heading = rf"^## \[{re.escape(tag[1:])}\] - \d{{4}}-\d{{2}}-\d{{2}}\n"
    found = re.search(rf"{heading}(.+?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"CHANGELOG.md has no section '## [{tag[1:]}] - YYYY-MM-DD'; date the section of this release.")
    return found[1].strip()


if __name__ == "__main__":
    print(notes(sys.argv[1]))
