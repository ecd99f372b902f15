"""Attention written out is the attention that modules of all kinds compute, with all their masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from open_clip.transformer import Attention
from timm.layers.attention import Attention as TimmAttention
from timm.layers.attention_pool import AttentionPoolLatent
from torch import Tensor, nn
from torch.nn import functional as F

from fixlip_widget.baselines.trace import ExplicitAttention

B, L, WIDTH, HEADS = 2, 5, 12, 3


def loud(module: nn.Module) -> nn.Module:
    """All weights random, biases and norms too."""
    torch.manual_seed(1)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.7)
    return module.eval().requires_grad_(False)


def x(length: int = L, width: int = WIDTH, seed: int = 0) -> Tensor:
    return torch.randn(B, length, width, generator=torch.Generator().manual_seed(seed))


def one() -> Tensor:
    """(b, 1, L, width), one head."""
    return x()[:, None]


def hidden(*shape: int) -> Tensor:
    """True is hidden; every query keeps a key."""
    mask = torch.rand(*shape, generator=torch.Generator().manual_seed(2)) < 0.4
    mask[..., 0] = False
    return mask


def additive(mask: Tensor) -> Tensor:
    return torch.zeros(mask.shape).masked_fill(mask, float("-inf"))


def multihead(**options: Any) -> nn.Module:
    return loud(nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **options))


CASES: dict[str, Callable[[], Tensor]] = {
    "multihead": lambda: multihead()(x(), x(), x(), need_weights=False)[0],
    "no bias": lambda: multihead(bias=False)(x(), x(), x(), need_weights=False)[0],
    "mask": lambda: multihead()(x(), x(), x(), need_weights=False, attn_mask=additive(hidden(L, L)))[0],
    "bool mask": lambda: multihead()(x(), x(), x(), need_weights=False, attn_mask=hidden(L, L))[0],
    "mask per head": lambda: multihead()(
        x(), x(), x(), need_weights=False, attn_mask=additive(hidden(B * HEADS, L, L))
    )[0],
    "padding": lambda: multihead()(x(), x(), x(), need_weights=False, key_padding_mask=hidden(B, L))[0],
    "padding and mask": lambda: multihead()(
        *(x(), x(), x()), need_weights=False, key_padding_mask=hidden(B, L), attn_mask=hidden(L, L)
    )[0],
    "sequence first": lambda: loud(nn.MultiheadAttention(WIDTH, HEADS))(*[x().transpose(0, 1)] * 3, need_weights=False)[
        0
    ],
    "pooling": lambda: multihead()(x(1), x(seed=3), x(seed=3), need_weights=False)[0],
    "other width of keys": lambda: multihead(kdim=7, vdim=7)(x(2), x(width=7), x(width=7), need_weights=False)[0],
    "open_clip": lambda: loud(Attention(WIDTH, HEADS))(x(), attn_mask=additive(hidden(L, L))),
    "open_clip with norms": lambda: loud(Attention(WIDTH, HEADS, qk_norm=True, scale_heads=True))(x()),
    "timm": lambda: loud(TimmAttention(WIDTH, HEADS, qk_norm=True, norm_layer=nn.LayerNorm))(x()),
    "timm pool": lambda: loud(AttentionPoolLatent(WIDTH, num_heads=HEADS, latent_len=2))(x()),
    "visible": lambda: F.scaled_dot_product_attention(one(), one(), one(), attn_mask=~hidden(L, L)),
    "causal": lambda: F.scaled_dot_product_attention(one(), one(), one(), is_causal=True, scale=0.9),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_attention_that_it_replaces(name: str) -> None:
    expected = CASES[name]()
    with ExplicitAttention() as attention:
        got = CASES[name]()
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    (attended,) = attention.records
    assert attended.probabilities.shape == (*attended.query.shape[:3], attended.key.shape[2])
    torch.testing.assert_close(attended.probabilities.sum(dim=3), torch.ones(attended.query.shape[:3]))
    torch.testing.assert_close(attended.probabilities @ attended.value, attended.output)


def test_transformers_ends_there_too() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.CLIPTextConfig(
        hidden_size=WIDTH, num_attention_heads=HEADS, intermediate_size=8, num_hidden_layers=2, vocab_size=9
    )
    model = loud(transformers.CLIPTextModel(config))
    ids, mask = torch.tensor([[0, 3, 4, 5, 8]]), torch.tensor([[1, 1, 0, 1, 1]])
    expected = model(ids, attention_mask=mask).last_hidden_state
    with ExplicitAttention() as attention:
        got = model(ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    assert len(attention.records) == 2
    assert not attention.records[0].probabilities[..., 2].any()


def test_gradients_begin_at_the_first_probabilities() -> None:
    with ExplicitAttention(require_grad=True) as attention:
        output = multihead()(x(), x(), x(), need_weights=False)[0]
    (gradient,) = torch.autograd.grad(output.sum(), attention.records[0].probabilities)
    assert gradient.abs().min() > 0
    assert not multihead()(x(), x(), x(), need_weights=False)[0].requires_grad
