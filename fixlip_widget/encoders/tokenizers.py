"""From a caption to token ids, and the text of each player."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple, Protocol

from open_clip.tokenizer import SimpleTokenizer

from fixlip_widget.errors import InputError

SPACE = "␣"  # what a token is called that is nothing but space


class Reading(NamedTuple):
    """A caption as a text tower takes it; its players are the tokens in a row that start at `lead`."""

    ids: list[int]
    """With the marks of start and end, and with padding where the tower sees it."""
    tokens: list[str]
    """What to call each player."""
    lead: int = 1
    """Tokens before the first player."""
    pad: int = 0
    """The id that stands for nothing."""
    words: list[tuple[str, int]] | None = None
    """The words, and of how many players each is made; None where every player is a word."""


class CaptionTokenizer(Protocol):
    """What an encoder needs of a tokenizer."""

    @property
    def context_length(self) -> int:
        """How many positions the text tower has, start and end included."""

    def __call__(self, caption: str) -> Reading | tuple[list[int], list[str]]:
        """Ids with start and end, and the text of the players between them; InputError where it does not fit."""


class BpeTokenizer:
    """CLIP's byte-pair tokenizer, which refuses where the original silently cuts off.

    With `padded`, ids are filled up with zeros to the context's length, for towers that see them.
    """

    def __init__(self, tokenizer: SimpleTokenizer, context_length: int, *, padded: bool = False) -> None:
        self._tokenizer = tokenizer
        self._padded = padded
        self.context_length = context_length

    def __call__(self, caption: str) -> Reading:
        """Ids with start and end, and one piece of text per id between them."""
        text = self._tokenizer.clean_fn(caption)
        ids = self._tokenizer.encode(caption)
        if any(i >= self._tokenizer.sot_token_id for i in ids):
            raise InputError(f"The caption {caption!r} spells a special token of the model; leave it out.")
        check_length(caption, len(ids), self.context_length - 2)
        tokens, words = spell(text, self._spans(text, ids))
        marked = [self._tokenizer.sot_token_id, *ids, self._tokenizer.eot_token_id]
        padding = [0] * (self.context_length - len(marked)) if self._padded else []
        return Reading(marked + padding, tokens, words=words)

    def _spans(self, text: str, ids: list[int]) -> Iterable[tuple[int, int]]:
        """Where each token stands in the text: its bytes are those of the text in order, but for the spaces."""
        place = [i for i, letter in enumerate(text) if not letter.isspace() for _ in letter.encode()]
        stop = 0
        for i in ids:
            start, stop = stop, stop + len(self._tokenizer.decoder[i].removesuffix("</w>"))
            yield place[start], place[stop - 1] + 1


def check_length(caption: str, n_tokens: int, room: int) -> None:
    """InputError where a caption has no tokens, or more than fit between start and end."""
    if n_tokens == 0:
        raise InputError(f"The caption {caption!r} is empty; write a few words about the image.")
    if n_tokens > room:
        raise InputError(f"The caption has {n_tokens} tokens, but this model reads at most {room}; shorten it.")


def spell(text: str, spans: Iterable[tuple[int, int]]) -> tuple[list[str], list[tuple[str, int]]]:
    """Where tokens stand in a text → what to call each, and the words with the number of tokens in each.

    A token that is part of a character is called by the whole of it. Words end at spaces, and on either side of a
    character of a script that has none.
    """
    tokens: list[str] = []
    words: list[tuple[int, int, int]] = []  # start, stop, number of tokens
    for start, stop in spans:
        inner = text[start:stop]
        left = start + len(inner) - len(inner.lstrip())
        right = left + len(inner.strip())
        tokens.append(text[left:right] or SPACE)
        if words and not _parts(text, words[-1], left):
            first, last, count = words[-1]
            words[-1] = first, max(last, right), count + 1
        else:
            words.append((left, right, 1))
    return tokens, [(text[start:stop] or SPACE, count) for start, stop, count in words]


def _parts(text: str, word: tuple[int, int, int], start: int) -> bool:
    """Whether a token that starts here begins a new word."""
    begin, end, _ = word
    if start < end or begin == end == start:
        return False
    return (
        any(map(str.isspace, text[end:start])) or _stands_alone(text[end - 1]) or _stands_alone(text[start : start + 1])
    )


def _stands_alone(letter: str) -> bool:
    """Kana and ideographs, which are written without spaces."""
    return "\u3040" <= letter <= "\u30ff" or "\u3400" <= letter <= "\u9fff" or "\U00020000" <= letter <= "\U0003ffff"


MARKS = ("▁", "Ġ", "</w>")  # what stands for the space before a word, or for its end


class HubTokenizer:
    """A tokenizer of transformers with the marks and the padding that its model was trained with.

    Args:
        tokenizer: of transformers.
        context_length: how many positions the text tower has.
        padded: whether ids are filled up to them, because the tower sees the padding.
        clean: what is done to a caption before.
        blank: ids that are replaced by 0, as some models were trained without them.
    """

    def __init__(
        self,
        tokenizer: Any,
        context_length: int,
        *,
        padded: bool,
        clean: Callable[[str], str] = str,
        blank: frozenset[int] = frozenset(),
    ) -> None:
        self._tokenizer, self._clean, self._padded, self._blank = tokenizer, clean, padded, blank
        self.context_length = context_length
        self._n_marks = sum(self._encode("")["special_tokens_mask"])  # sentencepiece makes a piece of nothing, too
        pad = tokenizer.pad_token_id
        # Where the end mark doubles as padding, one in the place of a word would be taken for the end.
        self._pad = 0 if pad is None or (pad == tokenizer.eos_token_id and not padded) else int(pad)

    def __call__(self, caption: str) -> Reading:
        """Ids with their marks, and the text of each player; InputError where it does not fit."""
        text = self._clean(caption)
        encoded = self._encode(text)
        lowered = text.lower()
        if text != lowered and (same := self._encode(lowered))["input_ids"] == encoded["input_ids"]:
            text, encoded = lowered, same  # as the model reads it
        ids: list[int] = encoded["input_ids"]
        players = [place for place, mark in enumerate(encoded["special_tokens_mask"]) if not mark]
        self._check(caption, [ids[place] for place in players], len(ids) - len(players))
        if self._tokenizer.is_fast:
            tokens, words = spell(text, [encoded["offset_mapping"][place] for place in players])
        else:
            tokens, words = spell(*_piece_together(self._tokenizer.tokenize(text)))
        ids = [0 if i in self._blank else i for i in ids]
        lead = players[0]
        padding = [self._pad] * (self.context_length - len(ids)) if self._padded else []
        if self._tokenizer.padding_side == "left":
            return Reading(padding + ids, tokens, len(padding) + lead, self._pad, words)
        return Reading(ids + padding, tokens, lead, self._pad, words)

    def _encode(self, text: str) -> Any:
        return self._tokenizer(
            text, return_special_tokens_mask=True, return_offsets_mapping=self._tokenizer.is_fast, verbose=False
        )

    def _check(self, caption: str, ids: list[int], n_marks: int) -> None:
        check_length(caption, len(ids) if caption.strip() else 0, self.context_length - self._n_marks)
        unknown = {self._tokenizer.unk_token_id} - {self._tokenizer.eos_token_id}  # no mark, unless CLIP's
        special = {*self._tokenizer.all_special_ids} - unknown
        if n_marks != self._n_marks or special.intersection(ids):
            raise InputError(f"The caption {caption!r} spells a special token of the model; leave it out.")


def _piece_together(pieces: Iterable[str]) -> tuple[str, list[tuple[int, int]]]:
    """Pieces of words with their marks → the text, and where each piece stands in it."""
    text, spans = "", []
    for piece in pieces:
        start = len(text)
        text += reduce(lambda name, mark: name.replace(mark, " "), MARKS, piece)
        spans.append((start, len(text)))
    return text, spans
