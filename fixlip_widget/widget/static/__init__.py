"""The front end as built from `js/`, committed so that installing needs no Node."""

from __future__ import annotations

from pathlib import Path


def bundle(name: str) -> str:
    """The text of a script, a style sheet or the template "page.html". As a path, anywidget would watch it."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
