"""Orthogonal arrays against their definition, by counting rows."""

from __future__ import annotations

import itertools
from math import comb

import numpy as np
import pytest

from fixlip_widget.interactions.orthogonal_arrays import LENGTHS, OrthogonalArray
from fixlip_widget.typing import BoolArray, FloatArray


def whole(array: OrthogonalArray) -> BoolArray:
    return np.concatenate([array.block(form) for form in range(array.n_blocks)])


def signs(rows: BoolArray) -> FloatArray:
    """Bits as ±1."""
    return 1.0 - 2.0 * rows.astype(np.float64)


def products(rows: BoolArray) -> FloatArray:
    """The constant, all columns and all pairs of columns, as ±1."""
    z = signs(rows)
    a, b = np.triu_indices(rows.shape[1], 1)
    return np.concatenate([np.ones((len(z), 1)), z, z[:, a] * z[:, b]], axis=1)


@pytest.mark.parametrize(("length", "n_rows"), [(16, 256), (32, 2048)])
def test_any_five_columns_hold_each_of_their_rows_equally_often(length: int, n_rows: int) -> None:
    rows = whole(OrthogonalArray(length))
    assert rows.shape == (n_rows, length)
    assert len(np.unique(rows, axis=0)) == n_rows
    generator = np.random.default_rng(0)
    subsets = list(itertools.combinations(range(length), 5))
    for columns in subsets if length == 16 else generator.permutation(subsets)[:2000]:
        codes = rows[:, list(columns)] @ (1 << np.arange(5))
        assert (np.bincount(codes, minlength=32) == n_rows // 32).all(), columns
    # The strength is no higher.
    assert any(signs(rows)[:, list(six)].prod(axis=1).sum() for six in itertools.combinations(range(length), 6))


@pytest.mark.parametrize(("length", "n_columns"), [(64, 64), (128, 48)])
def test_products_of_up_to_two_columns_are_orthonormal_and_complements_are_rows(length: int, n_columns: int) -> None:
    """Of four columns no product has a mean, by the first; of an odd number none has, by the second: strength 5."""
    array = OrthogonalArray(length)
    columns = np.random.default_rng(0).permutation(length)[:n_columns]
    gram = np.zeros((1 + n_columns + comb(n_columns, 2),) * 2, dtype=np.float32)
    for form in range(array.n_blocks):
        block = array.block(form)
        np.testing.assert_array_equal(block[:length], ~block[length:])
        features = products(block[:, columns]).astype(np.float32)
        gram += features.T @ features
    np.testing.assert_array_equal(gram, array.n_rows * np.eye(len(gram), dtype=np.float32))


@pytest.mark.parametrize("length", LENGTHS)
def test_a_block_has_strength_three_and_four_columns_fail_where_they_sum_to_zero(length: int) -> None:
    array = OrthogonalArray(length)
    generator = np.random.default_rng(length)
    z = signs(array.block(int(generator.integers(array.n_blocks))))
    few = z[:, generator.permutation(length)[:64]].astype(np.float32)
    a, b = np.triu_indices(few.shape[1], 1)
    pairs = few[:, a] * few[:, b]
    np.testing.assert_array_equal(few.T @ few, 2 * length * np.eye(few.shape[1]))
    assert not (few.T @ pairs).any()
    first, second, third = generator.choice(length, 3, replace=False)
    assert abs(z[:, [first, second, third, first ^ second ^ third]].prod(axis=1).mean()) == 1.0


@pytest.mark.parametrize("length", [256, 512, 1024])
def test_four_columns_that_fail_in_each_block_cancel_over_all(length: int) -> None:
    """Sums over a block are products of the forms, so that only columns which sum to zero need to be looked at."""
    array = OrthogonalArray(length)
    forms = np.stack([array.block(form)[0] for form in range(array.n_blocks)])  # the row without a linear part
    z = signs(forms)
    generator = np.random.default_rng(0)
    first, second, third = generator.integers(length, size=(3, 4000))
    distinct = (first != second) & (second != third) & (first != third)
    fours = np.stack([first, second, third, first ^ second ^ third], axis=1)[distinct]
    assert not np.array([z[:, four].prod(axis=1).sum() for four in fours]).any()
