"""From what the encoder said of both modalities to values and their standard errors."""

from __future__ import annotations

from fixlip_widget.interactions.accumulator import Evidence
from fixlip_widget.interactions.budget import image_degree
from fixlip_widget.interactions.image_pairs import fit_image_pairs
from fixlip_widget.interactions.masks import Sample
from fixlip_widget.interactions.product_grid import Coefficients, project, to_players
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors


def fit(
    image: Evidence, text: Evidence, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """Fit the similarity scale·cosine + bias on all pairs of the masks, to order 1, 2 or 3.

    Text evidence is of degree `text_degree(order)`; image evidence too, or of degree 1 with all masks kept, where pairs
    get a regression of their own. Raises InputError where the masks of one modality are too few or too alike to
    determine its terms.
    """
    degrees = image.basis.degree, text.basis.degree
    if order == 2 and degrees == (1, 2) and image.keep:
        return fit_image_pairs(image, text, scale=scale, bias=bias)
    if degrees != (text_degree(order),) * 2:
        raise ValueError(f"Evidence of degrees {degrees} is not for order {order}.")
    sides = image.side, text.side
    C = project(*sides, scale=scale, bias=bias, order=order)
    drawn = image.influences, text.influences
    errors = standard_errors(C, *sides, drawn, scale=scale, bias=bias, order=order)
    return to_players(C, *sides, order), errors


def text_degree(order: int) -> int:
    """The degree within a modality that a fit of this order needs: triples have two players of one at most."""
    return min(order, 2)


def fit_samples(
    image: Sample, text: Sample, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """`fit` on two whole samples."""
    degree = image_degree(image.masks.n_players, order, len(image.masks), image.masks.p)
    seen = Evidence.of(image, degree, "image", keep=degree < text_degree(order))
    return fit(seen, Evidence.of(text, text_degree(order), "text"), scale=scale, bias=bias, order=order)
