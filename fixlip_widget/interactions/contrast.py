"""The fit of the difference of two similarities of one image: why does it match one caption rather than another?

ν_A − ν_B = s·⟨e(x), t(y_A) − t(y_B)⟩ is a game of the patches and the words of both captions. The masks of the captions
are independent, and t(y_A) − t(y_B) is a sum, so that its moments with products of words of both captions are zero: the
difference is a product grid whose text moments are those of both captions side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.interactions.accumulator import MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.fit import fit
from fixlip_widget.interactions.product_grid import Coefficients, NormalEquations, regress
from fixlip_widget.interactions.standard_errors import Influences, StandardErrors, standard_errors


@dataclass(frozen=True)
class CombinedMoments:
    """Moments of two captions as those of one; errors due to the sampling of their masks are added afterwards."""

    normal_equations: NormalEquations
    influences: Influences | None = None
    exact: bool = True

    @property
    def basis(self) -> Basis:
        """Products of the words of both."""
        return self.normal_equations.basis


def fit_contrast(
    image: MomentAccumulator,
    texts: tuple[MomentAccumulator, MomentAccumulator],
    *,
    scale: float,
    bias: float,
    order: int,
) -> tuple[Coefficients, StandardErrors]:
    """Fit ν_A − ν_B to order 1 or 2. Players are the patches, the words of A and the words of B.

    Args:
        image: as for `fit`.
        texts: moments of A and of B.
        scale: logits per unit of cosine similarity.
        bias: minus the value of the empty input.
        order: highest order of the coefficients.

    Raises:
        InputError: where the masks of one modality do not determine its terms.
    """
    text = CombinedMoments(difference(*(each.normal_equations for each in texts)))
    values, errors = fit(image, text, scale=scale, bias=bias, order=order)
    n_v, start = image.basis.n, image.basis.n
    first, second, first_order = errors.first**2, errors.second**2, errors.first_order**2  # (n,), (n, n), (n,)
    for each in texts:
        players = torch.cat([torch.arange(n_v), start + torch.arange(each.basis.n)])  # (n_v + words of this caption,)
        start += each.basis.n
        if each.exact:
            continue
        equations, influences = (image.normal_equations, each.normal_equations), (None, each.influences)
        theta = regress(*equations, scale=scale, bias=0.0)  # (F_v, F_t)
        own = standard_errors(theta, *equations, influences, scale=scale, bias=0.0, order=order)
        first[players] += own.first**2
        first_order[players] += own.first_order**2
        second[players[:, None], players] += own.second**2
    return values, StandardErrors(first.sqrt(), second.sqrt(), first_order.sqrt())


def difference(a: NormalEquations, b: NormalEquations) -> NormalEquations:
    """The normal equations of t(y_A) − t(y_B) on products of the words of A and of B, from those of each."""
    basis = Basis(a.basis.n + b.basis.n, a.basis.degree, a.basis.p)
    L = torch.eye(basis.size, dtype=a.S.dtype, device=a.S.device)  # (F, F)
    S = a.S.new_zeros(basis.size, a.S.shape[1])  # (F, d)
    for own, offset, sign in ((a, 0, 1.0), (b, a.basis.n, -1.0)):
        rows = _positions(basis, own.basis, offset).to(a.S.device)  # (own F,)
        if own.L is not None:
            L[rows[:, None], rows] = own.L
        S[rows] += sign * own.S
    return NormalEquations(basis, L, S)


def _positions(basis: Basis, own: Basis, offset: int) -> Tensor:
    """(own F,) where the products of players from `offset` on stand among those of all."""
    positions = [torch.tensor([0]), 1 + offset + torch.arange(own.n)]
    if own.degree == 2:
        a, b = (index + offset for index in own.pairs)
        # Pairs (0, 1), (0, 2), …: those of the first a players come first.
        positions.append(1 + basis.n + a * (2 * basis.n - a - 1) // 2 + b - a - 1)
    return torch.cat(positions[: own.degree + 1])
