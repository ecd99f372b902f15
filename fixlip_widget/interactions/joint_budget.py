"""How many joint masks a fit takes: each costs one forward of the image and one of the text."""

from __future__ import annotations

from numbers import Integral

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.budget import MOST_TERMS, draws_to_see
from fixlip_widget.interactions.features import basis_size
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS

USUAL_PER_TERM = 8
FEWEST_JOINT_MASKS, MOST_JOINT_MASKS = 1024, 2**20


def plan_joint_masks(n: int, order: int, budget: int | None = None, *, paired: bool = False, p: float = 0.5) -> int:
    """Number of joint masks of n players for a fit of `order` 1 or 2: `budget`, or about 8 per term without one.

    `p` is the probability of keeping a token that is furthest from 0.5.

    Never more than there are masks of up to 12 players, nor than memory is planned for. `paired` masks come with
    their complements, as those of a Shapley fit do. Raises InputError where the masks are too few for the terms or
    the terms too many to solve at once.
    """
    if budget is not None and not _is_count(budget):
        raise InputError(f"budget={budget!r} is not a positive whole number; use one such as 4096.")
    terms = basis_size(n, order)
    if terms > MOST_TERMS:
        raise InputError(
            f"{n} players have {terms} terms of order {order}, more than the {MOST_TERMS} that can be solved at once; "
            "use max_order=1."
        )
    usual = max(FEWEST_JOINT_MASKS, 1 << (USUAL_PER_TERM * terms - 1).bit_length())
    most = all_joint_masks(n, paired=paired) or MOST_JOINT_MASKS
    count = min(usual if budget is None else int(budget), most)
    count -= count % 2 if paired else 0
    needed = needed_joint_masks(n, order, paired=paired, p=p)
    if count < needed:
        given = count if budget is None else budget
        raise InputError(
            f"budget={given} joint masks cannot determine {terms} terms of order {order}; "
            f"use a budget of at least {needed}{' or max_order=1' if order > 1 else ''}."
        )
    return count


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and int(value) >= 1


def needed_joint_masks(n: int, order: int, *, paired: bool, p: float) -> int:
    """All masks, or so many that drawn ones rarely leave a term undecided, or decided by one mask alone.

    A pair of complements is one row for the pairs of players, and a quarter or more of all such rows only tell one
    player from all others.
    """
    terms = basis_size(n, order)
    drawn = 2 * (2 * terms + 32) if paired else max(terms + terms // 4 + 24, draws_to_see(terms, order, p))
    return min(drawn, all_joint_masks(n, paired=paired) or drawn)


def all_joint_masks(n: int, *, paired: bool) -> int | None:
    """The number of all joint masks, where they are few enough to take every one; Shapley fits take no ends."""
    return 2**n - 2 * paired if n <= MAX_ENUMERATED_PLAYERS else None
