"""A page of the open_clip models that can be explained.

python -m fixlip_widget.encoders.models_page > docs/models.md
"""

from __future__ import annotations

from typing import Any, NamedTuple

import open_clip

from fixlip_widget.encoders.openclip import open_towers
from fixlip_widget.encoders.openclip_source import build_outline
from fixlip_widget.errors import InputError

HEAD = """# Models of open_clip

The architectures of open_clip {}, with their grids of patches and the maximum number of caption
tokens. Generated from the architectures by `python -m fixlip_widget.encoders.models_page`. “drop” says whether
`image_masker="drop"` is possible, which requires a class token.

| model | patches | tokens | parameters | drop |
|---|---|---|---|---|
"""


class Row(NamedTuple):
    """The properties of an architecture, which do not depend on its weights."""

    grid: tuple[int, int]
    words: int
    """Maximum number of text players."""
    millions: int | None
    """Millions of parameters; None where the text tower is defined on the hub only."""
    can_drop: bool


def row(name: str) -> Row:
    """The row of one architecture; InputError with the reason where it cannot be explained."""
    model_cfg: dict[str, Any] = open_clip.get_model_config(name)
    text: dict[str, Any] = model_cfg["text_cfg"]
    model = build_outline(model_cfg)
    tower, _ = open_towers(model, name)
    count = None if "hf_model_name" in text else sum(parameter.numel() for parameter in model.parameters())
    words = text.get("context_length", 77) - _n_special_tokens(text.get("hf_tokenizer_name", ""))
    return Row(tower.grid, words, count and round(count / 1e6), tower.can_drop)


def page() -> str:
    """All architectures, those that can be explained first."""
    rows, reasons = [], []
    for name in open_clip.list_models():
        try:
            rows.append(line(name, row(name)))
        except InputError as error:
            reasons.append(f"- {str(error).partition('; ')[0]}.")
    return HEAD.format(open_clip.__version__) + "\n".join([*rows, "", "## Not explained", "", *reasons, ""])


def line(name: str, row: Row) -> str:
    """A row of the table."""
    (rows, columns), size = row.grid, "" if row.millions is None else f"{row.millions} M"
    return f"| {name} | {rows}×{columns} | {row.words} | {size} | {'yes' if row.can_drop else ''} |"


def _n_special_tokens(tokenizer: str) -> int:
    """Number of special tokens around a caption: T5 and Gemma add one at the end, others one at the start too."""
    return 1 if tokenizer.startswith(("timm/", "google/mt5")) else 2


if __name__ == "__main__":
    print(page(), end="")
