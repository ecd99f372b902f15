"""`Explainer`: from an encoder, an image and a caption to an `Explanation`."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fixlip_widget.arguments import as_list
from fixlip_widget.encoders import DualEncoder
from fixlip_widget.encoders.images import each_image
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.contrast import contrast_images, explain_contrast
from fixlip_widget.estimation.estimators import (
    MaskPlan,
    plan_request,
)
from fixlip_widget.estimation.fidelity import FidelityCheck, measure_fidelity
from fixlip_widget.estimation.game import SimilarityGame
from fixlip_widget.estimation.prepared_input import InputCache
from fixlip_widget.estimation.steps import explanation_steps
from fixlip_widget.explanation import Explanation
from fixlip_widget.forks import Lock, outlive_forks
from fixlip_widget.loaders import Loaders
from fixlip_widget.options import ExplainOptions
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
        outlive_forks(self)

    def __getstate__(self) -> dict[str, Any]:
        # Embeddings stay behind: they are as large as the encoder, and are made again from the same masks.
        return {name: value for name, value in vars(self).items() if name != "_inputs"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.forget()
        outlive_forks(self)

    @property
    def lock(self) -> Lock:
        """Held while inputs are prepared or encoded, as threads take turns."""
        return self._inputs.lock

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
        masks: str = "designed",
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
            masks: "designed" takes rows of orthogonal arrays, in whole blocks, where p is 0.5 and they leave less error
                than as many independent masks; "iid" never does.
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
            Explanation('a tree above a star', 7×7 patches + 5 tokens, similarity=..., WBV, p=0.5)
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
            masks=masks,
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

    def contrast(
        self,
        image: ImageLike | tuple[ImageLike, ImageLike],
        caption: str,
        other: str | None = None,
        **options: Unpack[ExplainKwargs],
    ) -> Explanation:
        """Why an image matches a caption rather than another, or a caption an image rather than another.

        The explanation is of the difference of both similarities. With two captions its players are the patches, the
        words of `caption`, and those of `other`, from `second_caption` on; with two images the patches of both, side by
        side, and the words. Positive values speak for the first, negative ones for the second. What belongs to the
        first does not interact with what belongs to the second. Nothing is encoded twice.

        Args:
            image: as for `explain`, or two of them.
            caption: the text.
            other: the text that it is contrasted with, with one image.
            options: as for `explain`, of the method "fixlip" and order 1 or 2.

        Raises:
            InputError: as `explain`, and for other methods and orders.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> image, caption = showcase()
            >>> explainer = Explainer.demo()
            >>> contrast = explainer.contrast(image, caption, "a red cat", n_image_masks=2048, random_state=0)
            >>> red = contrast.tokens[contrast.second_caption :].index("red") + contrast.second_caption
            >>> bool(contrast.first_order()[red] > 0)  # it lowers the similarity of the other caption
            True
        """
        wanted = ExplainOptions(**options)
        if wanted.method != "fixlip" or wanted.is_joint or wanted.order > 2:
            raise InputError(
                f"A contrast with method={wanted.method!r}, max_order={wanted.order} and estimator="
                f"{wanted.estimator!r} is not possible; use 'fixlip' of order 1 or 2 on the grid."
            )
        two_images = isinstance(image, tuple) and len(image) == 2
        if two_images == (other is not None) or (isinstance(image, tuple) and not two_images):
            raise InputError(
                "A contrast has two sides; give one image and two captions, or two images and one caption."
            )
        seed = self._seed(wanted)
        if isinstance(image, tuple):
            sides = []
            for side, picture in enumerate(image):
                options["random_state"] = seed + 2 * side  # an explanation uses its seed and the next
                sides.append(self.explain(picture, caption, **options))
            return contrast_images(*sides)
        captions = caption, other or ""
        with self._inputs.lock:
            texts = self._inputs.caption(captions[0]), self._inputs.caption(captions[1])
            prepared = self._inputs.image(image)
            return explain_contrast(self.encoder, self._inputs, prepared, texts, wanted, captions, seed)

    def plan(self, image: ImageLike, caption: str, **options: Unpack[ExplainKwargs]) -> MaskPlan:
        """How many masks `explain` would encode with the same arguments, and the fewest it needs.

        Raises:
            InputError: as `explain`.

        Example:
            >>> from fixlip_widget import Explainer
            >>> from fixlip_widget.demo.showcase import showcase
            >>> plan = Explainer.demo().plan(*showcase("above"))
            >>> plan.n_image_masks, plan.n_text_masks, plan.budget
            (4096, 32, 131072)
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

    def _seed(self, options: ExplainOptions) -> int:
        return self._default_seed if options.random_state is None else int(options.random_state)

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
        seed = self._seed(options)
        steps = explanation_steps(self.encoder, self._inputs, image, caption, options, seed, refine=refine)
        while True:
            with self._inputs.lock:
                explanation = next(steps, None)
            if explanation is None:
                return
            yield explanation
