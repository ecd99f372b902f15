"""What there is to say of a model in one line."""

from __future__ import annotations

import re
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
from torch import nn


def card_of(name: str, model: nn.Module, *, patches: str, positions: int, licence: str | None) -> str:
    """Name, size, patches, text positions, and the licence where it is known."""
    size = sum(parameter.numel() for parameter in model.parameters())
    said = f"{size / 1e6:.0f} M" if size >= 1e6 else f"{size / 1e3:.0f} k"
    facts = [f"{said} parameters", f"{patches} patches", f"{positions} text positions"]
    return f"{name}: {', '.join([*facts, *([f'licence {licence}'] if licence else [])])}"


def licence_of(source: str) -> str | None:
    """The licence that the model card of a folder or a repository names, if there is one to be had."""
    try:
        page = Path(source) / "README.md" if Path(source).is_dir() else Path(hf_hub_download(source, "README.md"))
        text = page.read_text(encoding="utf-8")
    except (HfHubHTTPError, OSError, ValueError):  # no card, no hub, or no repository's name
        return None
    # The head of a model card is YAML between two lines of dashes.
    head = re.match(r"---\n(.*?)\n---", text, re.DOTALL)
    named = re.search(r"^license: *(\S+)", head[1], re.MULTILINE) if head else None
    return named[1] if named else None
