"""On a CUDA GPU: milliseconds of each stage, share of the card's matrix products, and parity with float32.

`python -m tests.benchmarks cuda` writes what it measured to RESULTS.md; without such a GPU it measures nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

import numpy as np
import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer
from open_clip.transform import PreprocessCfg
from scipy.stats import spearmanr
from torch.utils.flop_counter import FlopCounterMode

from fixlip_widget.demo.showcase import showcase
from fixlip_widget.encoders.device import batch_size
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.tokenizers import BpeTokenizer
from fixlip_widget.estimation.game import BatchedEncoder
from fixlip_widget.explainer import Explainer
from fixlip_widget.interactions.budget import image_degree
from fixlip_widget.interactions.fit import fit, text_degree
from fixlip_widget.interactions.masks import all_masks, bernoulli_masks
from fixlip_widget.options import ExplainKwargs
from tests.benchmarks.explain import whole
from tests.benchmarks.measure import Line
from tests.games import Sample, accumulate

RESULTS = Path(__file__).with_name("RESULTS.md")
MODELS = ("ViT-B-32", "ViT-B-16")
CAPTION = "a cat and a dog in the sun"  # 8 tokens: 2^8 masks, and 2^12 of the image make 2^20 pairs
T = TypeVar("T")


def run() -> Iterator[Line]:
    """Lines for each model, which are also written down."""
    if not torch.cuda.is_available():
        return
    device = torch.device("cuda")
    lines = [line for name in MODELS for line in stages(name, device, 2**12)]
    head = f"# On a CUDA GPU\n\n{datetime.now(timezone.utc):%Y-%m-%d}, {torch.cuda.get_device_name()}, "
    rows = "\n".join(f"    {line}" for line in lines)
    text = f"{head}torch {torch.__version__}, random weights, 2^20 pairs.\n\n{rows}\n"
    RESULTS.write_text(text, encoding="utf-8")
    yield from lines


def stages(name: str, device: torch.device, m: int) -> Iterator[Line]:
    """One model with m image masks and all masks of the caption."""
    explainer = random_encoder(name, device, torch.bfloat16)
    picture, _ = showcase()
    image, text = explainer.encoder.image(picture), explainer.encoder.text(CAPTION)
    image_masks = bernoulli_masks(image.n_players, 0.5, m, torch.Generator().manual_seed(0))
    text_masks = all_masks(text.n_players, 0.5)
    seen, read = (BatchedEncoder(source, "image", batch_size(device, source.n_players)) for source in (image, text))

    (e_image, e_text), encode = _timed(lambda: (seen.embed(image_masks.masks), read.embed(text_masks.masks)), device)
    yield Line(f"{name}: encode {m} + {len(text_masks)} masks", encode * 1000, "ms")
    with FlopCounterMode(display=False) as counter:
        image.embed(image_masks.masks[: seen.batch_size])
    work = counter.get_total_flops() / min(seen.batch_size, m) * m
    _, alone = _timed(lambda: seen.embed(image_masks.masks), device)
    share = work / alone / products_per_second(device)
    yield Line(f"{name}: image forwards / the card's own bf16 products", share, "")

    order = 1 if m < 2048 else 2
    # As the explainer does: pairs of fine grids, which the masks do not determine, get a regression of their own.
    degree = image_degree(image.n_players, order, m, 0.5)
    samples = Sample(image_masks, 0.5, e_image), Sample(text_masks, 0.5, e_text)
    moments, sums = _timed(
        lambda: (
            accumulate(samples[0], degree, "image", keep_masks=degree < text_degree(order)),
            accumulate(samples[1], text_degree(order), "text"),
        ),
        device,
    )
    yield Line(f"{name}: moments", sums * 1000, "ms")
    _, solve = _timed(lambda: fit(*moments, scale=explainer.encoder.scale, bias=0.0, order=order), device)
    yield Line(f"{name}: solve, standard errors included", solve * 1000, "ms")

    options: ExplainKwargs = {"max_order": order, "n_image_masks": m, "random_state": 0, "progress": False}
    _, taken = _timed(lambda: whole(explainer, picture, CAPTION, options), device)
    yield Line(f"{name}: explain / bare forwards", taken / encode, "×", at_most=1.25)

    values = []
    for precision in (torch.bfloat16, torch.float32):
        explained = random_encoder(name, device, precision).explain(picture, CAPTION, **options)
        values.append(np.concatenate([explained.first, explained.second[np.triu_indices(explained.n_players, 1)]]))
    yield Line(f"{name}: rank correlation with fp32", float(spearmanr(*values).statistic), "", at_least=0.999)


def random_encoder(name: str, device: torch.device, precision: torch.dtype) -> Explainer:
    """An architecture with random weights, the same ones at each call."""
    torch.manual_seed(0)
    model = open_clip.create_model(name, force_quick_gelu=True)
    tokenizer = BpeTokenizer(SimpleTokenizer(), model.context_length)
    return Explainer(OpenClipEncoder(model, tokenizer, PreprocessCfg(), name, device, precision))


def products_per_second(device: torch.device, side: int = 8192) -> float:
    """Operations per second of a large bf16 matrix product: what the card can do at best."""
    a = torch.randn(side, side, device=device).bfloat16()  # (side, side); the power a product takes depends on its data
    _, taken = _timed(lambda: a @ a, device)
    return 2 * side**3 / taken


def _timed(work: Callable[[], T], device: torch.device) -> tuple[T, float]:
    """What it gives, and the best of several times with nothing left under way."""
    best = float("inf")
    for _ in range(3):
        _settle(device)
        started = time.perf_counter()
        result = work()
        _settle(device)
        best = min(best, time.perf_counter() - started)
    return result, best


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
