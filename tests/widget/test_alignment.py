from __future__ import annotations

import itertools

import numpy as np
import pytest

from fixlip_widget.widget.alignment import align, common_words


def test_words_that_captions_share_have_one_index() -> None:
    captions = [
        ["a", "smiling", "astronaut", "in", "an", "orange", "suit"],
        ["a", "smiling", "woman", "in", "an", "orange", "suit"],
        ["an", "astronaut", "with", "a", "helmet"],
    ]
    names, indices = align(captions)
    assert names[:7] == tuple(captions[0])
    for tokens, own in zip(captions, indices, strict=True):
        assert [names[index] for index in own] == tokens
        assert len(set(own)) == len(own)
    assert indices[0] == list(range(7))
    assert indices[1] == [0, 1, 7, 3, 4, 5, 6]
    assert indices[2][1] == 2  # the astronaut, and not the article that comes before him


def test_equal_captions_need_no_other_indices() -> None:
    names, indices = align([["a", "cat", "and", "a", "dog"]] * 3)
    assert (names, indices) == (("a", "cat", "and", "a", "dog"), [[0, 1, 2, 3, 4]] * 3)


@pytest.mark.parametrize("seed", range(20))
def test_common_words_have_the_most_letters(seed: int) -> None:
    """Against all subsets of the shorter one."""
    rng = np.random.default_rng(seed)
    one, other = (rng.choice(["a", "dog", "in", "the", "garden"], size).tolist() for size in (6, 7))
    pairs = list(common_words(one, other))
    assert all(one[i] == other[j] for i, j in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))

    def is_within(words: tuple[str, ...]) -> bool:
        rest = iter(other)
        return all(word in rest for word in words)

    subsets = (words for size in range(7) for words in itertools.combinations(one, size))
    most = max(sum(map(len, words)) for words in subsets if is_within(words))
    assert sum(len(one[i]) for i, _ in pairs) == most
