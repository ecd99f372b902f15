"""Attention written out, with probabilities that gradients reach, whatever module asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.masked_inputs import MaskedPatches, MaskedWords
from fixlip_widget.errors import InputError


@dataclass(frozen=True)
class Attended:
    """One attention: H heads, Q queries, L keys, head width w."""

    query: Tensor  # (b, H, Q, w)
    key: Tensor  # (b, H, L, w)
    value: Tensor  # (b, H, L, w)
    probabilities: Tensor  # (b, H, Q, L), each row sums to 1
    output: Tensor  # (b, H, Q, w), before the output projection


class ExplicitAttention(TorchFunctionMode):
    """A context in which attention is computed as softmax(QKᵀ/√w)V, step by step, and written down in `attended`.

    torch tells this context of every call to its fused attention and to that of `nn.MultiheadAttention`; open_clip,
    timm and transformers all end in one of the two. No module is touched, so there is nothing to restore, and other
    threads do not notice.

    Args:
        noting: whether to write down, which keeps everything in memory.
        rooted: gradients begin at the probabilities of the first attention, if they have not begun before.
        num_heads: 1 computes attentions with one head as wide as all, which changes the model.
        spared: how many of the first attentions keep their own number of heads.
    """

    def __init__(
        self, *, noting: bool = True, rooted: bool = False, num_heads: int | None = None, spared: int = 0
    ) -> None:
        super().__init__()
        self.attended: list[Attended] = []
        self._noting, self._rooted, self._num_heads, self._spared = noting, rooted, num_heads, spared

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func is F.scaled_dot_product_attention:
            return self._attend(*args, **kwargs or {})
        if func is F.multi_head_attention_forward:
            return self._multi_head(*args, **kwargs or {})
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
        """In place of `F.scaled_dot_product_attention`: (b, H, Q, w) → (b, H, Q, w); dropout is for training."""
        heads = query.shape[1]
        if self._num_heads is not None and len(self.attended) >= self._spared:
            query, key, value = (split(merged(part), self._num_heads) for part in (query, key, value))
            scale = None
        scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)  # (b, H, Q, L)
        if is_causal:
            attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()  # (Q, L)
        if attn_mask is not None:
            # One head takes the mask of the first: in these towers all heads share one.
            mask = attn_mask[:, : scores.shape[1]] if attn_mask.ndim == 4 else attn_mask
            scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask
        probabilities = scores.softmax(dim=-1)  # (b, H, Q, L)
        if self._rooted and not probabilities.requires_grad:
            probabilities.requires_grad_()
        output = probabilities @ value  # (b, H, Q, w)
        if self._noting:
            self.attended.append(Attended(query, key, value, probabilities, output))
        return output if output.shape[1] == heads else split(merged(output), heads)

    def _multi_head(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        width: int,
        num_heads: int,
        in_proj_weight: Tensor | None,
        in_proj_bias: Tensor | None,
        bias_k: None,
        bias_v: None,
        add_zero_attn: bool,
        dropout_p: float,
        out_proj_weight: Tensor,
        out_proj_bias: Tensor | None,
        attn_mask: Tensor | None = None,
        key_padding_mask: Tensor | None = None,
        **rest: Any,
    ) -> tuple[Tensor, None]:
        """In place of `F.multi_head_attention_forward`, sequence first: (Q, b, width) → (Q, b, width), no weights."""
        if in_proj_weight is None:
            weights = [rest[f"{name}_proj_weight"] for name in "qkv"]
        else:
            weights = list(in_proj_weight.chunk(3))
        biases = [None] * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = (
            split(F.linear(source, weight, bias).transpose(0, 1), num_heads)
            for source, weight, bias in zip((query, key, value), weights, biases, strict=True)
        )  # (b, H, L, w) each
        mask = None if attn_mask is None else _additive(attn_mask)  # (Q, L) or (b · H, Q, L)
        if mask is not None and mask.ndim == 3:
            mask = mask.reshape(-1, num_heads, *mask.shape[1:])  # (b, H, Q, L)
        if key_padding_mask is not None:
            hidden = _additive(key_padding_mask)[:, None, None, :]  # (b, 1, 1, L)
            mask = hidden if mask is None else mask + hidden
        output = merged(self._attend(q, k, v, mask))  # (b, Q, width)
        return F.linear(output.transpose(0, 1), out_proj_weight, out_proj_bias), None


def split(tokens: Tensor, count: int) -> Tensor:
    """(b, L, count · w) → (b, count, L, w): a part for each head."""
    return tokens.reshape(*tokens.shape[:2], count, -1).transpose(1, 2)


def merged(heads: Tensor) -> Tensor:
    """(b, H, L, w) → (b, L, H · w): the heads side by side."""
    return heads.transpose(1, 2).flatten(2)


def _additive(mask: Tensor) -> Tensor:
    """A mask as `nn.MultiheadAttention` takes it, where true means hidden, as 0 and −inf; others as they are."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, device=mask.device).masked_fill_(mask, float("-inf"))


