"""Captions that differ, beside each other: words that they have in common share an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def align(captions: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], list[list[int]]]:
    """The joint tokens of all captions, those of the first one first, and for each caption the indices of its tokens.

    Captions are aligned one after another, each by its common words of the most letters with what is there already.

    Example:
        >>> from fixlip_widget.widget.alignment import align
        >>> align([("a", "black", "dog"), ("a", "brown", "dog"), ("brown", "dog", "runs")])
        (('a', 'black', 'dog', 'brown', 'runs'), [[0, 1, 2], [0, 3, 2], [3, 2, 4]])
    """
    names: list[str] = []
    order: list[int] = []  # the joint tokens as they would be read
    indices: list[list[int]] = []
    for tokens in captions:
        merged: list[int] = []
        own: list[int] = []
        start = first = 0
        for place, token in (*common_words([names[index] for index in order], tokens), (len(order), len(tokens))):
            added = list(range(len(names), len(names) + token - first))
            names += tokens[first:token]
            shared = order[place : place + 1]
            own += added + shared
            merged += order[start:place] + added + shared
            start, first = place + 1, token + 1
        order = merged
        indices.append(own)
    return tuple(names), indices


def common_words(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The places of equal words in both, in their order, of the most letters in all."""
    letters = np.zeros((len(one) + 1, len(other) + 1), dtype=int)  # (i, j): of one[i:] and other[j:]
    for i in reversed(range(len(one))):
        for j in reversed(range(len(other))):
            both = letters[i + 1, j + 1] + max(1, len(one[i])) if one[i] == other[j] else 0
            letters[i, j] = max(letters[i + 1, j], letters[i, j + 1], both)
    i = j = 0
    while i < len(one) and j < len(other):
        if letters[i, j] == letters[i + 1, j]:
            i += 1
        elif letters[i, j] == letters[i, j + 1]:
            j += 1
        else:
            yield i, j
            i, j = i + 1, j + 1
