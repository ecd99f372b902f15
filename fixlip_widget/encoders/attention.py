"""`nn.MultiheadAttention` in fewer steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class OneProjection(TorchFunctionMode):
    """A context in which self-attention projects queries, keys and values at once, from tokens as they lie in memory.

    torch's own projects them sequence first, which on a CPU copies the weights for each sequence of a batch. Modules
    that attend otherwise, or ask for the weights, are left to torch.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.multi_head_attention_forward and _is_plain(*args, **kwargs):
            return _attend(*args, **kwargs), None
        return func(*args, **kwargs)


def _is_plain(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    width: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    *_: Any,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    training: bool = True,
    **rest: Any,
) -> bool:
    itself = query is key and key is value and in_proj_weight is not None
    bare = bias_k is None and bias_v is None and not add_zero_attn and key_padding_mask is None
    return itself and bare and query.ndim == 3 and not need_weights and not training


def _attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    width: int,
    num_heads: int,
    in_proj_weight: Tensor,
    in_proj_bias: Tensor | None,
    bias_k: None,
    bias_v: None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    *,
    attn_mask: Tensor | None = None,
    **_: Any,
) -> Tensor:
    """Tokens, sequence first (L, b, width) → the same shape; a mask is (L, L) or (b · heads, L, L)."""
    tokens = query.transpose(0, 1)  # (b, L, width)
    projected = F.linear(tokens, in_proj_weight, in_proj_bias)  # (b, L, 3 · width)
    heads = projected.view(*tokens.shape[:2], 3, num_heads, -1).permute(2, 0, 3, 1, 4)  # (3, b, heads, L, w)
    mask = None if attn_mask is None else attn_mask.to(heads.dtype)  # autocast does not reach it
    if mask is not None and mask.ndim == 3:
        mask = mask.view(-1, num_heads, *mask.shape[1:])  # (b, heads, L, L)
    queries, keys, values = heads
    attended = F.scaled_dot_product_attention(queries, keys, values, mask)  # (b, heads, L, w)
    output = F.linear(attended.transpose(1, 2).flatten(2), out_proj_weight, out_proj_bias)  # (b, L, width)
    return output.transpose(0, 1)
