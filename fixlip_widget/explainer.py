"""`Explainer`: from an encoder, an image and a caption to an `Explanation`."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

import torch

from fixlip_widget.arguments import as_list
from fixlip_widget.encoders import DualEncoder
from fixlip_widget.encoders.images import each_image
from fixlip_widget.estimation.assembly import from_estimator, from_relevance, metadata
from fixlip_widget.estimation.estimators import (
    Estimator,
    JointEstimator,
    MaskPlan,
    ProductGridEstimator,
    plan_request,
)
from fixlip_widget.estimation.examples import measure_examples
from fixlip_widget.estimation.fidelity import FidelityCheck, measure_fidelity
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import InputCache
from fixlip_widget.estimation.shapley_estimator import ShapleyGridEstimator
from fixlip_widget.estimation.stopping_rule import StoppingRule, doubling
from fixlip_widget.explanation import Explanation
from fixlip_widget.loaders import Loaders
from fixlip_widget.options import ExplainOptions
from fixlip_widget.progress import progress_bar
from fixlip_widget.typing import ImageLike, Progress

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.options import ExplainKwargs


class Explainer(Loaders):
    """Explains why an encoder finds an image and a caption similar, by FIxLIP (arXiv 2508.05430).

    Embeddings of the most recent images and captions are kept: a new caption for a known image encodes captions only,
    and asking again for more masks continues where the last call stopped. Call `forget` after changing the encoder's
    weights.

    Threads that share an explainer take turns. It can be pickled, for worker processes; embeddings stay behind. Forked
    processes compute on one thread.

    Args:
        encoder: any object that follows the `DualEncoder` protocol.

    Example:
        >>> import fixlip_widget as fw
        >>> from fixlip_widget.demo.showcase import showcase
        >>> explainer = fw.Explainer.demo()
        >>> explanation = explainer.explain(*showcase(), n_image_masks=2048, random_state=0)
        >>> moon = explanation.tokens.index("moon")
        >>> heatmap = explanation.conditional(moon)[: explanation.n_players_image].reshape(explanation.grid)
        >>> bool(heatmap[1, 1:3].mean() > heatmap.mean())  # the moon is in the upper left
        True
    """

    def __init__(self, encoder: DualEncoder) -> None:
        super().__init__(encoder)
        self._default_seed = secrets.randbits(32)
        self.forget()
        _outlive_forks(self)

    def __getstate__(self) -> dict[str, Any]:
        # Embeddings stay behind: they are as large as the encoder, and are made again from the same masks.
        return {name: value for name, value in vars(self).items() if name != "_inputs"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.forget()
        _outlive_forks(self)

    def forget(self) -> None:
        """Drop all embeddings of images and captions."""
        self._inputs = InputCache(self.encoder)

    def game(self, image: ImageLike, caption: str) -> SimilarityGame:
        """The similarity as a function of the kept tokens: masks (m, n) → values (m,) above the empty input.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> game = Explainer.demo().game(*showcase())
            >>> bool(game([True] * game.n_players) > 0)
            True
        """
        with self._inputs.lock:
            return self._inputs.game(self._inputs.image(image), self._inputs.caption(caption))

    def explain(
        self,
        image: ImageLike,
        caption: str,
        *,
        method: str = "fixlip",
        p: float | tuple[float, float] = 0.5,
        max_order: int | None = None,
        budget: int | None = None,
        n_image_masks: int | None = None,
        n_text_masks: int | None = None,
        seconds: float | None = None,
        target_stderr: float | None = None,
        random_state: int | None = None,
        estimator: str = "grid",
        progress: Progress = True,
        cancel: Callable[[], bool] | None = None,
    ) -> Explanation:
        """First-order attributions and interactions of all image patches and caption tokens.

        An interrupt (Ctrl-C, the stop button) returns what the masks so far determine.

        Args:
            image: a path, a PIL image, an array or tensor, bytes or a binary file, as documented at
                `fixlip_widget.typing.ImageLike`.
            caption: the text to compare it with.
            method: "fixlip" (weighted Banzhaf interactions) masks image and caption independently and combines every
                image mask with every text mask. "fixlip-shapley" (faithful Shapley interactions) and "shapley" (Shapley
                values) do so at several p, of which they are integrals. "banzhaf" (the indices of "fixlip") masks both
                together.
                "grad-eclip", "game", "exclip" and "rollout" read attention and gradients in place of masking: they
                take none of the options about masks, and their values have units of their own.
            p: probability of keeping a token, or (p_image, p_text). Near 1 the values are effects of small changes to
                the whole input, near 0 effects of small parts of it. The Shapley methods have none.
            max_order: 1 for attributions only, 2 for interactions too, 3 (only "fixlip") also for triples across both
                modalities; by default 2 for the two FIxLIP methods and "exclip", and 1 for the others.
            budget: largest number of game values: image masks × text masks, or joint masks. For "fixlip" the two
                factors may be given instead.
            n_image_masks: masked images to encode. Where they are too few to determine all pairs of patches, these
                are regularised, and `Explanation.shrinkage` is below 1.
            n_text_masks: masked captions to encode. From 2^n_text on, if that is at most 4096, all masks are
                enumerated with their exact weights; the same holds for images of few patches.
            seconds: stop sampling after this time, or once there are 16 masks for each term.
            target_stderr: stop once the mean standard error of the interactions (of the attributions, at order 1) is
                at most this, in logits, or once there are 16 masks for each term; checked whenever the number of masks
                has doubled. `budget` and the like allow more masks.
            estimator: "joint" masks image and caption together, with two forward passes for each value; by default
                only "banzhaf" does.
            random_state: seed of the masks; by default the explainer's own, which the explanation records.
            progress: show a bar for work of more than a second; or a callback that receives the share done.
            cancel: polled between batches; when it returns true, the result is as after an interrupt.

        Raises:
            InputError: for an image or caption that cannot be used, p outside (0, 1), an unknown method, or too few
                masks for the order.
            CancelledError: where `cancel` returned true before an explanation was determined.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> Explainer.demo().explain(*showcase("above"), p=0.5, max_order=1, random_state=0)
            Explanation('a yellow star above a green tree', 7×7 patches + 7 tokens, similarity=..., WBV, p=0.5)
        """
        options = ExplainOptions(
            method=method,
            p=p,
            max_order=max_order,
            budget=budget,
            n_image_masks=n_image_masks,
            n_text_masks=n_text_masks,
            seconds=seconds,
            target_stderr=target_stderr,
            random_state=random_state,
            estimator=estimator,
            progress=progress,
            cancel=cancel,
        )
        with self._inputs.lock:
            *_, last = self._explanations(image, caption, options, refine=target_stderr is not None)
        return last

    def stream(self, image: ImageLike, caption: str, **options: Unpack[ExplainKwargs]) -> Iterator[Explanation]:
        """Explanations from 1×, 2×, 4×, … the fewest masks; the last is that of `explain`.

        Options and exceptions are those of `explain`. The first explanation rests on all masks that are known of the
        image, if these determine it. Memory does not grow with the number of masks, except where pairs of patches are
        solved matrix-free and for joint masks.
        """
        return self._explanations(image, caption, ExplainOptions(**options), refine=True)

    def explain_many(
        self, images: Iterable[ImageLike], captions: Iterable[str], **options: Unpack[ExplainKwargs]
    ) -> list[list[Explanation]]:
        """Explanations of every image with every caption, one row for each image; each input is encoded once.

        Args:
            images: a list or an iterator of images, of which one at a time is needed in memory.
            captions: a list or an iterator of texts.
            options: as for `explain`.

        Raises:
            InputError: as `explain`, and for a single image or caption that is not in a list.
        """
        pictures, texts = each_image(images), as_list(captions, "captions")
        self._inputs.reserve_captions(len(texts))
        return [self._explain_each(picture, texts, options) for picture in pictures]

    def plan(self, image: ImageLike, caption: str, **options: Unpack[ExplainKwargs]) -> MaskPlan:
        """How many masks `explain` would encode with the same arguments, and the fewest it needs.

        Raises:
            InputError: as `explain`.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> plan = Explainer.demo().plan(*showcase("above"))
            >>> plan.n_image_masks, plan.n_text_masks, plan.budget
            (4096, 128, 524288)
        """
        with self._inputs.lock:
            n_players = self._inputs.image(image).encoder.n_players, self._inputs.caption(caption).encoder.n_players
        return plan_request(*n_players, ExplainOptions(**options))

    def r2(
        self,
        explanation: Explanation,
        n_masks: int = 1000,
        *,
        image: ImageLike | None = None,
        random_state: int = 0,
    ) -> float | None:
        """Share of the model's variance that an explanation predicts on fresh masks, drawn with its own p.

        1 is perfect, 0 no better than the mean; None where the model's value is the same for all masks.

        Args:
            explanation: one of this explainer's encoder.
            n_masks: number of fresh masks, each of image and caption.
            image: the explained image. By default the one that this explainer remembers; for others the picture that
                the explanation holds, which is what the model saw at display resolution.
            random_state: seed of the fresh masks.

        Raises:
            InputError: where the explanation is of another image, model or masking.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> explainer = Explainer.demo()
            >>> explanation = explainer.explain(*showcase(), n_image_masks=2048, random_state=0)
            >>> round(explainer.r2(explanation), 1)
            0.9
        """
        return self.fidelity(explanation, n_masks, image=image, random_state=random_state).r2

    def fidelity(
        self,
        explanation: Explanation,
        n_masks: int = 1000,
        *,
        image: ImageLike | None = None,
        random_state: int = 0,
        cancel: Callable[[], bool] | None = None,
    ) -> FidelityCheck:
        """Predictions and model values on the fresh masks of `r2`; the masked images are encoded once for all captions.

        `cancel` is polled between batches; CancelledError is raised when it returns true.
        """
        with self._inputs.lock:
            image_input = self._inputs.image_of(explanation) if image is None else self._inputs.image(image)
            text_input = self._inputs.caption_of(explanation)
            game = self._inputs.game(image_input, text_input)
            return measure_fidelity(explanation, image_input, text_input, game, n_masks, random_state, cancel)

    def _explain_each(self, image: ImageLike, captions: Sequence[str], options: ExplainKwargs) -> list[Explanation]:
        """In ascending order of the image masks that each caption leaves, so that the later ones continue."""

        ascending = sorted(captions, key=lambda caption: self.plan(image, caption, **options).n_image_masks)
        by_caption = {caption: self.explain(image, caption, **options) for caption in ascending}
        return [by_caption[caption] for caption in captions]

    def _explanations(
        self, image: ImageLike, caption: str, options: ExplainOptions, *, refine: bool
    ) -> Iterator[Explanation]:
        """One explanation from all masks, or with `refine` one whenever their number has doubled.

        Between two of them other threads have their turn.
        """
        steps = self._steps(image, caption, options, refine=refine)
        while True:
            with self._inputs.lock:
                explanation = next(steps, None)
            if explanation is None:
                return
            yield explanation

    def _steps(self, image: ImageLike, caption: str, options: ExplainOptions, *, refine: bool) -> Iterator[Explanation]:
        started = time.perf_counter()
        image_input, text_input = self._inputs.image(image), self._inputs.caption(caption)
        known_forwards = image_input.encoder.forwards + text_input.encoder.forwards
        game = self._inputs.game(image_input, text_input)
        fields = metadata(self.encoder, image_input, text_input, game, caption, options)
        if options.spec.white_box:
            from fixlip_widget.baselines.registry import attribute

            sources = image_input.encoder.source, text_input.encoder.source
            relevance = attribute(options.method, *sources, game.scale)
            yield from_relevance(relevance, seconds=time.perf_counter() - started, **fields)
            return
        seed = self._default_seed if options.random_state is None else int(options.random_state)
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


_explainers: WeakSet[Explainer] = WeakSet()


def _outlive_forks(explainer: Explainer) -> None:
    """Have forked processes compute with this explainer, though only the thread that forks is in them."""
    _explainers.add(explainer)
    _register_at_fork()


@cache
def _register_at_fork() -> None:
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=_leave_threads_behind)


def _leave_threads_behind() -> None:
    # OpenMP would wait forever for its other threads; torch's DataLoader does the same in its workers.
    torch.set_num_threads(1)
    for explainer in _explainers:
        lock = explainer._inputs.lock
        if lock.acquire(blocking=False):
            lock.release()
        else:  # held by a thread that is gone, with inputs in the midst of a change
            explainer.forget()
