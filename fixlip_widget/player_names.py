"""Display names of players: image patches by row and column, caption tokens by their text."""

from __future__ import annotations

from collections.abc import Sequence

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
