"""An image or a caption in front of its tower, and what can be seen of it on the way through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.baselines.attention import Attended, ExplicitAttention
from fixlip_widget.encoders import MaskedInput
from fixlip_widget.encoders.masked import MaskedPatches, MaskedWords
from fixlip_widget.errors import InputError


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
