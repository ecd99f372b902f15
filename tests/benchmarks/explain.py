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
from fixlip_widget.encoders.captions import BpeTokenizer
from fixlip_widget.encoders.clip import ClipEncoder
from fixlip_widget.encoders.precision import pick_precision
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from fixlip_widget.request import Options
from tests.benchmarks.measure import Line, seconds

BATCHES = (16, 32, 64, 128, 256)


def vit_b_32() -> Explainer:
    """ViT-B/32 at random: as slow as the real one."""
    torch.manual_seed(0)
    model = open_clip.create_model("ViT-B-32", force_quick_gelu=True)
    cpu = torch.device("cpu")
    tokenizer = BpeTokenizer(SimpleTokenizer(), model.context_length)
    return Explainer(ClipEncoder(model, tokenizer, PreprocessCfg(), "ViT-B-32", cpu, pick_precision("auto", cpu)))


def bare(explainer: Explainer, explained: Explanation, image: Image.Image) -> float:
    """Seconds of the encoder alone on as many masks, each tower at its best batch size."""
    total = 0.0
    image_source, text_source = explainer.encoder.image(image), explainer.encoder.text(explained.caption)
    for source, count in ((image_source, explained.n_image_masks), (text_source, explained.n_text_masks)):
        masks = torch.rand(count or 0, source.n_players, generator=torch.Generator().manual_seed(0)) < 0.5
        best = min(BATCHES, key=partial(_seconds_per_mask, source, masks))
        total += seconds(partial(_encode, source, masks, best), 2)
    return total


def _seconds_per_mask(source: MaskedInput, masks: Tensor, size: int) -> float:
    return seconds(lambda: source.embed(masks[:size])) / min(size, len(masks))


def _encode(source: MaskedInput, masks: Tensor, size: int) -> None:
    for part in torch.split(masks, size):
        source.embed(part)


def whole(explainer: Explainer, image: Image.Image, caption: str, options: Options) -> Explanation:
    """Everything, from nothing known."""
    explainer.forget()
    return explainer.explain(image, caption, **options)


def recaption(explainer: Explainer, image: Image.Image, captions: Iterator[str], options: Options) -> Explanation:
    """The next caption for a known image."""
    return explainer.explain(image, next(captions), **options)


def run() -> Iterator[Line]:
    """The bundled encoder at order 2, and ViT-B/32 at order 1, to be done in minutes."""
    image, caption = showcase()
    quiet: Options = {"random_state": 0, "progress": False}
    small: Options = quiet | {"max_order": 1, "n_image_masks": 256}
    for name, explainer, options in (("bundled", Explainer.demo(), quiet), ("ViT-B/32", vit_b_32(), small)):
        explained = whole(explainer, image, caption, options)
        taken = seconds(partial(whole, explainer, image, caption, options), 2)
        alone = bare(explainer, explained, image)
        detail = f"{taken:.2f} s / {alone:.2f} s, {explained.forwards} forwards"
        yield Line(f"explain / bare forwards, {name}", taken / alone, "×", at_most=1.15, detail=detail)
        captions = (caption.replace("green", colour) for colour in ("orange", "pink", "black"))
        change = seconds(partial(recaption, explainer, image, captions, options), 3)
        detail = f"{change * 1000:.0f} ms"
        yield Line(f"change of caption / explain, {name}", change / taken, "", at_most=0.05, detail=detail)
