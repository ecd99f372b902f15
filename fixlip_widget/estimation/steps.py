"""One request, from masks to explanations."""

from __future__ import annotations

import time
from collections.abc import Iterator

from fixlip_widget.encoders import DualEncoder
from fixlip_widget.estimation.assembly import from_estimator, from_relevance, metadata
from fixlip_widget.estimation.estimators import Estimator, JointEstimator, ProductGridEstimator
from fixlip_widget.estimation.examples import measure_examples
from fixlip_widget.estimation.prepared_input import InputCache
from fixlip_widget.estimation.shapley_estimator import ShapleyGridEstimator
from fixlip_widget.estimation.stopping_rule import StoppingRule, doubling
from fixlip_widget.explanation import Explanation
from fixlip_widget.options import ExplainOptions
from fixlip_widget.progress import progress_bar
from fixlip_widget.typing import ImageLike


def explanation_steps(
    encoder: DualEncoder,
    inputs: InputCache,
    image: ImageLike,
    caption: str,
    options: ExplainOptions,
    seed: int,
    *,
    refine: bool,
) -> Iterator[Explanation]:
    """One explanation from all masks, or with `refine` one whenever their number has doubled."""
    started = time.perf_counter()
    image_input, text_input = inputs.image(image), inputs.caption(caption)
    known_forwards = image_input.encoder.forwards + text_input.encoder.forwards
    game = inputs.game(image_input, text_input)
    fields = metadata(encoder, image_input, text_input, game, caption, options)
    if options.spec.white_box:
        from fixlip_widget.baselines.registry import attribute

        sources = image_input.encoder.source, text_input.encoder.source
        relevance = attribute(options.method, *sources, game.scale)
        yield from_relevance(relevance, seconds=time.perf_counter() - started, **fields)
        return
    estimator: Estimator
    if options.is_joint:
        estimator = JointEstimator(game, options, seed)
    elif not options.spec.weighted:
        estimator = ShapleyGridEstimator(image_input, text_input, game, options, seed)
    else:
        estimator = ProductGridEstimator(image_input, text_input, game, options, seed)
    rule = StoppingRule(options, started)
    with progress_bar(estimator.remaining, options.progress) as on_batch:
        known = max(estimator.min_masks, estimator.counts[0])
        for count in doubling(known, estimator.max_masks) if refine else [estimator.max_masks]:
            completed = rule.advance(estimator, count, on_batch)
            values, errors = estimator.solve()
            is_last = not completed or count == estimator.max_masks or rule.is_precise(errors)
            if is_last and (completed or rule.is_late()):
                fields |= measure_examples(image_input, text_input, game, options, estimator.counts[0], seed)
            yield from_estimator(
                estimator,
                values,
                errors,
                random_state=seed,
                seconds=time.perf_counter() - started,
                forwards=image_input.encoder.forwards + text_input.encoder.forwards - known_forwards,
                **fields,
            )
            if is_last:
                return
