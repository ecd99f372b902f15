"""A whole explanation against the bare forwards of the same masks, and against a change of caption."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg
from PIL import Image
from torch import Tensor

from fixlip_widget.demo.showcase import showcase
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.device import resolve_precision
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from fixlip_widget.options import ExplainKwargs
from tests.benchmarks.measure import Line, seconds

BATCHES = (16, 32, 64, 128, 256)


def vit_b_32() -> Explainer:
    """ViT-B/32 at random: as slow as the real one."""
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32", force_quick_gelu=True)
    cpu = torch.device("cpu")
    tokenizer = BpeTokenizer(SimpleTokenizer(), model.context_length)
    return Explainer(
        OpenClipEncoder(model, tokenizer, PreprocessCfg(), "ViT-B-32", cpu, resolve_precision("auto", cpu))
    )


def bare(explainer: Explainer, explained: Explanation, image: Image.Image, repeats: int) -> float:
    """Seconds of the encoder alone on the same masks, each tower at its best batch size."""
    total = 0.0
    image_source, text_source = explainer.encoder.image(image), explainer.encoder.text(explained.caption)
    for source, count in ((image_source, explained.n_image_masks), (text_source, explained.n_text_masks)):
        masks = _masks(source.n_players, count or 0)
        best = min(BATCHES, key=partial(_seconds_per_mask, source, masks))
        total += seconds(partial(_encode, source, masks, best), repeats)
    return total


def _masks(n: int, count: int) -> Tensor:
    """All masks (count, n) where these are all, otherwise so many drawn ones."""
    if n < count.bit_length() and count == 2**n:
        return all_masks(n, 0.5).masks
    return bernoulli_masks(n, 0.5, count, torch.Generator().manual_seed(0)).masks


def _seconds_per_mask(source: MaskedInput, masks: Tensor, size: int) -> float:
    return seconds(lambda: source.embed(masks[:size])) / min(size, len(masks))


def _encode(source: MaskedInput, masks: Tensor, size: int) -> None:
    for part in torch.split(masks, size):
        source.embed(part)


def whole(explainer: Explainer, image: Image.Image, caption: str, options: ExplainKwargs) -> Explanation:
    """Everything, from nothing known."""
    explainer.forget()
    return explainer.explain(image, caption, **options)


def recaption(explainer: Explainer, image: Image.Image, captions: Iterator[str], options: ExplainKwargs) -> Explanation:
    """The next caption for a known image."""
    return explainer.explain(image, next(captions), **options)


def run() -> Iterator[Line]:
    """The bundled encoder with the usual masks, and ViT-B/32 with half of them, to be done in minutes."""
    image, caption = showcase()
    quiet: ExplainKwargs = {"random_state": 0, "progress": False}
    half: ExplainKwargs = quiet | {"n_image_masks": 2048}
    subjects = (("bundled", Explainer.demo(), quiet, 3), ("ViT-B/32", vit_b_32(), half, 2))
    for name, explainer, options, repeats in subjects:
        explainer.explain(image, caption, max_order=1, n_image_masks=128, n_text_masks=128, progress=False)  # warm
        taken = seconds(partial(whole, explainer, image, caption, options), repeats)
        explained = explainer.explain(image, caption, **options)  # known by now
        alone = bare(explainer, explained, image, repeats)
        detail = f"{taken:.2f} s / {alone:.2f} s, {explained.n_image_masks} + {explained.n_text_masks} forwards"
        yield Line(f"explain / bare forwards, {name}", taken / alone, "×", at_most=1.15, detail=detail)
        captions = (caption.replace("green", colour) for colour in ("orange", "pink", "black"))
        change = seconds(partial(recaption, explainer, image, captions, options), 3)
        detail = f"{change * 1000:.0f} ms"
        yield Line(f"change of caption / explain, {name}", change / taken, "", at_most=0.05, detail=detail)
