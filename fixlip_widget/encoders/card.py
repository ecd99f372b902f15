"""What there is to say of a model in one line."""

from __future__ import annotations

import re
from pathlib import Path

from torch import nn


def card_of(name: str, model: nn.Module, *, patches: str, positions: int) -> str:
    """Name, size, patches, text positions, and the licence where a folder's model card names one."""
    size = sum(parameter.numel() for parameter in model.parameters())
    said = f"{size / 1e6:.0f} M" if size >= 1e6 else f"{size / 1e3:.0f} k"
    licence = _licence(Path(name.removeprefix("local-dir:")) / "README.md")
    facts = [f"{said} parameters", f"{patches} patches", f"{positions} text positions", *licence]
    return f"{name}: {', '.join(facts)}"


def _licence(page: Path) -> list[str]:
    """From the head of a model card, which is YAML between two lines of dashes."""
    if not page.is_file():
        return []
    head = re.match(r"---\n(.*?)\n---", page.read_text(encoding="utf-8"), re.DOTALL)
    named = re.search(r"^license: *(\S+)", head[1], re.MULTILINE) if head else None
    return [f"licence {named[1]}"] if named else []
