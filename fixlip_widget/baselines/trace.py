"""A forward pass through one tower with every attention recorded, for methods that read attention and gradients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.attention import AttentionCall
from fixlip_widget.encoders.masking import MaskedPatches, MaskedTokens
from fixlip_widget.errors import InputError


@dataclass(frozen=True)
class AttentionRecord:
    """One attention with H heads, Q queries, L keys and head width w."""

    query: Tensor  # (b, H, Q, w)
    key: Tensor  # (b, H, L, w)
    value: Tensor  # (b, H, L, w)
    probabilities: Tensor  # (b, H, Q, L), rows sum to 1
    output: Tensor  # (b, H, Q, w), before the output projection


class ExplicitAttention(TorchFunctionMode):
    """A context in which attention is computed as softmax(QKᵀ/√w)V step by step, and recorded in `records`.

    torch passes every call of its fused attention and of `nn.MultiheadAttention` through this context; the towers of
    open_clip, timm and transformers all end in one of the two. No module is patched, so there is nothing to restore,
    and other threads are not affected.

    Args:
        record: whether to record, which keeps all intermediate tensors in memory.
        require_grad: whether gradients are taken from the first attention on, where nothing before it requires them.
    """

    def __init__(self, *, record: bool = True, require_grad: bool = False) -> None:
        super().__init__()
        self.records: list[AttentionRecord] = []
        self._record, self._require_grad = record, require_grad

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is F.scaled_dot_product_attention:
            return self._attend(*args, **kwargs or {})
        if func is F.multi_head_attention_forward:
            return self._multi_head(AttentionCall.bind(args, kwargs or {})), None
        return func(*args, **kwargs or {})

    def _attend(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        dropout_p: float = 0.0,
        is_causal: bool = False,
        scale: float | None = None,
        **_: Any,
    ) -> Tensor:
        """`F.scaled_dot_product_attention` without dropout: (b, H, Q, w) → (b, H, Q, w)."""
        scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)  # (b, H, Q, L)
        if is_causal:
            attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()  # (Q, L)
        if attn_mask is not None:
            is_bool = attn_mask.dtype == torch.bool
            scores = scores.masked_fill(~attn_mask, float("-inf")) if is_bool else scores + attn_mask
        probabilities = scores.softmax(dim=-1)  # (b, H, Q, L)
        if self._require_grad and not probabilities.requires_grad:
            probabilities.requires_grad_()
        output = probabilities @ value  # (b, H, Q, w)
        if self._record:
            self.records.append(AttentionRecord(query, key, value, probabilities, output))
        return output

    def _multi_head(self, call: AttentionCall) -> Tensor:
        """`F.multi_head_attention_forward`: (Q, b, width) → (Q, b, width)."""
        weights = call.projection_weights
        biases = [None] * 3 if call.in_proj_bias is None else call.in_proj_bias.chunk(3)
        q, k, v = (
            split_heads(F.linear(tokens, weight, bias).transpose(0, 1), call.num_heads)
            for tokens, weight, bias in zip((call.query, call.key, call.value), weights, biases, strict=True)
        )  # (b, H, L, w) each
        mask = None if call.attn_mask is None else _additive(call.attn_mask)  # (Q, L) or (b · H, Q, L)
        if mask is not None and mask.ndim == 3:
            mask = mask.reshape(-1, call.num_heads, *mask.shape[1:])  # (b, H, Q, L)
        if call.key_padding_mask is not None:
            padding = _additive(call.key_padding_mask)[:, None, None, :]  # (b, 1, 1, L)
            mask = padding if mask is None else mask + padding
        output = merge_heads(self._attend(q, k, v, mask))  # (b, Q, width)
        return F.linear(output.transpose(0, 1), call.out_proj_weight, call.out_proj_bias)


@dataclass(frozen=True)
class TowerInput:
    """One unmasked image or caption with the tower that encodes it.

    Attributes:
        encode: input of the tower → embeddings (b, d), not normalised.
        input: patches (1, P, width) or token ids (1, L).
        reference: the same with no token kept: hidden patches, or padding in the place of caption tokens.
        n_players: number of players.
        n_trailing: tokens after the players in the sequence of the tower.
        tower: the object whose attributes are the modules of the tower.
    """

    encode: Callable[[Tensor], Tensor]
    input: Tensor
    reference: Tensor
    n_players: int
    n_trailing: int
    tower: object

    def player_positions(self, length: int) -> slice:
        """Positions of the players in a sequence of this length; InputError where the tower has merged tokens."""
        if length < self.n_players + self.n_trailing:
            raise InputError(
                "This model merges tokens between its layers, so they have no values of their own; use fixlip."
            )
        return slice(length - self.n_trailing - self.n_players, length - self.n_trailing)


@dataclass(frozen=True)
class AttentionTrace:
    """An embedding with every attention on the way to it, from which gradients can be taken.

    Attributes:
        embedding: (1, d), not normalised.
        records: attentions in the order of their computation.
        players: positions of the players in the sequence.
        pooled: (R,) positions whose mean is the embedding: the class token, the end-of-text token, or all patches.
            None where an attention pool computes the embedding, which is then the last record.
    """

    embedding: Tensor
    records: list[AttentionRecord]
    players: slice
    pooled: Tensor | None


def trace(source: TowerInput) -> AttentionTrace:
    """Encode an input and record its attentions; InputError where the tower has none that torch computes."""
    attention = ExplicitAttention(require_grad=True)
    with attention:
        embedding = source.encode(source.input.clone())  # (1, d)
    if not attention.records:
        raise InputError("This model's attention cannot be recorded; use a method that masks inputs, such as fixlip.")
    last = attention.records[-1]
    queries, length = last.probabilities.shape[-2:]
    pooled = None
    if queries == length:
        (gradient,) = torch.autograd.grad(embedding.norm(), last.output, retain_graph=True)  # (1, H, L, w)
        pooled = gradient.ne(0).any(dim=3).any(dim=1)[0].nonzero()[:, 0]  # (R,)
    return AttentionTrace(embedding, attention.records, source.player_positions(length), pooled)


def open_tower(source: MaskedInput) -> TowerInput:
    """The tower behind an image or a caption; InputError for encoders other than the library's own."""
    if isinstance(source, MaskedPatches):
        return TowerInput(source.tower.encode, source.kept, source.hidden, source.n_players, 0, source.tower)
    if isinstance(source, MaskedTokens):
        return _open_text_tower(source)
    raise InputError(
        f"This method reads attention, and the layers of a {type(source).__name__} are not known; "
        "use one that masks inputs, such as fixlip."
    )


def _open_text_tower(source: MaskedTokens) -> TowerInput:
    tower = source.tower

    def encode(ids: Tensor) -> Tensor:
        return tower.encode(ids, torch.ones_like(ids, dtype=torch.bool))

    ids = source.ids[None]  # (1, L)
    padded = ids.clone()
    padded[:, source.offset : source.offset + source.n_players] = source.pad
    return TowerInput(encode, ids, padded, source.n_players, source.n_trailing, tower)


def split_heads(tokens: Tensor, num_heads: int) -> Tensor:
    """(b, L, H · w) → (b, H, L, w)."""
    return tokens.reshape(*tokens.shape[:2], num_heads, -1).transpose(1, 2)


def merge_heads(heads: Tensor) -> Tensor:
    """(b, H, L, w) → (b, L, H · w)."""
    return heads.transpose(1, 2).flatten(2)


def _additive(mask: Tensor) -> Tensor:
    """A mask of `nn.MultiheadAttention`, where true means hidden, as 0 and −inf; float masks are returned unchanged."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(mask, float("-inf"))
