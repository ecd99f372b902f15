"""What players are called."""

from __future__ import annotations


def patch_names(grid: tuple[int, int]) -> list[str]:
    """Patches row-major, counted from 0: "patch 0,0", "patch 0,1" …"""
    return [f"patch {row},{column}" for row in range(grid[0]) for column in range(grid[1])]
