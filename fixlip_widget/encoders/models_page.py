"""The models of open_clip that can be explained, as a page: python -m fixlip_widget.encoders.models_page > docs/models.md."""

from __future__ import annotations

from typing import Any, NamedTuple

import open_clip

from fixlip_widget.encoders.openclip import outline, towers
from fixlip_widget.errors import InputError

HEAD = """# Models of open_clip

What open_clip {} calls by name, and what there is to explain: patches of the image, and
tokens of the caption at most. Made by `python -m fixlip_widget.encoders.models_page`, from the architectures
themselves. “drop” says whether `image_masker="drop"` makes sense: only a class token outlasts all patches.

| model | patches | tokens | parameters | drop |
|---|---|---|---|---|
"""


class Row(NamedTuple):
    """What is known of an architecture without its weights."""

    grid: tuple[int, int]
    words: int
    """Text players at most."""
    millions: int | None
    """Parameters; None where the text tower's size is known to the hub alone."""
    can_drop: bool


def row(name: str) -> Row:
    """The row of one architecture; InputError with the reason where it cannot be explained."""
    text: dict[str, Any] = open_clip.get_model_config(name)["text_cfg"]
    model = outline(name)
    tower, _ = towers(model, name)
    count = None if "hf_model_name" in text else sum(parameter.numel() for parameter in model.parameters())
    words = text.get("context_length", 77) - _marks(text.get("hf_tokenizer_name", ""))
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


def _marks(tokenizer: str) -> int:
    """How many marks a tokenizer puts around a caption: those of T5 and Gemma end it, others begin it too."""
    return 1 if tokenizer.startswith(("timm/", "google/mt5")) else 2


if __name__ == "__main__":
    print(page(), end="")
