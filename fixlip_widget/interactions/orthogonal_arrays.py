"""Binary orthogonal arrays of strength 5, in blocks of strength 3: any five columns hold all 32 rows equally often.

Columns are the points v of GF(2)ᵐ, rows the values of quadratic forms plus all affine functions,

    bit(v) = Q_c(v) + ⟨a, v⟩ + ε,        c one of the forms, a in GF(2)ᵐ, ε in GF(2).

The 2N rows of one form, N = 2ᵐ, are a coset of the first-order Reed–Muller code: a block of strength 3 that holds the
complement of each row. Products of four columns are constant on it where these columns sum to zero. Over the forms the
constants cancel, as pairwise differences of the forms have the largest possible rank:

    m odd:     Q_c(x) = Tr(c x³) on GF(2ᵐ), 2ᵐ forms (Gold, 1968: duals of extended double-error-correcting BCH codes)
    m even:    Q_c(x, y) = Σ_j Tr((c x)^(1 + 2ʲ)) + y Tr(c x) on GF(2ᵐ⁻¹) × GF(2), j = 1 … (m − 2) / 2, 2ᵐ⁻¹ forms
               (Kerdock, 1972, "A class of low-rate nonlinear binary codes")

A Kerdock array has N² rows, which no linear code achieves; a Gold array has 2N². Delsarte (1973): a code is an array of
strength d − 1, d the smallest weight of its MacWilliams transform, which is 6 for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

PRIMITIVE = {3: 0b1011, 5: 0b100101, 7: 0b10000011, 9: 0b1000010001}
"""Primitive polynomials of GF(2ʳ), bit k the coefficient of xᵏ."""
LENGTHS = tuple(2**m for m in range(4, 11))
"""Numbers of columns of the arrays."""


@dataclass(frozen=True)
class OrthogonalArray:
    """The array with `length` columns, a power of two from 16 to 1024.

    Example:
        >>> from fixlip_widget.interactions.orthogonal_arrays import OrthogonalArray
        >>> array = OrthogonalArray(64)
        >>> array.n_blocks, array.block_size, array.n_rows
        (32, 128, 4096)
        >>> array.block(0)[:, :3].sum(axis=0).tolist()  # each column is half ones
        [64, 64, 64]
    """

    length: int

    @property
    def block_size(self) -> int:
        """Rows of a block."""
        return 2 * self.length

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return self.length if self._is_gold else self.length // 2

    @property
    def n_rows(self) -> int:
        """Rows of the whole array."""
        return self.n_blocks * self.block_size

    def block(self, form: int) -> BoolArray:
        """The rows (block_size, length) of one form, a number below `n_blocks`; complements are N rows apart."""
        rows = self._linear ^ self._form(form)  # (N, N)
        return np.concatenate([rows, ~rows])

    @cached_property
    def _linear(self) -> BoolArray:
        """(N, N) the values ⟨a, v⟩."""
        points = np.arange(self.length)  # (N,)
        return _parity(points[:, None] & points)

    @property
    def _is_gold(self) -> bool:
        return self.length.bit_length() % 2 == 0  # length = 2ᵐ has m + 1 bits

    @cached_property
    def _field(self) -> _Field:
        m = self.length.bit_length() - 1
        return _Field(m if self._is_gold else m - 1)

    def _form(self, c: int) -> BoolArray:
        """(length,) the values of Q_c at all points; the last half has y = 1."""
        field = self._field
        multiples = field.multiply(c, np.arange(field.size))  # (2ʳ,)
        if self._is_gold:
            return field.trace(field.multiply(c, field.power(np.arange(field.size), 3)))
        half = np.zeros(field.size, dtype=bool)  # (2ʳ,)
        for j in range(1, (field.degree - 1) // 2 + 1):
            half ^= field.trace(field.power(multiples, 1 + 2**j))
        return np.concatenate([half, half ^ field.trace(multiples)])


@dataclass(frozen=True)
class _Field:
    """GF(2ʳ) with elements as integers, bit k the coefficient of xᵏ."""

    degree: int

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(2**self.degree)

    @cached_property
    def _exponentials(self) -> IntArray:
        """(2ʳ − 1,) the powers of x, which are all elements but 0."""
        powers = [1]
        while len(powers) < self.size - 1:
            shifted = powers[-1] << 1
            powers.append(shifted ^ (PRIMITIVE[self.degree] if shifted & self.size else 0))
        return np.array(powers)

    @cached_property
    def _logarithms(self) -> IntArray:
        """(2ʳ,) the exponent of each element but 0."""
        logarithms = np.zeros(self.size, dtype=np.int64)  # (2ʳ,)
        logarithms[self._exponentials] = np.arange(self.size - 1)
        return logarithms

    def multiply(self, a: int, b: IntArray) -> IntArray:
        """a·b for an element and elements (k,)."""
        if a == 0:
            return np.zeros_like(b)
        product = self._exponentials[(self._logarithms[a] + self._logarithms[b]) % (self.size - 1)]  # (k,)
        return np.where(b == 0, 0, product)

    def power(self, a: IntArray, exponent: int) -> IntArray:
        """a^exponent, which is positive, for elements (k,)."""
        raised = self._exponentials[self._logarithms[a] * exponent % (self.size - 1)]  # (k,)
        return np.where(a == 0, 0, raised)

    def trace(self, a: IntArray) -> BoolArray:
        """a + a² + a⁴ + … + a^(2ʳ⁻¹), which is 0 or 1, for elements (k,)."""
        total = np.zeros_like(a)  # (k,)
        for j in range(self.degree):
            total ^= self.power(a, 2**j)
        is_one: BoolArray = total == 1
        return is_one


def _parity(codes: IntArray) -> BoolArray:
    """Whether each number below 2¹⁶ has an odd number of ones."""
    for shift in (8, 4, 2, 1):
        codes = codes ^ codes >> shift
    is_odd: BoolArray = codes & 1 == 1
    return is_odd
