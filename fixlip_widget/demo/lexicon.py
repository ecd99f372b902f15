"""The vocabulary of the bundled encoder, its synonyms, and its tokenizer."""

import difflib
import re

from open_clip import SimpleTokenizer

from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.errors import InputError

CONTEXT_LENGTH = 24
_GRAMMAR = (
    *("a", "the", "and", "with", "is", "there", "here", "picture", "of", "something", "thing"),
    *("at", "in", "on", "to", "top", "bottom", "left", "right", "above", "below", "under", "over"),
)
WORDS: tuple[str, ...] = (*THINGS, *COLOURS, *_GRAMMAR)

_SYNONYMS = {
    "circle": "disc disk dot ball",
    "cross": "plus",
    "ring": "hoop",
    "moon": "crescent",
    "cat": "kitten kitty",
    "tree": "pine",
    "house": "home hut cottage",
    "car": "automobile",
    "boat": "ship sailboat",
    "flower": "blossom daisy",
    "cup": "mug",
    "red": "scarlet crimson",
    "purple": "violet",
    "pink": "rosy",
    "thing": "object shape",
    "picture": "image photo painting drawing",
    "a": "an",
    "is": "are lies stands",
    "the": "this that",
    "top": "upper",
    "bottom": "lower",
    "under": "beneath underneath",
}
PLURALS = {"cross": "crosses", "fish": "fishes"} | {
    thing: f"{thing}s" for thing in (*THINGS, "thing", "picture") if thing not in ("cross", "fish")
}
SYNONYMS: dict[str, str] = {other: word for word, others in _SYNONYMS.items() for other in others.split()} | {
    plural: word for word, plural in PLURALS.items()
}
"""Synonyms and plurals → the word of WORDS whose id they have."""

_SEPARATORS = re.compile(r"[\s.,;:!?…\"“”()–—-]+")
_PADDING, _START = 0, 1


class DemoTokenizer:
    """One id for each word of WORDS, in the order of their ids in open_clip's BPE, where each is one token.

    Padding is 0, the start token 1, and the end token the largest id, because open_clip pools a caption at its
    largest id. Plurals and synonyms get the id of the word they stand for, and are displayed as they were written.
    """

    context_length = CONTEXT_LENGTH
    words = WORDS

    def __init__(self) -> None:
        bpe = SimpleTokenizer()
        order = sorted(WORDS, key=lambda word: bpe.encode(word))
        self._ids = {word: _START + 1 + rank for rank, word in enumerate(order)}
        self._end = _START + 1 + len(WORDS)

    @property
    def vocab_size(self) -> int:
        """Number of ids, with padding, start and end."""
        return self._end + 1

    def __call__(self, caption: str) -> tuple[list[int], list[str]]:
        """Ids with start and end token, and the words between them; case and punctuation are ignored.

        Raises:
            InputError: for a caption without words, with an unknown word, or longer than the context.
        """
        words = [word for word in _SEPARATORS.split(caption.lower()) if word]
        if not words:
            raise InputError(f"The caption {caption!r} has no words; write one such as 'a red cat'.")
        max_words = self.context_length - 2
        if len(words) > max_words:
            raise InputError(
                f"The caption has {len(words)} tokens, but the bundled encoder reads at most {max_words}; shorten it."
            )
        return [_START, *(self._id(word) for word in words), self._end], words

    def _id(self, word: str) -> int:
        canonical = SYNONYMS.get(word, word)
        if canonical not in self._ids:
            raise InputError(_unknown_word_message(word))
        return self._ids[canonical]

    def padded(self, caption: str) -> list[int]:
        """The ids of a caption, filled with padding up to the context length."""
        ids, _ = self(caption)
        return ids + [_PADDING] * (self.context_length - len(ids))


def _unknown_word_message(word: str) -> str:
    matches = difflib.get_close_matches(word, (*WORDS, *SYNONYMS), n=3, cutoff=0.5)
    advice = f"use {' or '.join(map(repr, matches))}" if matches else f"its words are {', '.join(WORDS)}"
    return f"The bundled encoder does not know the word {word!r}; {advice}."
