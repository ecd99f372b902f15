"""`nn.MultiheadAttention` intercepted: the arguments of its forward pass, and a faster self-attention."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

_SIGNATURE = inspect.signature(F.multi_head_attention_forward)


@dataclass(frozen=True)
class AttentionCall:
    """The arguments of `F.multi_head_attention_forward` that inference depends on; tokens are sequence first."""

    query: Tensor  # (Q, b, width)
    key: Tensor  # (L, b, width)
    value: Tensor  # (L, b, width)
    num_heads: int
    in_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    q_proj_weight: Tensor | None
    k_proj_weight: Tensor | None
    v_proj_weight: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None
    add_zero_attn: bool
    out_proj_weight: Tensor
    out_proj_bias: Tensor | None
    training: bool
    key_padding_mask: Tensor | None
    need_weights: bool
    attn_mask: Tensor | None

    @classmethod
    def bind(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> AttentionCall:
        """From the arguments of a call, by torch's own signature."""
        call = _SIGNATURE.bind(*args, **kwargs)
        call.apply_defaults()
        return cls(**{field.name: call.arguments[field.name] for field in fields(cls)})

    @property
    def projection_weights(self) -> tuple[Tensor, ...]:
        """The weights that project queries, keys and values, (width, width of the input) each."""
        if self.in_proj_weight is not None:
            return self.in_proj_weight.chunk(3)
        separate = self.q_proj_weight, self.k_proj_weight, self.v_proj_weight
        return tuple(weight for weight in separate if weight is not None)


class FusedQKV(TorchFunctionMode):
    """A context in which self-attention projects queries, keys and values in one product, batch first.

    torch projects them sequence first, which on a CPU copies the weights for every sequence of a batch. Calls that are
    not plain self-attention, or that ask for the attention weights, are left to torch.

    Attributes:
        n_fused: number of calls that were computed here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.n_fused = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func is F.multi_head_attention_forward:
            call = AttentionCall.bind(args, kwargs)
            if call.in_proj_weight is not None and _is_plain_self_attention(call):
                self.n_fused += 1
                return _self_attention(call, call.in_proj_weight), None
        return func(*args, **kwargs)


def _is_plain_self_attention(call: AttentionCall) -> bool:
    is_self = call.query is call.key and call.key is call.value
    has_extra = call.bias_k is not None or call.bias_v is not None or call.add_zero_attn
    is_batched = call.query.ndim == 3 and call.key_padding_mask is None
    return is_self and is_batched and not (has_extra or call.need_weights or call.training)


def _self_attention(call: AttentionCall, in_proj_weight: Tensor) -> Tensor:
    """Tokens (L, b, width) → the same shape; the mask is (L, L) or (b · heads, L, L)."""
    tokens = call.query.transpose(0, 1)  # (b, L, width)
    projected = F.linear(tokens, in_proj_weight, call.in_proj_bias)  # (b, L, 3 · width)
    heads = projected.view(*tokens.shape[:2], 3, call.num_heads, -1).permute(2, 0, 3, 1, 4)  # (3, b, heads, L, w)
    mask = None if call.attn_mask is None else call.attn_mask.to(heads.dtype)  # autocast does not convert it
    if mask is not None and mask.ndim == 3:
        mask = mask.view(-1, call.num_heads, *mask.shape[1:])  # (b, heads, L, L)
    queries, keys, values = heads
    attended = F.scaled_dot_product_attention(queries, keys, values, mask)  # (b, heads, L, w)
    output = F.linear(attended.transpose(1, 2).flatten(2), call.out_proj_weight, call.out_proj_bias)  # (b, L, width)
    return output.transpose(0, 1)
