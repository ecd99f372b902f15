"""From what the encoder said of both modalities to values and their standard errors."""

from __future__ import annotations

from fixlip_widget.interactions.evidence import Evidence
from fixlip_widget.interactions.masks import Sample
from fixlip_widget.interactions.product_grid import Coefficients, project, to_players
from fixlip_widget.interactions.standard_errors import StandardErrors, standard_errors


def fit(image: Evidence, text: Evidence, *, scale: float, bias: float) -> tuple[Coefficients, StandardErrors]:
    """Fit the similarity scale·cosine + bias on all pairs of the masks, to the order that both were gathered for.

    Raises InputError where the masks of one modality are too few or too alike to determine its terms.
    """
    if image.basis.degree != text.basis.degree:
        raise ValueError(f"Evidence of degrees {image.basis.degree} and {text.basis.degree} does not fit together.")
    sides = image.side, text.side
    C = project(*sides, scale=scale, bias=bias, order=image.basis.degree)
    errors = standard_errors(C, *sides, (image.influences, text.influences), scale=scale, bias=bias)
    return to_players(C, *sides), errors


def fit_samples(
    image: Sample, text: Sample, *, scale: float, bias: float, order: int
) -> tuple[Coefficients, StandardErrors]:
    """`fit` to `order` 1 or 2 on two whole samples."""
    evidence = Evidence.of(image, order, "image"), Evidence.of(text, order, "text")
    return fit(*evidence, scale=scale, bias=bias)
