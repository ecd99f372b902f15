"""The words the bundled encoder knows, other words for them, and a tokenizer that refuses the rest."""

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
# Another word → the word of the lexicon that stands for it.
SYNONYMS: dict[str, str] = {other: word for word, others in _SYNONYMS.items() for other in others.split()} | {
    plural: word for word, plural in PLURALS.items()
}

_SEPARATORS = re.compile(r"[\s.,;:!?…\"“”()–—-]+")
_PADDING, _START = 0, 1


class DemoTokenizer:
    """open_clip's own BPE, restricted to the lexicon, of which every word is one of its tokens, and renumbered.

    Padding is 0, the start mark 1, and the end mark the largest id, because open_clip pools a caption at its
    largest id. Plurals and synonyms are read as the word that stands for them, and shown as they were written.
    """

    context_length = CONTEXT_LENGTH

    def __init__(self) -> None:
        bpe = SimpleTokenizer()
        order = sorted(WORDS, key=lambda word: bpe.encode(word))
        self._ids = {word: _START + 1 + rank for rank, word in enumerate(order)}
        self._end = _START + 1 + len(WORDS)

    @property
    def vocab_size(self) -> int:
        """Number of ids, padding and marks included."""
        return self._end + 1

    def __call__(self, caption: str) -> tuple[list[int], list[str]]:
        """Ids from the start mark to the end mark, and the text of each token between them.

        Case and punctuation do not matter. Raises InputError for a caption without words, with an unknown word, or
        longer than the context.
        """
        words = [word for word in _SEPARATORS.split(caption.lower()) if word]
        if not words:
            raise InputError(f"The caption {caption!r} has no words; write one such as 'a red cat'.")
        room = self.context_length - 2
        if len(words) > room:
            raise InputError(f"The caption has {len(words)} tokens but {room} fit; please shorten it.")
        return [_START, *(self._id(word) for word in words), self._end], words

    def _id(self, word: str) -> int:
        known = SYNONYMS.get(word, word)
        if known not in self._ids:
            raise InputError(_unknown(word))
        return self._ids[known]

    def padded(self, caption: str) -> list[int]:
        """The ids of a caption, filled with padding up to the context length."""
        ids, _ = self(caption)
        return ids + [_PADDING] * (self.context_length - len(ids))


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, (*WORDS, *SYNONYMS), n=3, cutoff=0.5)
    known = " or ".join(f"'{w}'" for w in near)
    advice = f"the nearest words it knows are {known}" if near else f"it knows {', '.join(WORDS)}"
    return f"The bundled encoder does not know the word {word!r}; {advice}."
