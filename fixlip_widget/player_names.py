"""Display names of players: image patches by row and column, caption tokens by their text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fixlip_widget.errors import InputError

MAX_NAMED = 3


def patch_names(grid: tuple[int, int]) -> list[str]:
    """Names of the patches of a grid (rows, columns), row-major and counted from 0: "patch 0,0", "patch 0,1", …"""
    return [f"patch {row},{column}" for row in range(grid[0]) for column in range(grid[1])]


def selection_label(tokens: Sequence[str], n_patches: int, selected: Sequence[int]) -> str:
    """A label for the selected players, such as `patch 0,1 + “dog”`; their number where there are more than three.

    Args:
        tokens: names of all players, the `n_patches` image patches first.
        n_patches: number of image patches; caption tokens are put in quotes.
        selected: indices of the selected players.
    """
    if len(selected) > MAX_NAMED:
        return f"{len(selected)} tokens"
    return " + ".join(tokens[i] if i < n_patches else f"“{tokens[i]}”" for i in selected)


def find_players(players: Any, tokens: Sequence[str]) -> list[int]:
    """One player or several, by index or name, as a list of indices without repetitions.

    Raises:
        InputError: for those that do not exist, and for names that several have.
    """
    is_several = players.ndim > 0 if isinstance(players, np.ndarray) else isinstance(players, Sequence)
    several = list(players) if is_several and not isinstance(players, str) else [players]
    return list(dict.fromkeys(_index(player, tokens) for player in several))


def _index(player: Any, tokens: Sequence[str]) -> int:
    if isinstance(player, str):
        found = [index for index, token in enumerate(tokens) if token == player] or _numbered(player, tokens)
        if len(found) > 1:
            raise InputError(
                f"{player!r} names the tokens {', '.join(map(str, found))}; choose one by its number, or as "
                f"'{player} (1)'."
            )
        if found:
            return found[0]
    is_integer = isinstance(player, int | np.integer) and not isinstance(player, bool)
    if not is_integer or not 0 <= player < len(tokens):
        raise InputError(
            f"There is no token {player!r}; choose a name in `tokens`, or a whole number from 0 to {len(tokens) - 1}."
        )
    return int(player)


def _numbered(label: str, tokens: Sequence[str]) -> list[int]:
    """The token of a label as the view shows it where several tokens have one name: "cat (2)" is the second."""
    name, _, number = label.removesuffix(")").rpartition(" (")
    same = [index for index, token in enumerate(tokens) if token == name]
    return [same[int(number) - 1]] if number.isdecimal() and 1 <= int(number) <= len(same) else []