@dataclass(frozen=True)
class Side:
    """One image or caption, everything kept, in front of its tower."""

    encode: Callable[[Tensor], Tensor]  # whatever the tower takes → embeddings (b, d), not normalised
    given: Tensor  # patches (1, P, width) or token ids (1, L)
    blank: Tensor  # the same with nothing kept: what hidden patches show, padding in the place of words
    n_players: int
    after: int  # how many tokens follow the players in the tower's sequence
    tower: object  # its modules are in its attributes

    def players(self, length: int) -> slice:
        """Where the players are in a sequence of so many tokens."""
        if length < self.n_players + self.after:
            raise InputError("This model merges its tokens on the way, so they cannot be told apart; use fixlip.")
        return slice(length - self.after - self.n_players, length - self.after)


@dataclass(frozen=True)
class Watched:
    """A side's embedding, and every attention on the way, from which gradients can be taken."""

    embedding: Tensor  # (1, d), not normalised
    attended: list[Attended]
    players: slice
    rows: Tensor | None
    """(R,) the positions whose mean is the embedding: the class token, the end mark, or all patches. None where the
    embedding is read by an attention of its own, which is then the last."""


def watch(side: Side, num_heads: int | None = None, last: int = 1) -> Watched:
    """Send the input through its tower; `num_heads` is forced upon the `last` attentions."""
    spared = 0 if num_heads is None else max(0, len(watch(side).attended) - last)
    seen = ExplicitAttention(rooted=True, num_heads=num_heads, spared=spared)
    with seen:
        embedding = side.encode(side.given.clone())  # (1, d)
    if not seen.attended:
        raise InputError("This model's attention cannot be seen; use a method that only asks it, such as fixlip.")
    queries, length = seen.attended[-1].probabilities.shape[-2:]
    rows = None
    if queries == length:
        (reach,) = torch.autograd.grad(embedding.norm(), seen.attended[-1].output, retain_graph=True)  # (1, H, L, w)
        rows = reach.ne(0).any(dim=3).any(dim=1)[0].nonzero()[:, 0]  # (R,)
    return Watched(embedding, seen.attended, side.players(length), rows)


def open_side(source: MaskedInput) -> Side:
    """An image or a caption of one of the library's own encoders; InputError for others, whose inside is not known."""
    if isinstance(source, MaskedPatches):
        return _image(source)
    if isinstance(source, MaskedWords):
        return _text(source)
    raise InputError(
        f"The inside of a {type(source).__name__} is not known to this method; use one that only asks the encoder, "
        "such as fixlip."
    )


def _image(source: MaskedPatches) -> Side:
    tower = source.tower
    return Side(tower.encode, source.kept, source.blank, source.n_players, 0, tower)


def _text(source: MaskedWords) -> Side:
    tower, (before, after) = source.tower, source.around

    def encode(ids: Tensor) -> Tensor:
        return tower.encode(ids, torch.ones_like(ids, dtype=torch.bool))

    ids = source.ids[None]  # (1, L)
    blank = ids.clone()
    blank[:, before : before + source.n_players] = source.pad
    return Side(encode, ids, blank, source.n_players, after, tower)
