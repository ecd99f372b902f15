"""From fitted coefficients and the metadata of encoder and inputs to an `Explanation`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor

from fixlip_widget.encoders import DualEncoder, MaskedInput
from fixlip_widget.encoders.images import credit
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.estimators import Estimator
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import PreparedInput
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import ExplainOptions
from fixlip_widget.typing import FloatArray

if TYPE_CHECKING:
    from fixlip_widget.baselines.relevance import Relevance


def metadata(
    encoder: DualEncoder,
    image: PreparedInput,
    text: PreparedInput,
    game: SimilarityGame,
    caption: str,
    options: ExplainOptions,
) -> dict[str, Any]:
    """The fields of an explanation that do not depend on its masks."""
    image_source, text_source = image.encoder.source, text.encoder.source
    card, masking = getattr(encoder, "card", None), getattr(encoder, "masking", None)
    return {
        "tokens": (*image_source.tokens, *text_source.tokens),
        "grid": _grid(image_source),
        "caption": text.truncated or caption,
        "image": image.picture,
        "original": None if image.original is None else image.original.picture,
        "crop_box": None if image.original is None else image.original.crop_box,
        "empty_value": game.empty_value,
        "full_value": game.full_value,
        "p": options.p,
        "max_order": options.order,
        "index": options.index,
        "method": options.method,
        "model": encoder.name,
        "model_card": None if card is None else str(card),
        "masking": None if masking is None else str(masking),
        "credit": None if image.picture is None else credit(image.picture),
    }


def from_estimator(estimator: Estimator, values: Coefficients, errors: StandardErrors, **fields: Any) -> Explanation:
    """An explanation from what an estimator solved, and its remaining `fields`."""
    n_image_masks, n_text_masks = estimator.counts
    return Explanation(
        first=values.first.numpy(),
        second=values.second.numpy(),
        third_image=_numpy(values.third_image),
        third_text=_numpy(values.third_text),
        stderr_first=errors.first.numpy(),
        stderr_second=errors.second.numpy(),
        stderr_first_order=errors.first_order.numpy(),
        stderr_second_order=_numpy(errors.second_order),
        stderr_third_image=_numpy(errors.third_image),
        stderr_third_text=_numpy(errors.third_text),
        shrinkage=values.shrinkage,
        baseline_value=values.baseline,
        estimated=not estimator.exact,
        n_image_masks=n_image_masks,
        n_text_masks=n_text_masks,
        **fields,
    )


def from_relevance(relevance: Relevance, **fields: Any) -> Explanation:
    """An explanation from the values of a white-box method, and its remaining `fields`; InputError for NaN in them."""
    for values in (relevance.first, relevance.second):
        if not bool(values.isfinite().all()):
            raise InputError(
                f"{fields['method']!r} gave values that are no finite numbers; load the model with precision='fp32', "
                "or use a method that masks."
            )
    return Explanation(
        first=relevance.first.numpy(),
        second=relevance.second.numpy(),
        units=relevance.units,
        baseline_value=0.0,
        estimated=False,
        **fields,
    )


def _grid(source: MaskedInput) -> tuple[int, int]:
    """Rows and columns of the image players; one row where the encoder gives no grid."""
    if source.grid is None:
        return 1, source.n_players
    rows, columns = source.grid
    return int(rows), int(columns)


def _numpy(values: Tensor | None) -> FloatArray | None:
    return None if values is None else values.numpy()
