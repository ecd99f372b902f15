"""What a still figure shows: the mode, and all values that it needs; the front end's are in `js/src/view/frame.ts`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.subsets import best_subset
from fixlip_widget.typing import BoolArray, FloatArray, Selection
from fixlip_widget.widget.color_scale import decimals, strength
from fixlip_widget.widget.displayed_values import displayed_values, is_conditional, predicts_similarity

STILL_MODES = ("attribution", "conditional", "links", "subset")
N_LINKS, MAX_LINKS = 20, 200
"""Links that are drawn if nothing else is asked for, and at most: more hide the picture and each other."""
SET_SIZE = 5
"""Tokens of the set that is drawn if nothing else is asked for."""
TINT_SHARE = {"attribution": 1.0, "conditional": 1.0, "links": 0.4, "subset": 0.0}
"""How strongly patches and words are colored in modes that show something else."""


@dataclass(frozen=True)
class Link:
    """The interaction of two players, `start` < `end`."""

    start: int
    end: int
    value: float


@dataclass(frozen=True, eq=False)
class Frame:
    """The values shown, and what decides how.

    Attributes:
        values: (n,) attributions, or in conditional mode interactions with the selection.
        uncertain: (n,) whether a value is within its standard error.
        extent: the magnitude of the strongest color.
        digits: decimals of all values.
        links: in links mode, strongest first.
        members: in subset mode, the tokens of the set.
    """

    explanation: Explanation
    mode: str
    selected: tuple[int, ...]
    values: FloatArray
    uncertain: BoolArray
    extent: float
    digits: int
    links: tuple[Link, ...] = ()
    members: tuple[int, ...] = ()

    @property
    def is_conditional(self) -> bool:
        """Whether the values are interactions."""
        return self.mode == "conditional"

    def tint_strength(self, value: float) -> float:
        """Share of the strongest color that a value has in this mode."""
        return TINT_SHARE[self.mode] * strength(value, self.extent)

    def is_outside(self, player: int) -> bool:
        """Whether the token is not in the set of subset mode."""
        return self.mode == "subset" and player not in self.members


def create_frame(
    explanation: Explanation,
    selected: Selection = (),
    mode: str | None = None,
    *,
    count: int | None = None,
    extent: float | None = None,
) -> Frame:
    """What is shown of an explanation.

    Args:
        explanation: of any method.
        selected: tokens that the values are interactions with, whose links are drawn, or that the set contains.
        mode: "attribution", "conditional", "links" or "subset"; by default "conditional" with a selection.
        count: links to draw, or tokens of the set.
        extent: magnitude of the strongest color; by default that of the explanation.

    Raises:
        InputError: for tokens, modes and counts that do not exist, and modes that the explanation has no values for.
    """
    players = tuple(explanation.valid_players(selected))
    if mode is None:
        mode = "conditional" if is_conditional(explanation, players) else "attribution"
    _check_mode(explanation, mode, players)
    conditioned_on = players if mode == "conditional" else ()
    values, errors = displayed_values(explanation, conditioned_on)
    all_values = explanation.second_order() if mode in ("conditional", "links") else values
    return Frame(
        explanation,
        mode,
        players,
        values,
        np.abs(values) < errors,
        color_extent(explanation, conditioned_on) if extent is None else extent,
        decimals(float(np.abs(all_values).max(initial=0.0))),
        strongest_links(explanation, _valid_count(count, N_LINKS, MAX_LINKS), players) if mode == "links" else (),
        best_subset(explanation, _valid_count(count, SET_SIZE, explanation.n_players), players)
        if mode == "subset"
        else (),
    )


def color_extent(explanation: Explanation, selected: Sequence[int]) -> float:
    """The magnitude of the strongest color: of all attributions, or of all interactions of a patch with a word.

    Pairs of words may be stronger, and are clipped: one strong pair would leave the whole picture pale.
    """
    if not is_conditional(explanation, selected):
        return float(np.abs(explanation.first_order()).max(initial=0.0))
    pairs, n_patches = np.abs(explanation.second_order()), explanation.n_players_image
    return float(pairs[:n_patches, n_patches:].max(initial=0.0) or pairs.max(initial=0.0))


def strongest_links(explanation: Explanation, count: int, selected: Sequence[int] = ()) -> tuple[Link, ...]:
    """The `count` pairs of largest magnitude; with a selection, of those that have a selected token."""
    pairs = explanation.second_order()  # (n, n)
    starts, ends = np.triu_indices(explanation.n_players, k=1)
    if selected:
        touched = np.isin(starts, selected) | np.isin(ends, selected)
        starts, ends = starts[touched], ends[touched]
    values = pairs[starts, ends]
    order = np.argsort(-np.abs(values), kind="stable")[:count]
    return tuple(Link(int(starts[at]), int(ends[at]), float(values[at])) for at in order if values[at])


def is_available(explanation: Explanation, mode: str) -> bool:
    """Whether the explanation has values for a mode, whatever is selected."""
    if mode == "subset":
        return predicts_similarity(explanation)
    return mode == "attribution" or explanation.max_order > 1


def _check_mode(explanation: Explanation, mode: str, players: Sequence[int]) -> None:
    if mode not in STILL_MODES:
        raise InputError(f"There is no still of mode {mode!r}; use {', '.join(STILL_MODES)}, or the menu of the view.")
    if not is_available(explanation, mode):
        lacks = "predicts no similarities" if mode == "subset" else "finds no interactions"
        raise InputError(f"{explanation.method} {lacks}, which mode={mode!r} shows; use mode='attribution'.")
    if mode == "conditional" and not players:
        raise InputError("mode='conditional' shows interactions with selected tokens; give one, as in selected='dog'.")


def _valid_count(count: Any, default: int, largest: int) -> int:
    if count is None:
        return min(default, largest)
    if not isinstance(count, Integral) or not 1 <= int(count) <= largest:
        raise InputError(f"count={count!r} is not available; give a number of links or tokens from 1 to {largest}.")
    return int(count)
