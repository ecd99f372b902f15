"""From what the encoder said of both modalities to values and their standard errors."""

from __future__ import annotations

from fixlip_widget.interactions.evidence import Evidence
from fixlip_widget.interactions.masks import Sample
from fixlip_widget.interactions.product_grid import Coefficients, project, to_players
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors


def fit(
    image: Evidence, text: Evidence, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """Fit the similarity scale·cosine + bias on all pairs of the masks, to order 1, 2 or 3.

    The evidence is of degree `evidence_degree(order)`. Raises InputError where the masks of one modality are too few
    or too alike to determine its terms.
    """
    if not image.basis.degree == text.basis.degree == evidence_degree(order):
        raise ValueError(f"Evidence of degrees {image.basis.degree} and {text.basis.degree} is not for order {order}.")
    sides = image.side, text.side
    C = project(*sides, scale=scale, bias=bias, order=order)
    drawn = image.influences, text.influences
    errors = standard_errors(C, *sides, drawn, scale=scale, bias=bias, order=order)
    return to_players(C, *sides, order), errors


def evidence_degree(order: int) -> int:
    """The degree within a modality that a fit of this order needs: triples have two players of one at most."""
    return min(order, 2)


def fit_samples(
    image: Sample, text: Sample, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """`fit` on two whole samples."""
    degree = evidence_degree(order)
    evidence = Evidence.of(image, degree, "image"), Evidence.of(text, degree, "text")
    return fit(*evidence, scale=scale, bias=bias, order=order)
