"""Stories: a view's states one after another, each with a text, which a reader plays in a notebook or a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from fixlip_widget.errors import InputError
from fixlip_widget.typing import MODES


@dataclass(frozen=True)
class Step:
    """One step of a story.

    Attributes:
        text: what is shown, in a sentence or two.
        selected: selected tokens, by index or name.
        mode: of the view; by default "conditional" with a selection and "attribution" without.
        hidden: tokens that are switched off, by index or name.
        click: a token that the reader is asked to click, which leads to the next step; by index or name.
    """

    text: str
    selected: Sequence[int | str] = ()
    mode: str | None = None
    hidden: Sequence[int | str] = ()
    click: int | str | None = None

    def __post_init__(self) -> None:
        text: Any = self.text
        if not isinstance(text, str) or not text.strip():
            raise InputError(f"text={text!r} tells nothing; give a step a sentence.")
        if self.mode is not None and self.mode not in MODES:
            raise InputError(f"mode={self.mode!r} is no mode of a view; use {', '.join(map(repr, MODES))}.")
        for name in ("selected", "hidden"):
            value = getattr(self, name)
            if isinstance(value, int | str):
                value = (value,)
            elif not isinstance(value, Iterable):
                raise InputError(f"{name}={value!r} of a step is no list of tokens; give their names or numbers.")
            object.__setattr__(self, name, tuple(value))

    @property
    def shown_mode(self) -> str:
        """The mode, or its default."""
        return self.mode or ("conditional" if self.selected else "attribution")

    def to_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {**asdict(self), "mode": self.shown_mode, "selected": list(self.selected), "hidden": list(self.hidden)}

    @classmethod
    def from_json(cls, content: Any) -> Step:
        """The step of `to_json`; ValueError for anything else."""
        names = {field.name for field in fields(cls)}
        if not isinstance(content, Mapping) or set(content) != names:
            raise ValueError(f"a step of the story is {content!r}, not an object of {', '.join(sorted(names))}")
        try:
            return cls(**content)
        except (InputError, TypeError) as error:
            raise ValueError(f"a step of the story is wrong: {error}") from error
