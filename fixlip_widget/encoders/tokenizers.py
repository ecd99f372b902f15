"""Tokenizers: from a caption to token ids, the names of its players, and the words that they form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any, NamedTuple, Protocol

from open_clip.tokenizer import SimpleTokenizer

from fixlip_widget.errors import InputError

SPACE = "␣"
"""The name of a token that is only white space."""
WORD_MARKS = ("▁", "Ġ", "</w>")
"""Strings inside tokens that stand for the space before a word, or for its end."""

TRUNCATES = "long captions truncated"
"""What a model card line says of a tokenizer that truncates."""

Span = tuple[int, int]
"""Start and stop of a token in the text."""


class TokenizedCaption(NamedTuple):
    """A caption as a text tower takes it; its players are consecutive tokens from `offset` on."""

    ids: list[int]
    """With start and end tokens, and with padding where the tower attends to it."""
    tokens: list[str]
    """Name of each player."""
    offset: int = 1
    """Position of the first player."""
    pad: int = 0
    """The padding id."""
    words: list[tuple[str, int]] | None = None
    """The words, each with its number of players; None where every player is a word."""
    truncated: str | None = None
    """The part that was kept of a caption that was too long; None for whole captions."""


class CaptionTokenizer(Protocol):
    """What an encoder needs of a tokenizer."""

    @property
    def context_length(self) -> int:
        """Positions of the text tower, start and end tokens included."""

    def __call__(self, caption: str) -> TokenizedCaption | tuple[list[int], list[str]]:
        """Ids with start and end tokens, and the names of the players between them; InputError where it is too long."""


class BpeTokenizer:
    """CLIP's byte-pair tokenizer.

    Args:
        tokenizer: a tokenizer of open_clip.
        context_length: positions of the text tower.
        padded: whether ids are padded with zeros to the context length, for towers that attend to the padding.
        truncate: whether captions that are too long are cut, as the original cuts them, and not refused.
    """

    def __init__(
        self, tokenizer: SimpleTokenizer, context_length: int, *, padded: bool = False, truncate: bool = False
    ) -> None:
        self._tokenizer = tokenizer
        self._padded = padded
        self.context_length, self.truncate = context_length, truncate

    def __call__(self, caption: str) -> TokenizedCaption:
        """Ids with start and end tokens, and one name for each id between them."""
        text = self._tokenizer.clean_fn(caption)
        ids = self._tokenizer.encode(caption)
        if any(i >= self._tokenizer.sot_token_id for i in ids):
            raise InputError(f"The caption {caption!r} spells a special token of the model; leave it out.")
        room = self.context_length - 2
        kept = ids[:room] if self.truncate else ids
        check_length(caption, len(kept), room)
        spans = list(self._spans(text, kept))
        tokens, words = name_tokens(text, spans)
        truncated = _part(text, spans) if len(kept) < len(ids) else None
        all_ids = [self._tokenizer.sot_token_id, *kept, self._tokenizer.eot_token_id]
        padding = [0] * (self.context_length - len(all_ids)) if self._padded else []
        return TokenizedCaption(all_ids + padding, tokens, words=words, truncated=truncated)

    def _spans(self, text: str, ids: list[int]) -> Iterable[Span]:
        """Where each token is in the text: the tokens' bytes are those of the text without its white space."""
        position = [i for i, character in enumerate(text) if not character.isspace() for _ in character.encode()]
        stop = 0
        for i in ids:
            start, stop = stop, stop + len(self._tokenizer.decoder[i].removesuffix("</w>"))
            yield position[start], position[stop - 1] + 1


