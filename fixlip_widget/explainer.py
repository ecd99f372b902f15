"""From an encoder, an image and a caption to an Explanation."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from fixlip_widget.encoders import DualEncoder, ImageLike, MaskedInput
from fixlip_widget.encoders.device import Precision, batch_size
from fixlip_widget.encoders.images import image_key
from fixlip_widget.encoders.protocol import check_text
from fixlip_widget.errors import InputError
from fixlip_widget.estimation.estimators import GridStudy, JointStudy, Patience, Study, doubling, plan
from fixlip_widget.estimation.game import SimilarityGame, Tower
from fixlip_widget.estimation.metadata import grid, number, picture, provenance
from fixlip_widget.estimation.sampler import Recent, Subject
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.product_grid import Triples
from fixlip_widget.options import Request
from fixlip_widget.progress import Progress, ticking

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fixlip_widget.encoders.masking import MaskingOptions
    from fixlip_widget.options import Options

RECENT_IMAGES, RECENT_CAPTIONS = 4, 64


class Explainer:
    """Explains why `encoder` finds an image and a caption similar, by FIxLIP (arXiv 2508.05430).

    Any object that follows the `DualEncoder` protocol will do. What it said of the last images and captions is kept:
    a new caption for a known image encodes captions only, and asking again for more masks goes on where it stopped.
    `forget` after changing the encoder's weights.
    """

    def __init__(self, encoder: DualEncoder) -> None:
        self.encoder = encoder
        self._seed = secrets.randbits(32)
        self.forget()

    @classmethod
    def demo(
        cls,
        device: str | torch.device | None = None,
        *,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Explainer:
        """The bundled encoder, which knows a small painted world and needs no network; the rest as for open_clip."""
        from fixlip_widget.demo.encoder import load_encoder

        return cls(load_encoder(device, precision=precision, **masking))

    @classmethod
    def from_open_clip(
        cls,
        name: str | Path,
        *,
        pretrained: str | Path | None = None,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Explainer:
        """An open_clip model: an architecture with `pretrained` (a tag or a file), "hf-hub:…", or a folder.

        `precision` is that of its matrix products: "fp32", "bf16", "fp16", or "auto", which is bf16 where the device
        multiplies it natively and fp32 elsewhere. Rounding is part of the standard errors. `masking` says what hiding
        means and what the players are: `image_masker`, `text_masker`, `text_players`, `image_grid`, as documented at
        `fixlip_widget.encoders.masking.Masking`.
        """
        from fixlip_widget.encoders.openclip import load_open_clip

        return cls(load_open_clip(name, pretrained=pretrained, device=device, precision=precision, **masking))

    @classmethod
    def from_transformers(
        cls,
        name: str | Path,
        *,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
        **masking: Unpack[MaskingOptions],
    ) -> Explainer:
        """A CLIP, SigLIP or SigLIP-2 of transformers, by repository or folder; the rest as for open_clip."""
        from fixlip_widget.encoders.huggingface import load_transformers

        return cls(load_transformers(name, device=device, precision=precision, **masking))

    def forget(self) -> None:
        """Forget what the encoder said of images and captions so far."""
        self._images: Recent[Subject] = Recent(RECENT_IMAGES)
        self._captions: Recent[Subject] = Recent(RECENT_CAPTIONS)

    def game(self, image: ImageLike, caption: str) -> SimilarityGame:
        """The similarity as a function of the kept tokens."""
        return self._game(self._image(image), self._caption(caption))

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
        progress: Progress = True,
        cancel: Callable[[], bool] | None = None,
    ) -> Explanation:
        """Weighted Banzhaf values and interactions of all image patches and caption tokens.

        Interrupting it (Ctrl-C, the stop button) returns what there is, once that determines an explanation.

        Args:
            image: a path, a PIL image or an array.
            caption: what to compare it with.
            method: "fixlip" masks image and caption apart and sees every image mask with every text mask. The others
                mask both together, two forwards for each value: "banzhaf" for the same indices from a model that
                is a black box, "shapley" for Shapley values, "fixlip-shapley" for faithful Shapley interactions.
                "grad-eclip", "game", "exclip" and "rollout" mask nothing but look inside the encoder: they take none
                of the options about masks, and their values are in units of their own.
            p: the probability of keeping a token, or (p_image, p_text); nearer 1 asks about small changes of the
                whole, nearer 0 about what little pieces do alone. The Shapley methods have none.
            max_order: 1 for attributions only, 2 for interactions too, 3 (only "fixlip") also for triples that touch
                both modalities; if left out, 2 for the two FIxLIP methods and "exclip", 1 for the others.
            budget: how many game values to rest on at most, image masks × text masks or joint masks; for "fixlip"
                these two may be given by number instead.
            n_image_masks: masked images to encode. Where they are too few for all pairs of patches, those are
                regularised, and `shrinkage` in the explanation says so.
            n_text_masks: masked captions to encode; if they are no fewer than all 2^n_text, and that is at most 4096,
                each is taken once with its exact weight. The same goes for images of a few patches.
            seconds: stop drawing masks after this time, or once there are 16 for each term.
            target_stderr: stop when the mean standard error of the interactions (of the attributions, at order 1) is
                no more than this, in logits, or once there are 16 masks for each term; checked whenever the masks have
                doubled. More masks than that are a matter of `budget` and the like.
            random_state: seed of the masks; if left out, the explainer's own, which is recorded in the explanation.
            progress: a bar on work of more than a second; False for none, or a function of the share done.
            cancel: asked between batches; when it returns true, what there is is returned, as on an interrupt.

        Raises:
            InputError: for an image or caption that cannot be used, p outside (0, 1), an unknown method, or too
                few masks for the order.
            CancelledError: where `cancel` came before there was anything to explain.
        """
        request = Request(
            method=method,
            p=p,
            max_order=max_order,
            budget=budget,
            n_image_masks=n_image_masks,
            n_text_masks=n_text_masks,
            seconds=seconds,
            target_stderr=target_stderr,
            random_state=random_state,
            progress=progress,
            cancel=cancel,
        )
        *_, last = self._explanations(image, caption, request, every_round=target_stderr is not None)
        return last

    def stream(self, image: ImageLike, caption: str, **options: Unpack[Options]) -> Iterator[Explanation]:
        """Explanations that rest on ever more masks, twice as many each time; the last is that of `explain`.

        The first rests on what is known of the image already, if that is enough.

        The options, and what is raised, are those of `explain`. Memory does not grow with the number of masks, but
        where the grid is too fine, or the masks too few, to sum up all pairs of patches, and for methods that mask
        image and caption together.
        """
        return self._explanations(image, caption, Request(**options), every_round=True)

    def explain_many(
        self, images: Sequence[ImageLike], captions: Sequence[str], **options: Unpack[Options]
    ) -> list[list[Explanation]]:
        """Every image with every caption, a row for each image; each image and each caption is encoded once."""
        self._captions.capacity = max(RECENT_CAPTIONS, len(captions))
        return [self._explain_each(image, captions, options) for image in images]

    def _explain_each(self, image: ImageLike, captions: Sequence[str], options: Options) -> list[Explanation]:
        """The image with every caption, those first that leave it the fewest masks: the others go on from there."""
        request = Request(**options)

        def image_masks(caption: str) -> int:
            if request.how.inside or request.how.joint:
                return 0
            players = (self._image(image).tower.n_players, self._caption(caption).tower.n_players)
            return plan(*players, request)[0]

        found = {caption: self.explain(image, caption, **options) for caption in sorted(captions, key=image_masks)}
        return [found[caption] for caption in captions]

    def _explanations(
        self, image: ImageLike, caption: str, request: Request, *, every_round: bool
    ) -> Iterator[Explanation]:
        started = time.perf_counter()
        seen, read = self._image(image), self._caption(caption)
        before = seen.tower.forwards + read.tower.forwards
        game = self._game(seen, read)
        about = {
            "tokens": (*seen.tower.source.tokens, *read.tower.source.tokens),
            "grid": grid(seen.tower.source),
            "caption": caption,
            "image": picture(seen.tower.source, image),
            "empty_value": game.empty_value,
            "full_value": game.full_value,
            "p": request.p,
            "max_order": request.order,
            "index": request.index,
            "method": request.method,
            "model": self.encoder.name,
            **provenance(self.encoder),
        }
        if request.how.inside:
            from fixlip_widget.baselines.registry import find

            found = find(request.method, seen.tower.source, read.tower.source, game.scale)
            yield Explanation(
                first=found.first.numpy(),
                second=found.second.numpy(),
                units=found.units,
                baseline_value=0.0,
                estimated=False,
                seconds=time.perf_counter() - started,
                **about,
            )
            return
        seed = self._seed if request.random_state is None else int(request.random_state)
        study: Study
        study = JointStudy(game, request, seed) if request.how.joint else GridStudy(seen, read, game, request, seed)
        patience = Patience(request, started)
        with ticking(study.remaining, request.progress) as tick:
            known = max(study.least, study.counts[0])
            for target in doubling(known, study.most) if every_round else [study.most]:
                whole = patience.advance(study, target, tick)
                values, errors = study.solve()
                yield Explanation(
                    first=values.first.numpy(),
                    second=values.second.numpy(),
                    stderr_first=errors.first.numpy(),
                    stderr_second=errors.second.numpy(),
                    stderr_first_order=errors.first_order.numpy(),
                    stderr_second_order=None if errors.second_order is None else errors.second_order.numpy(),
                    **_thirds(values.third, errors.third),
                    shrinkage=values.shrinkage,
                    baseline_value=values.baseline,
                    estimated=not study.exact,
                    n_image_masks=study.counts[0],
                    n_text_masks=study.counts[1],
                    random_state=seed,
                    seconds=time.perf_counter() - started,
                    forwards=seen.tower.forwards + read.tower.forwards - before,
                    **about,
                )
                if not whole or request.satisfied_by(errors):
                    return

    def _image(self, image: ImageLike) -> Subject:
        return self._subject(self._images, image_key(image), "image", lambda: self.encoder.image(image))

    def _caption(self, caption: str) -> Subject:
        check_text(caption)
        return self._subject(self._captions, caption, "text", lambda: self.encoder.text(caption))

    def _subject(
        self, recent: Recent[Subject], key: Hashable, modality: str, prepare: Callable[[], MaskedInput]
    ) -> Subject:
        device = torch.device(getattr(self.encoder, "device", "cpu"))

        def start() -> Subject:
            source = prepare()
            if source.n_players < 1:
                raise InputError(f"The {modality} has no tokens that could be players; give one that has.")
            n_tokens = getattr(source, "n_tokens", source.n_players)  # what is encoded, merged or not
            return Subject(Tower(source, modality, batch_size(device, n_tokens)))

        return start() if key is None else recent.get(key, start)

    def _game(self, image: Subject, text: Subject) -> SimilarityGame:
        return SimilarityGame(image.tower, text.tower, number(self.encoder.scale), number(self.encoder.bias))


def _thirds(values: Triples | None, errors: Triples | None) -> dict[str, Any]:
    if values is None or errors is None:
        return {}
    named = {"third": values, "stderr_third": errors}
    return {f"{name}_{side}": getattr(of, side).numpy() for name, of in named.items() for side in ("image", "text")}
