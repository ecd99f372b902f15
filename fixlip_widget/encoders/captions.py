"""From a caption to token ids, and the text of each player."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

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
