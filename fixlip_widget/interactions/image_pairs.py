"""The fit of order 2 where image pairs are too many for a dense solve, or image masks too few to determine them.

Only one column of the product-grid fit contains image pairs: that of the constant text function, which is the
similarity averaged over text masks. It gets a matrix-free regression of its own, regularised where necessary; moments
of degree 1 suffice for all other columns.
"""

from __future__ import annotations

import torch
from torch import Tensor

from fixlip_widget.interactions.accumulator import BLOCK_ROWS, MomentAccumulator, TextMoments
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.pair_regression import PairFit, approximate_pairs, average_pairs, solve_pairs
from fixlip_widget.interactions.product_grid import Coefficients, regress, symmetric_pairs
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors

TEXT_DRAWS = 8
"""Bootstrap draws of the average text embedding that estimate the variance of image pairs due to text masks."""


def fit_image_pairs(
    image: MomentAccumulator, text: TextMoments, *, scale: float, bias: float
) -> tuple[Coefficients, StandardErrors]:
    """Fit to order 2, with a separate regression for pairs of patches.

    Values and errors of regularised pairs are those of the debiased fit; `Coefficients.shrinkage` is the factor on them
    that predicts best. Errors of single patches treat image pairs and cross-modal pairs as independent.

    Args:
        image: moments of degree 1 with all masks kept.
        text: moments of degree 2.
        scale: logits per unit of cosine similarity.
        bias: logit at cosine zero, minus the value of the empty input.

    Raises:
        InputError: where the masks do not determine the single tokens.
    """
    masks, embeddings, weights = image.kept
    average = scale * text.normal_equations.effects[0]  # (d,)
    response = _inner_products(embeddings, average) + bias  # (m,)
    if image.designed:
        pairs = average_pairs(masks, image.kept_spare, weights, response)
    else:
        pairs = solve_pairs(masks, weights, response, image.basis.p)
    equations = image.normal_equations, text.normal_equations
    theta = regress(*equations, scale=scale, bias=bias)  # (1 + n_v, F_t)
    values = _to_coefficients(theta, image.basis, text.basis, pairs)
    by_image, by_text = (
        standard_errors(theta, *equations, influences, scale=scale, bias=bias, order=2)
        for influences in ((image.influences, None), (None, text.influences))
    )
    return values, _combine_errors(by_image, by_text, pairs, _text_variances(image, text, pairs, scale))


def _inner_products(embeddings: Tensor, direction: Tensor) -> Tensor:
    """Embeddings (m, d) · direction (d,) → (m,) float64."""
    return torch.cat([rows.double() @ direction for rows in torch.split(embeddings, BLOCK_ROWS)])


def _to_coefficients(theta: Tensor, image: Basis, text: Basis, pairs: PairFit) -> Coefficients:
    """Coefficients on 0/1 monomials: `pairs` for the constant function of the text, Θ (1 + n_v, F_t) for all others."""
    n_v, n_t = image.n, text.n
    kept = theta.clone()  # (1 + n_v, F_t)
    kept[:, 0] = pairs.debiased[: 1 + n_v]
    kept[1:, 1 + n_t :] = 0.0
    kept = text.to_monomials(kept.T).T  # (1 + n_v, F_t)
    average = pairs.basis.to_monomials(torch.cat([kept[:, 0], pairs.debiased[1 + n_v :]])).cpu()  # (size,)
    others = image.to_monomials(kept[:, 1:]).cpu()  # (1 + n_v, F_t − 1)
    return Coefficients(
        float(average[0]),
        torch.cat([average[1 : 1 + n_v], others[0, :n_t]]),
        symmetric_pairs(average[1 + n_v :], others[1:, :n_t], others[0, n_t:]),
        shrinkage=_shrinkage(pairs),
    )


def _shrinkage(pairs: PairFit) -> float:
    """One factor for all pairs: theirs hardly differ, and not at all at p = ½, where all features have square 1."""
    return 1.0 / (1.0 + pairs.ridge / float(pairs.information[1 + pairs.basis.n :].mean()))


def _combine_errors(
    by_image: StandardErrors, by_text: StandardErrors, pairs: PairFit, text_variances: Tensor
) -> StandardErrors:
    """Add the variances due to image masks, text masks and the pair regression; `text_variances` is (size,)."""
    n_v = pairs.basis.n
    n_t = len(by_image.first) - n_v
    first = by_image.first.square() + by_text.first.square()  # (n,)
    first[:n_v] += (pairs.errors.first.square() + text_variances[1 : 1 + n_v]).cpu()
    pair_variances = (pairs.errors.second.square() + text_variances[1 + n_v :]).cpu()  # (image pairs,)
    second = by_image.second.square() + by_text.second.square()  # (n, n)
    second += symmetric_pairs(pair_variances, pair_variances.new_zeros(n_v, n_t), pair_variances.new_zeros(0))
    first_order = by_image.first_order.square() + by_text.first_order.square()  # (n,)
    # Pairs are noise to the fit of degree 1, but not to their own regression.
    first_order[:n_v] = pairs.errors.first_order.square().cpu() + by_text.first_order[:n_v].square()
    return StandardErrors(first.sqrt(), second.sqrt(), first_order.sqrt())


def _text_variances(image: MomentAccumulator, text: TextMoments, pairs: PairFit, scale: float) -> Tensor:
    """Variances (size,) of image pairs on 0/1 monomials due to the text masks that the similarity is averaged over."""
    variance = torch.zeros_like(pairs.debiased)  # (size,)
    influences = text.influences
    if influences is None:
        return variance
    masks, embeddings, weights = image.kept
    residual = influences.embeddings - influences.features @ text.normal_equations.effects.float()  # (k, d)
    on_average = influences.inverse[:, 0] * influences.weights * influences.extrapolation**0.5  # (k,)
    spread = (on_average[:, None] * residual).double()  # (k, d)
    generator = torch.Generator().manual_seed(0)
    for _ in range(TEXT_DRAWS):
        draw = torch.randn(len(spread), dtype=torch.float64, generator=generator).to(spread)  # (k,)
        response = _inner_products(embeddings, scale * draw @ spread)  # (m,)
        deviation = approximate_pairs(pairs, masks, weights, response)  # (size,)
        variance += pairs.basis.to_monomials(deviation).square() / TEXT_DRAWS
    return variance