class TransformersTokenizer:
    """A tokenizer of transformers, with the special tokens and the padding of the model's training.

    Args:
        tokenizer: a tokenizer of transformers, fast or slow.
        context_length: positions of the text tower.
        padded: whether ids are padded to them, for towers that attend to the padding.
        clean: applied to a caption first.
        zeroed_ids: ids that are replaced by 0, for models that were trained without them.
        truncate: whether captions that are too long are cut, as `tokenizer` cuts them, and not refused.
    """

    def __init__(
        self,
        tokenizer: Any,
        context_length: int,
        *,
        padded: bool,
        clean: Callable[[str], str] = str,
        zeroed_ids: frozenset[int] = frozenset(),
        truncate: bool = False,
    ) -> None:
        self._tokenizer, self._clean, self._padded, self._zeroed_ids = tokenizer, clean, padded, zeroed_ids
        self.context_length, self.truncate = context_length, truncate
        self._n_special = sum(self._encode("")["special_tokens_mask"])  # sentencepiece encodes "" as a token, too
        pad = tokenizer.pad_token_id
        # Where the end token doubles as padding, the tower would pool at a padded player.
        self._pad = 0 if pad is None or (pad == tokenizer.eos_token_id and not padded) else int(pad)

    def __call__(self, caption: str) -> TokenizedCaption:
        """Ids with special tokens, and the name of each player; InputError where it is too long."""
        text = self._clean(caption)
        encoded = self._encode(text)
        lowered = text.lower()
        if text != lowered and (same := self._encode(lowered))["input_ids"] == encoded["input_ids"]:
            text, encoded = lowered, same  # the model reads lower case, so the names show it
        if is_cut := self.truncate and len(encoded["input_ids"]) > self.context_length:
            encoded = self._encode(text, truncation=True, max_length=self.context_length)
        ids: list[int] = encoded["input_ids"]
        players = [position for position, special in enumerate(encoded["special_tokens_mask"]) if not special]
        self._check(caption, [ids[position] for position in players], len(ids) - len(players))
        if self._tokenizer.is_fast:
            spans = [encoded["offset_mapping"][position] for position in players]
        else:
            text, spans = _join_pieces(self._tokenizer.tokenize(text)[: len(players)])
        tokens, words = name_tokens(text, spans)
        truncated = _part(text, spans) if is_cut else None
        ids = [0 if i in self._zeroed_ids else i for i in ids]
        offset = players[0]
        padding = [self._pad] * (self.context_length - len(ids)) if self._padded else []
        if self._tokenizer.padding_side == "left":
            return TokenizedCaption(padding + ids, tokens, len(padding) + offset, self._pad, words, truncated)
        return TokenizedCaption(ids + padding, tokens, offset, self._pad, words, truncated)

    def _encode(self, text: str, **truncation: Any) -> Any:
        return self._tokenizer(
            text,
            return_special_tokens_mask=True,
            return_offsets_mapping=self._tokenizer.is_fast,
            verbose=False,
            **truncation,
        )

    def _check(self, caption: str, ids: list[int], n_special: int) -> None:
        check_length(caption, len(ids) if caption.strip() else 0, self.context_length - self._n_special)
        unknown = {self._tokenizer.unk_token_id} - {self._tokenizer.eos_token_id}  # CLIP's end token is also unknown
        special = {*self._tokenizer.all_special_ids} - unknown
        if n_special != self._n_special or special.intersection(ids):
            raise InputError(f"The caption {caption!r} spells a special token of the model; leave it out.")


def has_own_code(tokenizer: Any) -> bool:
    """Whether a tokenizer of transformers stands in for one that its repository defines in code."""
    return "AutoTokenizer" in (tokenizer.init_kwargs.get("auto_map") or {})


def check_length(caption: str, n_tokens: int, maximum: int) -> None:
    """Raise InputError where a caption has no tokens, or more than the maximum between start and end."""
    if n_tokens == 0:
        raise InputError(f"The caption {caption!r} is empty; write a few words about the image.")
    if n_tokens > maximum:
        raise InputError(
            f"The caption has {n_tokens} tokens, but this model reads at most {maximum}; shorten it, or load the model "
            "with truncate=True."
        )


def name_tokens(text: str, spans: Iterable[Span]) -> tuple[list[str], list[tuple[str, int]]]:
    """From the spans of tokens in a text to the name of each token, and to the words with their numbers of tokens.

    A token that is part of a character is named by the whole character. Words end at white space, and before and after
    every character of a script that is written without it.
    """
    tokens: list[str] = []
    words: list[tuple[int, int, int]] = []  # start, stop, number of tokens
    for start, stop in spans:
        inner = text[start:stop]
        left = start + len(inner) - len(inner.lstrip())
        right = left + len(inner.strip())
        tokens.append(text[left:right] or SPACE)
        if words and not _starts_word(text, words[-1], left):
            first, last, count = words[-1]
            words[-1] = first, max(last, right), count + 1
        else:
            words.append((left, right, 1))
    return tokens, [(text[start:stop] or SPACE, count) for start, stop, count in words]


def _starts_word(text: str, previous: tuple[int, int, int], start: int) -> bool:
    """Whether a token at `start` begins a new word after the previous one (start, stop, number of tokens)."""
    begin, end, _ = previous
    if start < end or begin == end == start:
        return False
    return (
        any(map(str.isspace, text[end:start])) or _is_unspaced(text[end - 1]) or _is_unspaced(text[start : start + 1])
    )


def _is_unspaced(character: str) -> bool:
    """Whether a character is kana or an ideograph, which are written without spaces."""
    return (
        "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def _part(text: str, spans: list[Span]) -> str:
    """From the first token to the last."""
    return text[spans[0][0] : spans[-1][1]].strip()


def _join_pieces(pieces: Iterable[str]) -> tuple[str, list[Span]]:
    """Tokens with their word marks → the text, and the span of each token in it."""
    text, spans = "", []
    for piece in pieces:
        start = len(text)
        text += reduce(lambda name, mark: name.replace(mark, " "), WORD_MARKS, piece)
        spans.append((start, len(text)))
    return text, spans
