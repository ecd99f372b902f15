"""From an encoder, an image and a caption to an Explanation."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from fixlip_widget.encoders import DualEncoder, ImageLike, MaskedImage, MaskedInput
from fixlip_widget.encoders.images import read_image
from fixlip_widget.encoders.precision import Precision
from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.game import SimilarityGame, Tower
from fixlip_widget.interactions.budget import plan_masks
from fixlip_widget.interactions.fit import fit_samples
from fixlip_widget.interactions.masks import MAX_ENUMERATED_PLAYERS, MaskSet, Sample, all_masks, bernoulli_masks
from fixlip_widget.progress import Progress, ticking

METHODS = ("fixlip",)
BATCH = {"cpu": 128, "cuda": 1024, "mps": 256}


class Explainer:
    """Explains why `encoder` finds an image and a caption similar, by FIxLIP (arXiv 2508.05430).

    Any object that follows the `DualEncoder` protocol will do.
    """

    def __init__(self, encoder: DualEncoder) -> None:
        self.encoder = encoder

    @classmethod
    def demo(cls, device: str | torch.device | None = None, *, precision: Precision = "auto") -> Explainer:
        """The bundled encoder, which knows a small painted world and needs no network."""
        from fixlip_widget.demo.encoder import load_encoder

        return cls(load_encoder(device, precision=precision))

    @classmethod
    def from_open_clip(
        cls,
        name: str,
        *,
        pretrained: str | Path | None = None,
        device: str | torch.device | None = None,
        precision: Precision = "auto",
    ) -> Explainer:
        """An open_clip model: an architecture with `pretrained` (a tag or a file), "hf-hub:…" or "local-dir:…".

        `precision` is that of its matrix products: "fp32", "bf16", "fp16", or "auto", which is bf16 where the device
        multiplies it natively and fp32 elsewhere. Rounding is part of the standard errors.
        """
        from fixlip_widget.encoders.openclip import load_open_clip

        return cls(load_open_clip(name, pretrained=pretrained, device=device, precision=precision))

    def game(self, image: ImageLike, caption: str) -> SimilarityGame:
        """The similarity as a function of the kept tokens."""
        device = getattr(self.encoder, "device", torch.device("cpu"))
        batch_size = BATCH.get(torch.device(device).type, BATCH["cpu"])
        towers = Tower(self.encoder.image(image), batch_size), Tower(self.encoder.text(caption), batch_size)
        return SimilarityGame(*towers, self.encoder.scale, self.encoder.bias)

    def explain(
        self,
        image: ImageLike,
        caption: str,
        *,
        method: str = "fixlip",
        p: float | tuple[float, float] = 0.5,
        max_order: int = 2,
        budget: int | None = None,
        n_image_masks: int | None = None,
        n_text_masks: int | None = None,
        random_state: int | None = None,
        progress: Progress = True,
    ) -> Explanation:
        """Weighted Banzhaf values and interactions of all image patches and caption tokens.

        Args:
            image: a path, a PIL image or an array.
            caption: what to compare it with.
            method: "fixlip".
            p: the probability of keeping a token, or (p_image, p_text); nearer 1 asks about small changes of the
                whole, nearer 0 about what little pieces do alone.
            max_order: 1 for attributions only, 2 for interactions too.
            budget: how many game values to rest on, image masks × text masks; or give these two by number.
            n_image_masks: masked images to encode.
            n_text_masks: masked captions to encode; if they are no fewer than all 2^n_text, and that is at most 4096,
                each is taken once with its exact weight. The same goes for images of a few patches.
            random_state: seed of the masks; drawn and recorded in the explanation if left out.
            progress: a bar on work of more than a second; False for none, or a function of the share done.

        Raises:
            InputError: for an image or caption that cannot be used, p outside (0, 1), an unknown method, or too
                few masks for the order.
        """
        started = time.perf_counter()
        p_image, p_text = _check(method, p, max_order)
        game = self.game(image, caption)
        source, picture = game.image.source, _picture(game.image.source, image)
        n_image, n_text = game.image.n_players, game.text.n_players
        m, k = plan_masks(
            n_image, n_text, max_order, budget=budget, n_image_masks=n_image_masks, n_text_masks=n_text_masks
        )
        seed = secrets.randbits(32) if random_state is None else int(random_state)
        image_masks, text_masks = _draw(n_image, p_image, m, seed), _draw(n_text, p_text, k, seed + 1)
        with ticking(len(image_masks) + len(text_masks), progress) as tick:
            text_sample = _encode(game.text, text_masks, tick)
            image_sample = _encode(game.image, image_masks, tick)
        values, errors = fit_samples(image_sample, text_sample, scale=game.scale, bias=game.bias, order=max_order)
        return Explanation(
            first=values.first.numpy(),
            second=values.second.numpy(),
            stderr_first=errors.first.numpy(),
            stderr_second=errors.second.numpy(),
            stderr_first_order=errors.first_order.numpy(),
            tokens=(*source.tokens, *game.text.source.tokens),
            grid=source.grid or (1, n_image),
            caption=caption,
            image=picture,
            baseline_value=values.baseline - game.empty_value,
            empty_value=game.empty_value,
            full_value=game.full_value,
            p=p_image if p_image == p_text else (p_image, p_text),
            max_order=max_order,
            index="FWBII" if max_order == 2 else "WBV",
            method=method,
            model=self.encoder.name,
            estimated=not (image_masks.exact and text_masks.exact),
            n_image_masks=len(image_masks),
            n_text_masks=len(text_masks),
            random_state=seed,
            seconds=time.perf_counter() - started,
            forwards=game.forwards,
        )


def _check(method: str, p: Any, max_order: int) -> tuple[float, float]:
    """The probabilities of keeping a patch and a word; InputError where anything is out of range."""
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}; use {' or '.join(map(repr, METHODS))}.")
    if max_order not in (1, 2):
        raise InputError(f"max_order={max_order!r} cannot be fitted; use 1 or 2.")
    both = list(p) if isinstance(p, Sequence | np.ndarray) and not isinstance(p, str) else [p, p]
    for value in both:
        if not isinstance(value, float | int | np.number) or not 0.0 < value < 1.0:
            raise InputError(f"p={value!r} is not a probability between 0 and 1, both excluded; 0.5 is usual.")
    if len(both) != 2:
        raise InputError(f"p={both} has {len(both)} values; give one, or one for the image and one for the caption.")
    return float(both[0]), float(both[1])


def _draw(n: int, p: float, count: int, seed: int) -> MaskSet:
    if n <= MAX_ENUMERATED_PLAYERS and count >= 2**n:
        return all_masks(n, p)
    return bernoulli_masks(n, p, count, torch.Generator().manual_seed(seed))


def _encode(tower: Tower, masks: MaskSet, tick: Callable[[int], object]) -> Sample:
    embeddings = tower.embed(masks.masks, tick)  # (m, d)
    # The fit is done in float64, which MPS does not have.
    return Sample(masks, embeddings.cpu() if embeddings.device.type == "mps" else embeddings)


def _picture(source: MaskedInput, image: ImageLike) -> Image.Image:
    """What the encoder says it sees, or the image as it was given."""
    return source.picture.convert("RGB") if isinstance(source, MaskedImage) else read_image(image)
