"""How many masks a budget of game values buys: image and text masks of a product grid, or joint masks."""

from __future__ import annotations

from math import ceil, log
from numbers import Integral

from fixlip_widget.errors import InputError
from fixlip_widget.interactions.basis import basis_size
from fixlip_widget.interactions.mask_sources import MAX_TABLE_PLAYERS, DesignedMasks, MaskKind
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS
from fixlip_widget.interactions.orthogonal_arrays import LENGTHS

DEFAULT_MASKS_PER_TERM, MAX_MASKS_PER_TERM = 3, 16
"""Masks of the product grid per fitted term: without a budget (rounded up to a power of two), and at most."""
MIN_DEFAULT_MASKS, MAX_DEFAULT_IMAGE_MASKS = 1024, 2**15
"""Bounds on the number of image masks without a budget."""
MIN_MASKS_PER_PLAYER = 4
"""Image masks per image player that a budget must leave for all text masks to be taken."""
MAX_DENSE_TERMS, MAX_KEPT_MASKS_PER_TERM = 8192, 3
"""With more terms the regression is matrix-free and keeps every mask, so fewer masks per term are taken."""
MAX_MASKS, MAX_NEEDED_MASKS = 2**24, 2**17
"""More masks of one modality than this do not fit into memory; fits that need more than the second are refused."""
DEFAULT_JOINT_MASKS_PER_TERM, MIN_DEFAULT_JOINT_MASKS, MAX_JOINT_MASKS = 8, 1024, 2**20
"""The same for joint masks, each of which costs one forward pass of both towers."""
LOG_FAILURE_RATE = 9
"""Drawn masks are so many that all of them miss some combination of players at most once in exp(9) draws."""


