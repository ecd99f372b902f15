"""The fit of order 2 where image pairs are too many to solve at once, or image masks too few to determine them.

Only one column of the product-grid fit has room for image pairs: that of the constant function of the caption, the
similarity averaged over text masks. It gets a regression of its own, matrix-free and regularised where it must be;
the image's degree 1 suffices for all others.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.interactions.accumulator import ROWS, Evidence
from fixlip_widget.interactions.pair_regression import PairFit, rough_pairs, solve_pairs
from fixlip_widget.interactions.product_grid import Coefficients, Side, pairs_by_player, project
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors

# Draws of the average caption that tell how far its text masks move the image pairs.
TEXT_DRAWS = 8


def fit_image_pairs(
    image: Evidence, text: Evidence, *, scale: float, bias: float
) -> tuple[Coefficients, StandardErrors]:
    """Order 2 from image evidence of degree 1 that keeps its masks, and text evidence of degree 2.

    Of regularised pairs, values and errors are those of the unbiased fit; `Coefficients.shrinkage` is the share of
    them that predicts best. Errors of single patches take those of image pairs and cross pairs for independent.
    Raises InputError where the masks do not determine the single tokens.
    """
    masks, embeddings, weights = image.remembered
    average = scale * text.side.P[0]  # (d,)
    pairs = solve_pairs(masks, weights, _along(embeddings, average) + bias, image.basis.p)
    C = project(image.side, text.side, scale=scale, bias=bias, order=2)  # (1 + n_v, F_t)
    values = _to_players(C, image.side, text.side, pairs)
    by_image, by_text = (
        standard_errors(C, image.side, text.side, drawn, scale=scale, bias=bias, order=2)
        for drawn in ((image.influences, None), (None, text.influences))
    )
    return values, _with_pairs(by_image, by_text, pairs, _text_variances(image, text, pairs, scale))


def _along(embeddings: Tensor, direction: Tensor) -> Tensor:
    """Embeddings (m, d) · direction (d,) → (m,) float64."""
    return torch.cat([rows.double() @ direction for rows in torch.split(embeddings, ROWS)])


def _to_players(C: Tensor, image: Side, text: Side, pairs: PairFit) -> Coefficients:
    n_v, n_t = image.basis.n, text.basis.n
    half = torch.linalg.solve_triangular(image.L.T, C, upper=True)  # (1 + n_v, F_t)
    half[:, 0] = pairs.unbiased[: 1 + n_v]
    theta = torch.linalg.solve_triangular(text.L.T, half.T, upper=True).T  # (1 + n_v, F_t)
    theta = text.basis.uncentre(theta.T).T  # (1 + n_v, F_t)
    average = pairs.basis.uncentre(torch.cat([theta[:, 0], pairs.unbiased[1 + n_v :]])).cpu()  # (size,)
    others = image.basis.uncentre(theta[:, 1:]).cpu()  # (1 + n_v, F_t − 1)
    return Coefficients(
        float(average[0]),
        torch.cat([average[1 : 1 + n_v], others[0, :n_t]]),
        pairs_by_player(average[1 + n_v :], others[1:, :n_t], others[0, n_t:]),
        shrinkage=_shrinkage(pairs),
    )


def _shrinkage(pairs: PairFit) -> float:
    """Hardly differs from pair to pair, and not at all at p = ½, where all features have the same square."""
    return 1.0 / (1.0 + pairs.ridge / float(pairs.information[1 + pairs.basis.n :].mean()))


def _with_pairs(by_image: StandardErrors, by_text: StandardErrors, pairs: PairFit, text: Tensor) -> StandardErrors:
    """Errors by the draw of either modality and those of image pairs, whose variance by text is `text` (size,)."""
    n_v = pairs.basis.n
    n_t = len(by_image.first) - n_v
    first = by_image.first.square() + by_text.first.square()  # (n,)
    first[:n_v] += (pairs.errors.first.square() + text[1 : 1 + n_v]).cpu()
    inside = (pairs.errors.second.square() + text[1 + n_v :]).cpu()  # (image pairs,)
    second = by_image.second.square() + by_text.second.square()  # (n, n)
    second += pairs_by_player(inside, inside.new_zeros(n_v, n_t), inside.new_zeros(0))
    mean = by_image.first_order.square() + by_text.first_order.square()  # (n,)
    # Pairs are noise to a fit of degree 1, but not to their own regression.
    mean[:n_v] = pairs.errors.first_order.square().cpu() + by_text.first_order[:n_v].square()
    return StandardErrors(first.sqrt(), second.sqrt(), mean.sqrt())


def _text_variances(image: Evidence, text: Evidence, pairs: PairFit, scale: float) -> Tensor:
    """Variances (size,) that image pairs owe to the draw of text masks they are averaged over, on 0/1 monomials."""
    variance = torch.zeros_like(pairs.unbiased)  # (size,)
    if text.exact:
        return variance
    masks, embeddings, weights = image.remembered
    _, read, _ = text.remembered
    spread = (read.double() - text.side.P[0]) / len(text) ** 0.5  # (k, d)
    generator = torch.Generator().manual_seed(0)
    for _ in range(TEXT_DRAWS):
        draw = torch.randn(len(spread), dtype=torch.float64, generator=generator).to(spread)  # (k,)
        response = _along(embeddings, scale * draw @ spread / len(spread) ** 0.5)  # (m,)
        moved = rough_pairs(pairs, masks, weights, response)  # (size,)
        variance += pairs.basis.uncentre(moved).square() / TEXT_DRAWS
    return variance
