"""Error at equal forwards: of designed masks and of the fit of all products, relative to what came before them.

Before, masks were independent and the regression had the terms of the explanation only. Both are unbiased, so that the
difference of two runs shows their error without a reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL.Image import Image
from torch import Tensor
from torch.nn import functional as F

from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.model import WEIGHTS, configuration, load_model
from fixlip_widget.demo.showcase import showcase
from fixlip_widget.encoders.openclip import OpenClipEncoder
from fixlip_widget.encoders.pixel_tower import PixelTower
from fixlip_widget.interactions.accumulator import MomentAccumulator
from fixlip_widget.interactions.basis import Basis
from fixlip_widget.interactions.fit import fit
from fixlip_widget.interactions.mask_sources import MaskKind, mask_source
from fixlip_widget.interactions.masks import all_masks
from fixlip_widget.typing import FloatArray
from tests.benchmarks.measure import Line

CAPTION = "a green cat left of a yellow house and moon"
SEEDS = range(4)
Embed = Callable[[Tensor], Tensor]


def run() -> Iterator[Line]:
    """49 patches at three p, then 196."""
    encoder = load_encoder(precision="fp32")
    picture, _ = showcase()
    patches = encoder.image(picture).embed
    for p, pairs_target, cross_target in ((0.5, 0.6, 0.25), (0.3, None, 0.6), (0.7, None, 0.6)):
        before = errors(encoder, patches, 49, p, "independent", 4096, total_degree)
        after = errors(encoder, patches, 49, p, "designed" if p == 0.5 else "independent", 4096, all_products)
        yield from _lines(f"49 patches, 4096 masks, p={p:g}", after, before, (pairs_target, cross_target))
    quarters = in_quarters(picture)
    before, after = (
        errors(encoder, quarters, 196, 0.5, kind, 2**15, all_products) for kind in ("independent", "designed")
    )
    yield from _lines("196 patches, 32768 masks, p=0.5", after, before, (None, None))


def _lines(what: str, after: FloatArray, before: FloatArray, targets: tuple[float | None, ...]) -> Iterator[Line]:
    names = zip(("image pairs", "cross", "text pairs"), after, before, (*targets, None), strict=True)
    for name, now, then, target in names:
        detail = f"{now:.5f} / {then:.5f} logits, mean absolute"
        yield Line(f"error of {name}, {what}", now / then, "×", at_most=target, detail=detail)


def errors(
    encoder: OpenClipEncoder,
    embed: Embed,
    n: int,
    p: float,
    kind: MaskKind,
    m: int,
    solve: Callable[[MomentAccumulator, MomentAccumulator, float], FloatArray],
) -> FloatArray:
    """(3,) mean absolute errors of pairs of patches, of patch and word, and of words."""
    words = encoder.text(CAPTION)
    every = all_masks(words.n_players, p)
    text = MomentAccumulator(Basis(words.n_players, 2, p), "text", exact=True)
    text.add(every, words.embed(every.masks))
    found = []
    for seed in SEEDS if n < 100 else SEEDS[:2]:
        masks = mask_source(kind, n, p, seed).rows(0, m)
        embeddings = torch.cat([embed(batch) for batch in torch.split(masks.masks, 512)])  # (m, d)
        degree = 2 if n < 100 else 1
        basis, designed = Basis(n, degree, p), kind == "designed"
        image = MomentAccumulator(basis, "image", designed=designed, keep_masks=degree == 1)
        image.add(masks, embeddings)
        found.append(solve(image, text, encoder.scale))
    differences = np.diff(np.stack(found).reshape(-1, 2, *found[0].shape), axis=1)  # (runs / 2, 1, N, N)
    missed = np.abs(differences).mean(axis=(0, 1)) / 2.0**0.5  # (N, N)
    image_pairs, text_pairs = missed[:n, :n], missed[n:, n:]
    parts = [image_pairs[np.triu_indices(n, 1)], missed[:n, n:], text_pairs[np.triu_indices(words.n_players, 1)]]
    return np.array([part.mean() for part in parts])


def all_products(image: MomentAccumulator, text: MomentAccumulator, scale: float) -> FloatArray:
    """The pairs (N, N) of the fit as it is."""
    values, _ = fit(image, text, scale=scale, bias=0.0, order=2)
    return values.second.numpy()


def total_degree(image: MomentAccumulator, text: MomentAccumulator, scale: float) -> FloatArray:
    """The pairs (N, N) of the regression on the terms of the explanation alone, in the basis of Cholesky's factors."""
    (L_v, S_v), (L_t, S_t) = (
        (one.L if one.L is not None else torch.eye(len(one.S), dtype=one.S.dtype), one.S)
        for one in (image.normal_equations, text.normal_equations)
    )
    C = torch.linalg.solve_triangular(L_v, scale * S_v @ torch.cholesky_solve(S_t, L_t).T @ L_t, upper=False)
    C[image.basis.degrees[:, None] + text.basis.degrees > 2] = 0.0  # (F_v, F_t)
    theta = torch.linalg.solve_triangular(L_v.T, C, upper=True)  # (F_v, F_t)
    theta = torch.linalg.solve_triangular(L_t.T, theta.T, upper=True).T  # (F_v, F_t)
    n_v, n_t = image.basis.n, text.basis.n
    second = torch.zeros(n_v + n_t, n_v + n_t, dtype=torch.float64)
    a, b = image.basis.pairs
    second[a, b] = theta[1 + n_v :, 0] / image.basis.sigma**2
    c, d = text.basis.pairs
    second[n_v + c, n_v + d] = theta[0, 1 + n_t :] / text.basis.sigma**2
    second[:n_v, n_v:] = theta[1 : 1 + n_v, 1 : 1 + n_t] / (image.basis.sigma * text.basis.sigma)
    return (second + second.T).numpy()


def in_quarters(picture: Image) -> Embed:
    """The bundled encoder with each of its 49 patches cut into four players, by pixels."""
    tower = PixelTower(load_model(WEIGHTS).eval().visual, (14, 14))
    transform = image_transform_v2(PreprocessCfg(**configuration()["preprocess_cfg"]), is_train=False)
    pixels = transform(picture)[None]  # (1, 3, H, W)
    blocks = tower.embed_patches(pixels)  # (1, 196, 3 · h · w)

    @torch.no_grad()
    def embed(masks: Tensor) -> Tensor:
        return F.normalize(tower.encode(blocks * masks[..., None]), dim=1)

    return embed
