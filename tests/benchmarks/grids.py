"""All pairs of fine grids and long captions: the whole fit on synthetic embeddings, standard errors included."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn import functional as F

from fixlip_widget.interactions.budget import plan_masks
from fixlip_widget.interactions.masks import bernoulli_masks
from fixlip_widget.typing import FloatArray
from tests.benchmarks.measure import Line, apart
from tests.games import Sample, fit_samples

WIDTH = 512


def large(n_image: int, n_text: int, m: int) -> Callable[[], FloatArray]:
    """m image masks and the usual number of text masks, with random embeddings that depend on them."""
    generator = torch.Generator().manual_seed(0)
    samples = []
    for n, count in ((n_image, m), (n_text, plan_masks(n_image, n_text, 2, n_image_masks=m)[1])):
        masks = bernoulli_masks(n, 0.5, count, generator)
        towards = torch.randn(n, WIDTH, generator=generator)  # (n, WIDTH)
        blocks = (rows.float() @ towards + torch.randn(len(rows), WIDTH) for rows in torch.split(masks.masks, 4096))
        samples.append(Sample(masks, 0.5, torch.cat([F.normalize(block, dim=1) for block in blocks])))
    image, text = samples
    return lambda: fit_samples(image, text, scale=100.0, bias=0.0, order=2)[0].second.numpy()


def run() -> Iterator[Line]:
    """ViT-B/16 with a sentence, and ViT-L/14 at 336 pixels with a paragraph."""
    taken, peak, _ = apart(large, 196, 16, 2**15)
    yield Line("196 patches + 16 words, 2^15 masks", taken, "s", at_most=60)
    yield Line("its memory beside the embeddings", peak / 1e9, "GB", at_most=2)
    taken, peak, second = apart(large, 576, 64, 2**15)
    detail = f"{taken:.0f} s, {len(second)} × {len(second)} pairs"
    yield Line("576 patches + 64 words, 2^15 masks, memory", peak / 1e9, "GB", at_most=8, detail=detail)
