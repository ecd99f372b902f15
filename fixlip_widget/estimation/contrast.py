"""The difference of two captions' similarities to one image, as a game and its estimator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL.Image import Image
from PIL.Image import new as new_image

from fixlip_widget.arguments import as_masks
from fixlip_widget.encoders import DualEncoder
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.assembly import from_estimator, metadata
from fixlip_widget.estimation.estimators import ProductGridEstimator, plan_request
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import InputCache, PreparedInput
from fixlip_widget.estimation.stopping_rule import StoppingRule, doubling
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.contrast import fit_contrast
from fixlip_widget.interactions.product_grid import Coefficients
from fixlip_widget.interactions.standard_errors import StandardErrors
from fixlip_widget.options import ExplainOptions
from fixlip_widget.progress import progress_bar
from fixlip_widget.typing import FloatArray, OnBatch, StopCondition


class ContrastGame:
    """ν_A − ν_B of one image: players are its patches, the words of caption A, and those of caption B.

    Attributes:
        n_players: number of players.
        empty_value: difference of the raw logits with no token kept.
        full_value: the same with all tokens kept.
    """

    def __init__(self, a: SimilarityGame, b: SimilarityGame) -> None:
        self.games = a, b
        self.n_image = a.image.n_players
        self.n_players = a.n_players + b.text.n_players
        self.empty_value = a.empty_value - b.empty_value
        self.full_value = a.full_value - b.full_value

    def __call__(self, masks: npt.ArrayLike) -> FloatArray:
        """Masks (m, n), true = kept → values above the empty input (m,); InputError as for `SimilarityGame`."""
        kept = as_masks(masks, self.n_players)
        a, b = self.games
        of_b = np.concatenate([kept[:, : self.n_image], kept[:, a.n_players :]], axis=1)  # (m, patches + words of B)
        difference: FloatArray = a.values(kept[:, : a.n_players]) - b.values(of_b)
        return difference


class ContrastEstimator:
    """An `Estimator` over the product grids of two captions with the same image masks, which are encoded once."""

    def __init__(
        self,
        image: PreparedInput,
        texts: tuple[PreparedInput, PreparedInput],
        game: ContrastGame,
        options: ExplainOptions,
        seed: int,
    ) -> None:
        self._game, self._order = game, options.order
        plans = [plan_request(image.encoder.n_players, text.encoder.n_players, options) for text in texts]
        choose = max if options.budget is None else min
        grid = replace(options, budget=None, n_image_masks=choose(plan.n_image_masks for plan in plans))
        self._grids = [
            ProductGridEstimator(image, text, one, replace(grid, n_text_masks=plan.n_text_masks), seed)
            for text, one, plan in zip(texts, game.games, plans, strict=True)
        ]
        self.max_masks = self._grids[0].max_masks
        self.min_masks = max(each.min_masks for each in self._grids)

    @property
    def counts(self) -> tuple[int, int]:
        """Image masks so far, and how many masks of both captions each is combined with."""
        (images, of_a), (_, of_b) = (each.counts for each in self._grids)
        return images, of_a + of_b

    @property
    def exact(self) -> bool:
        """Whether all masks are enumerated."""
        return all(each.exact for each in self._grids)

    @property
    def remaining(self) -> int:
        """Masks that are still to be encoded; those of the image serve both captions."""
        return sum(each.remaining for each in self._grids) - (self.max_masks - self.counts[0])

    def is_determined(self) -> bool:
        """Whether the minimum of masks of all three is encoded."""
        return all(each.is_determined() for each in self._grids)

    def extend(self, count: int, on_batch: OnBatch, cancelled: StopCondition, stop: StopCondition) -> None:
        """Encode the minimum of both grids, then image masks to `count`."""
        for each in self._grids:
            each.extend(min(count, self.min_masks), on_batch, cancelled, stop)
        for each in self._grids:
            each.extend(count, on_batch, cancelled, stop)

    def solve(self) -> tuple[Coefficients, StandardErrors]:
        """The fit to the difference of the games, whose value at the empty input is zero."""
        (image, of_a), (_, of_b) = (each.moments for each in self._grids)
        scale = self._game.games[0].scale
        return fit_contrast(image, (of_a, of_b), scale=scale, bias=-self._game.empty_value, order=self._order)


def explain_contrast(
    encoder: DualEncoder,
    inputs: InputCache,
    image: PreparedInput,
    texts: tuple[PreparedInput, PreparedInput],
    options: ExplainOptions,
    captions: tuple[str, str],
    seed: int,
) -> Explanation:
    """The explanation of ν_A − ν_B, from all masks or those before an interrupt."""
    started = time.perf_counter()
    encoders = [each.encoder for each in (image, *texts)]
    known_forwards = sum(each.forwards for each in encoders)
    a, b = (inputs.game(image, text) for text in texts)
    game = ContrastGame(a, b)
    fields = metadata(encoder, image, texts[0], a, captions[0], options)
    fields |= {
        "tokens": (*fields["tokens"], *texts[1].encoder.source.tokens),
        "caption": f"{fields['caption']} − {texts[1].truncated or captions[1]}",
        "second_caption": a.n_players,
        "empty_value": game.empty_value,
        "full_value": game.full_value,
    }
    estimator = ContrastEstimator(image, texts, game, options, seed)
    rule = StoppingRule(options, started)
    with progress_bar(estimator.remaining, options.progress) as on_batch:
        known = max(estimator.min_masks, estimator.counts[0])
        refine = options.target_stderr is not None
        for count in doubling(known, estimator.max_masks) if refine else [estimator.max_masks]:
            completed = rule.advance(estimator, count, on_batch)
            values, errors = estimator.solve()
            if not completed or rule.is_precise(errors):
                break
    forwards = sum(each.forwards for each in encoders) - known_forwards
    seconds = time.perf_counter() - started
    return from_estimator(estimator, values, errors, random_state=seed, seconds=seconds, forwards=forwards, **fields)


def contrast_images(a: Explanation, b: Explanation) -> Explanation:
    """The difference of two explanations of one caption with two images, which stand side by side as one grid.

    Their masks are independent, so that errors of what both have add up in squares.

    Raises:
        InputError: where the images have other grids, or the captions other words.
    """
    words = a.tokens[a.n_players_image :]
    if a.grid != b.grid or words != b.tokens[b.n_players_image :]:
        raise InputError(f"{a!r} and {b!r} have other patches or words; contrast images of one size and one caption.")
    rows, columns = a.grid
    n_v, n_t = a.n_players_image, a.n_players_text
    grid = np.arange(rows * 2 * columns).reshape(rows, 2 * columns)  # (rows, 2 · columns)
    text = 2 * n_v + np.arange(n_t)  # (n_t,)
    of_a, of_b = (np.concatenate([half.ravel(), text]) for half in (grid[:, :columns], grid[:, columns:]))  # (n,) each

    def place(of: Callable[[Explanation], FloatArray | None], sign: float) -> FloatArray | None:
        """The sum of both (sign −1: the difference) on the players of the grid; None where one is unknown."""
        first, second = of(a), of(b)
        if first is None or second is None:
            return None
        whole = np.zeros((2 * n_v + n_t,) * first.ndim)  # (N,) or (N, N)
        for values, players, factor in ((first, of_a, 1.0), (second, of_b, sign)):
            whole[np.ix_(*[players] * first.ndim)] += factor * values
        return whole

    def errors(name: str) -> FloatArray | None:
        def squared(one: Explanation) -> FloatArray | None:
            value: FloatArray | None = getattr(one, name)
            return None if value is None else value**2

        variances = place(squared, 1.0)
        return None if variances is None else np.sqrt(variances)

    names = np.empty(2 * n_v, dtype=object)  # (2 · n_v,)
    names[of_a[:n_v]] = [f"first {name}" for name in a.tokens[:n_v]]
    names[of_b[:n_v]] = [f"second {name}" for name in b.tokens[:n_v]]
    return a.replace(
        image=None if a.image is None or b.image is None else _beside(a.image, b.image),
        credit=" · ".join(dict.fromkeys(one.credit for one in (a, b) if one.credit)) or None,
        tokens=(*names, *words),
        grid=(rows, 2 * columns),
        first=place(lambda one: one.first, -1.0),
        second=place(lambda one: one.second, -1.0),
        stderr_first=errors("stderr_first"),
        stderr_second=errors("stderr_second"),
        stderr_first_order=errors("stderr_first_order"),
        baseline_value=a.baseline_value - b.baseline_value,
        empty_value=a.empty_value - b.empty_value,
        full_value=a.full_value - b.full_value,
        estimated=a.estimated or b.estimated,
        shrinkage=min(a.shrinkage, b.shrinkage),
        n_image_masks=None if a.n_image_masks is None or b.n_image_masks is None else a.n_image_masks + b.n_image_masks,
        seconds=None if a.seconds is None or b.seconds is None else a.seconds + b.seconds,
        forwards=None if a.forwards is None or b.forwards is None else a.forwards + b.forwards,
        r2=None,
    )


def _beside(first: Image, second: Image) -> Image:
    """Both pictures in one, the second as large as the first."""
    whole = new_image("RGB", (2 * first.width, first.height))
    whole.paste(first, (0, 0))
    whole.paste(second.resize(first.size), (first.width, 0))
    return whole
