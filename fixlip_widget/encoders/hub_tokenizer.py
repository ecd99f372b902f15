"""Tokenizers of transformers, fast and slow, as readers of captions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from fixlip_widget.encoders.captions import Reading, check_length, spell
from fixlip_widget.errors import InputError

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
