"""How many masks of each modality a budget of game values buys."""

from __future__ import annotations

from math import ceil, log
from numbers import Integral

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS

# Masks per fitted term: without a budget (rounded up to a power of two), and at most, whatever the budget.
USUAL_PER_TERM, MOST_PER_TERM = 3, 16
FEWEST_IMAGE_MASKS, USUAL_IMAGE_MASKS = 1024, 2**15
# More terms than these are solved matrix-free, which keeps every mask: at most so many for each term.
MOST_TERMS, MOST_KEPT_PER_TERM = 8192, 3
MOST_MASKS, MOST_NEEDED = 2**24, 2**17
UNSEEN = 9
"""One draw of masks in exp(UNSEEN), at most, misses a combination of tokens that some term is about."""


def plan_masks(
    n_image: int,
    n_text: int,
    order: int,
    *,
    budget: int | None = None,
    n_image_masks: int | None = None,
    n_text_masks: int | None = None,
    p: tuple[float, float] = (0.5, 0.5),
) -> tuple[int, int]:
    """Numbers of image and text masks whose product is at most `budget`, for tokens kept with `p` of each modality.

    Text masks are cheap and few, so all 2^n_text are taken for up to 12 tokens where that leaves enough image
    masks. Raises InputError where the masks are too few for the terms of the fit or too many to hold, where the
    terms are too many to solve, or where the arguments contradict each other.
    """
    _check_counts(budget=budget, n_image_masks=n_image_masks, n_text_masks=n_text_masks)
    if budget is not None and n_image_masks is not None and n_text_masks is not None:
        raise InputError("budget is n_image_masks × n_text_masks; give two of the three at most.")
    degree = min(order, 2)
    for n, what, solvable in ((n_image, "image", order < 3), (n_text, "text", False)):
        if not solvable and basis_size(n, degree) > MOST_TERMS:
            raise InputError(
                f"{n} {what} tokens have {basis_size(n, degree)} terms, more than the {MOST_TERMS} that can be solved "
                f"at once; use max_order={2 if what == 'image' else 1}."
            )
    need_m, need_k = fewest_image_masks(n_image, order, p[0]), needed_masks(n_text, degree, p[1])
    for need, chance, what in ((need_m, p[0], "patches"), (need_k, p[1], "words")):
        if need > MOST_NEEDED:
            seldom = "hidden" if chance > 0.5 else "kept"
            raise InputError(f"At p={chance:g} {what} are {seldom} too seldom: {need} masks; use p nearer 0.5.")
    if n_text_masks is None:
        if budget is None:
            n_text_masks = _enumerable(n_text) or max(_usual(n_text, degree), need_k)
        elif n_image_masks is not None:
            n_text_masks = min(budget // n_image_masks, _most(n_text, degree, need_k))
        else:
            n_text_masks = _text_share(budget, n_image, n_text, order, (need_m, need_k))
    k = min(n_text_masks, _enumerable(n_text) or n_text_masks)
    if n_image_masks is None:
        usual = max(min(max(FEWEST_IMAGE_MASKS, _usual(n_image, degree)), USUAL_IMAGE_MASKS), need_m)
        n_image_masks = usual if budget is None else min(budget // max(k, 1), _most(n_image, degree, need_m))
    m = min(n_image_masks, _enumerable(n_image) or n_image_masks)
    if m < need_m or k < need_k:
        given = f"{m} image × {k} text masks" if budget is None else f"budget={budget} ({m} image × {k} text masks)"
        enough = f"at least {need_m} × {need_k}" if budget is None else f"a budget of at least {need_m * need_k}"
        lower = " or max_order=1" if order > 1 else ""
        terms = f"{basis_size(n_image, degree)} image and {basis_size(n_text, degree)} text terms of order {order}"
        raise InputError(f"{given} cannot determine {terms}; use {enough}{lower}.")
    return m, k


def _check_counts(**counts: object) -> None:
    for name, value in counts.items():
        if value is None:
            continue
        if not isinstance(value, Integral) or int(value) < 1:
            raise InputError(f"{name}={value!r} is not a positive whole number; use one such as 4096.")
        if name != "budget" and int(value) > MOST_MASKS:
            raise InputError(f"{name}={value} is more than memory is planned for; use at most {MOST_MASKS}.")


def _enumerable(n: int) -> int | None:
    """The number of all masks, where they are few enough to take every one."""
    return 2**n if n <= MAX_ENUMERATED_PLAYERS else None


def image_degree(n: int, order: int, count: int, p: float) -> int:
    """The degree to which `count` image masks are summed up; pairs are left to a regression of their own, matrix-free
    and regularised, where they are too many to solve at once or the masks too few to determine them."""
    pairs = order > 1 and basis_size(n, 2) <= MOST_TERMS and count >= needed_masks(n, 2, p)
    return 2 if pairs else 1


def fewest_image_masks(n: int, order: int, p: float) -> int:
    """Image masks that a fit cannot do without: pairs may be regularised, but neither triples nor single tokens."""
    return needed_masks(n, 2 if order > 2 else 1, p)


def needed_masks(n: int, degree: int, p: float) -> int:
    """All masks, or so many that drawn ones tell the terms apart: as many as terms would leave that to luck.

    Far from p = 0.5 it is what is seldom seen that counts: `degree` tokens all hidden, or all kept.
    """
    terms = basis_size(n, degree)
    drawn = max(terms + terms // 4 + 24, draws_to_see(terms, degree, p))
    return min(drawn, _enumerable(n) or drawn)


def draws_to_see(terms: int, degree: int, p: float) -> int:
    """Masks among which the seldom side of every term, at most `degree` tokens, is rarely missing."""
    return ceil((log(terms) + UNSEEN) / min(p, 1.0 - p) ** degree)


def _usual(n: int, degree: int) -> int:
    return 1 << (USUAL_PER_TERM * basis_size(n, degree) - 1).bit_length()


def _most(n: int, degree: int, needed: int) -> int:
    terms = basis_size(n, degree)
    return max(FEWEST_IMAGE_MASKS, needed, (MOST_PER_TERM if terms <= MOST_TERMS else MOST_KEPT_PER_TERM) * terms)


def _text_share(budget: int, n_image: int, n_text: int, order: int, needed: tuple[int, int]) -> int:
    degree = min(order, 2)
    image_terms, text_terms = basis_size(n_image, degree), basis_size(n_text, degree)
    everything = _enumerable(n_text)
    if everything is not None and budget // everything >= max(2 * image_terms, needed[0]):
        return everything
    balanced = int((budget * text_terms / image_terms) ** 0.5)
    most = min(budget // needed[0], _most(n_text, degree, needed[1]))
    return max(needed[1], min(balanced, most))


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
