"""Self-attention in one projection is torch's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from fixlip_widget.encoders.attention import FusedQKV

BATCH, LENGTH, WIDTH, HEADS = 3, 5, 12, 2


def module(**options: Any) -> nn.MultiheadAttention:
    torch.manual_seed(0)
    made = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, **options).eval().requires_grad_(False)
    if made.in_proj_bias is not None:
        made.in_proj_bias.normal_()
    return made


def tokens(length: int = LENGTH) -> Tensor:
    return torch.randn(BATCH, length, WIDTH, generator=torch.Generator().manual_seed(1))  # (b, L, width)


def causal(rows: int = 1) -> Tensor:
    """Additive masks (rows, L, L), no two of them alike."""
    hidden = torch.rand(rows, LENGTH, LENGTH, generator=torch.Generator().manual_seed(2)) < 0.4
    hidden &= ~torch.eye(LENGTH, dtype=torch.bool)
    return torch.zeros(hidden.shape).masked_fill_(hidden, float("-inf"))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("mask", [None, causal()[0], causal(BATCH * HEADS)], ids=["unmasked", "one", "each"])
def test_equals_torch(bias: bool, mask: Tensor | None) -> None:
    attend, x = module(bias=bias), tokens()
    expected, _ = attend(x, x, x, need_weights=False, attn_mask=mask)
    with FusedQKV() as fused:
        found, weights = attend(x, x, x, need_weights=False, attn_mask=mask)
    assert fused.n_fused == 1
    assert weights is None
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_equals_torch_in_bfloat16() -> None:
    attend, x, mask = module(), tokens(), causal(BATCH * HEADS)
    expected, _ = attend(x, x, x, need_weights=False, attn_mask=mask)
    with torch.autocast("cpu", torch.bfloat16), FusedQKV() as fused:
        found, _ = attend(x, x, x, need_weights=False, attn_mask=mask)
    assert fused.n_fused == 1
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, atol=0.03, rtol=0.03)


@pytest.mark.parametrize(
    ("attend", "call"),
    [
        (module(), lambda attend, x: attend(x, x, x)),  # wants the weights
        (module(), lambda attend, x: attend(tokens(2), x, x, need_weights=False)),
        (module(), lambda attend, x: attend(x, x, x.clone(), need_weights=False)),
        (module(), lambda attend, x: attend(x[0], x[0], x[0], need_weights=False)),
        (module(), lambda attend, x: attend(x, x, x, need_weights=False, key_padding_mask=causal()[0, :BATCH] < 0)),
        (module(add_bias_kv=True), lambda attend, x: attend(x, x, x, need_weights=False)),
        (module(add_zero_attn=True), lambda attend, x: attend(x, x, x, need_weights=False)),
        (module(kdim=7, vdim=7), lambda attend, x: attend(x, x[..., :7], x[..., :7], need_weights=False)),
        (module(dropout=0.5).train(), lambda attend, x: attend(x, x, x, need_weights=False)),
    ],
    ids=["weights", "queries", "values", "unbatched", "padding", "bias_kv", "zero_attn", "widths", "training"],
)
def test_other_attention_is_left_to_torch(
    attend: nn.MultiheadAttention, call: Callable[..., tuple[Tensor, Tensor]]
) -> None:
    torch.manual_seed(3)
    expected, _ = call(attend, tokens())
    torch.manual_seed(3)
    with FusedQKV() as fused:
        found, _ = call(attend, tokens())
    assert fused.n_fused == 0
    torch.testing.assert_close(found, expected)


def test_other_functions_are_left_alone() -> None:
    x = tokens()
    with FusedQKV():
        assert torch.equal(F.relu(x), x.clamp(min=0))
