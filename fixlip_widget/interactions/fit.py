"""From the moments of both modalities to coefficients and their standard errors."""

from __future__ import annotations

from dataclasses import replace

from fixlip_widget.interactions.accumulator import MomentAccumulator, TextMoments
from fixlip_widget.interactions.image_pairs import fit_image_pairs
from fixlip_widget.interactions.pair_regression import MIN_MASKS_PER_TERM
from fixlip_widget.interactions.product_grid import Coefficients, regress, to_coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors


def fit(
    image: MomentAccumulator, text: TextMoments, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """Fit the similarity scale·cosine + bias on the product grid of all masks, to order 1, 2 or 3.

    Args:
        image: moments of degree `text_degree(order)`; or of degree 1 with all masks kept, for which pairs of patches
            get a regression of their own.
        text: moments of degree `text_degree(order)`.
        scale: logits per unit of cosine similarity.
        bias: logit at cosine zero, minus the value of the empty input.
        order: highest order of the coefficients.

    Raises:
        InputError: where the masks of one modality do not determine its terms.
    """
    degrees = image.basis.degree, text.basis.degree
    if order == 2 and degrees == (1, 2) and image.keep_masks:
        return fit_image_pairs(image, text, scale=scale, bias=bias)
    if degrees != (text_degree(order),) * 2:
        raise ValueError(f"Moments of degrees {degrees} do not fit order {order}.")
    equations = image.normal_equations, text.normal_equations
    theta = regress(*equations, scale=scale, bias=bias)  # (F_v, F_t)
    influences = image.influences, text.influences
    errors = standard_errors(theta, *equations, influences, scale=scale, bias=bias, order=order)
    values = to_coefficients(theta, image.basis, text.basis, order)
    if order > 1 and image.designed and len(image) < MIN_MASKS_PER_TERM * image.basis.size:
        values = replace(values, shrinkage=_shrinkage(values, errors, image.basis.n))
    return values, errors


def _shrinkage(values: Coefficients, errors: StandardErrors, n_image: int) -> float:
    """The factor on image pairs that predicts best: the share of their mean square that is not error."""
    image = slice(0, n_image)
    mean_square, noise = (float(of.second[image, image].square().sum()) for of in (values, errors))
    return max(1.0 - noise / mean_square, 0.01) if mean_square else 1.0


def text_degree(order: int) -> int:
    """Degree within one modality that a fit of this order needs: triples have at most two players of a modality."""
    return min(order, 2)