def plan_masks(
    n_image: int,
    n_text: int,
    order: int,
    *,
    budget: int | None = None,
    n_image_masks: int | None = None,
    n_text_masks: int | None = None,
    p: tuple[float, float] = (0.5, 0.5),
    n_fits: int = 1,
) -> tuple[int, int]:
    """Numbers of image and text masks for a fit on their product grid, or for several that share the image masks out.

    Text masks are cheap and few, so all 2^n_text are enumerated for up to 12 tokens where that leaves enough image
    masks.

    Args:
        n_image: image players.
        n_text: text players.
        order: highest order of the fit.
        budget: upper bound on the product of the two numbers.
        n_image_masks: fixes the first number.
        n_text_masks: fixes the second number.
        p: probabilities of keeping an image player and a text player.
        n_fits: fits that need image masks of their own; masks that are enumerated serve all of them.

    Raises:
        InputError: where the masks are too few for the terms or too many for memory, the terms too many to solve, or
            the arguments contradict each other.
    """
    _check_counts(budget=budget, n_image_masks=n_image_masks, n_text_masks=n_text_masks)
    if budget is not None and n_image_masks is not None and n_text_masks is not None:
        raise InputError("budget is n_image_masks × n_text_masks; give two of the three at most.")
    degree = min(order, 2)
    for n, modality, has_matrix_free in ((n_image, "image", order < 3), (n_text, "text", False)):
        if not has_matrix_free and basis_size(n, degree) > MAX_DENSE_TERMS:
            raise InputError(
                f"{n} {modality} tokens have {basis_size(n, degree)} terms, more than the {MAX_DENSE_TERMS} that can "
                f"be solved at once; use max_order={2 if modality == 'image' else 1}."
            )
    need_m, need_k = fewest_image_masks(n_image, order, p[0]), needed_masks(n_text, degree, p[1])
    for need, keep, players in ((need_m, p[0], "patches"), (need_k, p[1], "words")):
        if need > MAX_NEEDED_MASKS:
            rare = "hidden" if keep > 0.5 else "kept"
            raise InputError(f"At p={keep:g} {players} are {rare} too seldom: {need} masks; use p nearer 0.5.")
    if n_fits > 1:
        need_m = min(n_fits * need_m, _n_enumerable(n_image) or n_fits * need_m)
    if n_text_masks is None:
        if budget is None:
            n_text_masks = _n_enumerable(n_text) or max(_default(n_text, degree), need_k)
        elif n_image_masks is not None:
            n_text_masks = min(budget // n_image_masks, _maximum(n_text, degree, need_k))
        else:
            n_text_masks = _text_share(budget, n_image, n_text, order, (need_m, need_k))
    k = min(n_text_masks, _n_enumerable(n_text) or n_text_masks)
    if n_image_masks is None:
        default = min(max(MIN_DEFAULT_MASKS, _default(n_image, degree)), MAX_DEFAULT_IMAGE_MASKS)
        if n_fits > 1:
            default = max(default, n_fits * needed_masks(n_image, degree, p[0]))
        maximum = min(budget // max(k, 1), _maximum(n_image, degree, need_m)) if budget is not None else None
        n_image_masks = max(default, need_m) if maximum is None else maximum
    m = min(n_image_masks, _n_enumerable(n_image) or n_image_masks)
    if m < need_m or k < need_k:
        given = f"{m} image × {k} text masks" if budget is None else f"budget={budget} ({m} image × {k} text masks)"
        enough = f"at least {need_m} × {need_k}" if budget is None else f"a budget of at least {need_m * need_k}"
        lower = " or max_order=1" if order > 1 else ""
        terms = f"{basis_size(n_image, degree)} image and {basis_size(n_text, degree)} text terms of order {order}"
        raise InputError(f"{given} cannot determine {terms}; use {enough}{lower}.")
    return m, k


def image_degree(n: int, order: int, count: int, p: float) -> int:
    """Degree of the image moments: 2, or 1 where pairs get a matrix-free regression of their own.

    That is where they are too many for a dense solve, or `count` masks do not determine them.
    """
    dense = order > 1 and basis_size(n, 2) <= MAX_DENSE_TERMS and count >= needed_masks(n, 2, p)
    return 2 if dense else 1


def mask_kind(n: int, order: int, count: int, p: float, *, designed: bool) -> MaskKind:
    """How `count` masks of n players are chosen: all of them, or by design where that is better, or at random.

    Half an array leaves pairs of players an error like that of independent masks, where these are many for each term;
    they are better than fewer blocks. Where they are few, any block is better than they are. Of pairs that are too many
    for a dense solve this is not known.
    """
    if n <= MAX_ENUMERATED_PLAYERS and count >= 2**n:
        return "all"
    if designed and p == 0.5 and MAX_ENUMERATED_PLAYERS < n <= LENGTHS[-1]:
        design = DesignedMasks(n, seed=0)
        terms = basis_size(n, 2)
        is_better = 2 * count >= design.n_rows or count < 2 * terms
        is_better = order == 1 or (terms <= MAX_DENSE_TERMS and is_better)
        if count >= design.unit and is_better:
            return "designed"
    return "distinct" if n <= MAX_TABLE_PLAYERS else "independent"


def fewest_image_masks(n: int, order: int, p: float) -> int:
    """Image masks that a fit requires: pairs can be regularised, but triples and single players cannot."""
    return needed_masks(n, 2 if order > 2 else 1, p)


def needed_masks(n: int, degree: int, p: float) -> int:
    """Masks that determine all terms up to `degree` with near certainty, or all 2ⁿ masks if these are fewer.

    As many masks as terms would leave that to chance. Far from p = 0.5 what matters are rare combinations: `degree`
    players all hidden, or all kept.
    """
    terms = basis_size(n, degree)
    drawn = max(terms + terms // 4 + 24, draws_to_cover(terms, degree, p))
    return min(drawn, _n_enumerable(n) or drawn)


def draws_to_cover(terms: int, degree: int, p: float) -> int:
    """Draws after which the rarest combination of `degree` players of every term has almost surely occurred."""
    return ceil((log(terms) + LOG_FAILURE_RATE) / min(p, 1.0 - p) ** degree)


def plan_joint_masks(n: int, order: int, budget: int | None = None, *, paired: bool = False, p: float = 0.5) -> int:
    """Number of joint masks of n players: `budget`, or without one about 8 per term.

    It is at most the number of all masks of up to 12 players, and at most what fits into memory.

    Args:
        n: players of both modalities.
        order: highest order of the fit, 1 or 2.
        budget: upper bound.
        paired: whether masks come with their complements, as those of a Shapley regression do.
        p: the probability of keeping a player that is furthest from 0.5.

    Raises:
        InputError: where the masks are too few for the terms, or the terms too many to solve.
    """
    _check_counts(budget=budget)
    terms = basis_size(n, order)
    if terms > MAX_DENSE_TERMS:
        raise InputError(
            f"{n} players have {terms} terms of order {order}, more than the {MAX_DENSE_TERMS} that can be solved at "
            "once; use max_order=1."
        )
    default = max(MIN_DEFAULT_JOINT_MASKS, _power_of_two(DEFAULT_JOINT_MASKS_PER_TERM * terms))
    maximum = all_joint_masks(n, paired=paired) or MAX_JOINT_MASKS
    count = min(default if budget is None else int(budget), maximum)
    count -= count % 2 if paired else 0
    needed = needed_joint_masks(n, order, paired=paired, p=p)
    if count < needed:
        given = count if budget is None else budget
        raise InputError(
            f"budget={given} joint masks cannot determine {terms} terms of order {order}; "
            f"use a budget of at least {needed}{' or max_order=1' if order > 1 else ''}."
        )
    return count


def needed_joint_masks(n: int, order: int, *, paired: bool, p: float) -> int:
    """Joint masks that determine all terms with near certainty, each by several masks, or all masks if fewer.

    A pair of complements is one row for the pairs of players, and a quarter or more of all such rows only separate one
    player from all others.
    """
    terms = basis_size(n, order)
    drawn = 2 * (2 * terms + 32) if paired else max(terms + terms // 4 + 24, draws_to_cover(terms, order, p))
    return min(drawn, all_joint_masks(n, paired=paired) or drawn)


def all_joint_masks(n: int, *, paired: bool) -> int | None:
    """Number of all joint masks where these can be enumerated; Shapley regressions omit the empty and the full one."""
    return 2**n - 2 * paired if n <= MAX_ENUMERATED_PLAYERS else None


def _check_counts(**counts: object) -> None:
    for name, value in counts.items():
        if value is None:
            continue
        if not isinstance(value, Integral) or int(value) < 1:
            raise InputError(f"{name}={value!r} is not a positive whole number; use one such as 4096.")
        if name != "budget" and int(value) > MAX_MASKS:
            raise InputError(f"{name}={value} masks would not fit into memory; use at most {MAX_MASKS}.")


def _n_enumerable(n: int) -> int | None:
    """The number of all masks, where they are few enough to be enumerated."""
    return 2**n if n <= MAX_ENUMERATED_PLAYERS else None


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()


def _default(n: int, degree: int) -> int:
    return _power_of_two(DEFAULT_MASKS_PER_TERM * basis_size(n, degree))


def _maximum(n: int, degree: int, needed: int) -> int:
    terms = basis_size(n, degree)
    per_term = MAX_MASKS_PER_TERM if terms <= MAX_DENSE_TERMS else MAX_KEPT_MASKS_PER_TERM
    return max(MIN_DEFAULT_MASKS, needed, per_term * terms)


def _text_share(budget: int, n_image: int, n_text: int, order: int, needed: tuple[int, int]) -> int:
    """Text masks of a budget: all of them, or a share that balances the masks per term of both modalities.

    All of them leave cross-modal terms and those of the text no error of their own, at the cost of short forwards.
    """
    degree = min(order, 2)
    image_terms, text_terms = basis_size(n_image, degree), basis_size(n_text, degree)
    n_all = _n_enumerable(n_text)
    if n_all is not None and budget // n_all >= max(MIN_MASKS_PER_PLAYER * (n_image + 1), needed[0]):
        return n_all
    balanced = int((budget * text_terms / image_terms) ** 0.5)
    maximum = min(budget // needed[0], _maximum(n_text, degree, needed[1]))
    return max(needed[1], min(balanced, maximum))
