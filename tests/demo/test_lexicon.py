"""The vocabulary and the tokenizer of the bundled encoder."""

import contextlib

import open_clip
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, PLURALS, SYNONYMS, WORDS, DemoTokenizer
from fixlip_widget.errors import InputError

TOKENIZER = DemoTokenizer()


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=CONTEXT_LENGTH - 2))
def test_tokens_are_the_words_of_the_caption(words: list[str]) -> None:
    ids, tokens = TOKENIZER(" ".join(words))
    assert tokens == words
    assert len(ids) == len(words) + 2
    assert ids[0] == 1
    assert ids[-1] == TOKENIZER.vocab_size - 1 > max(ids[:-1])
    assert 0 not in ids


def test_words_have_distinct_ids() -> None:
    ids = {word: tuple(TOKENIZER(word)[0][1:-1]) for word in WORDS}
    assert len(set(ids.values())) == len(WORDS)


def test_case_and_punctuation_are_ignored() -> None:
    assert TOKENIZER("  A RED cat,\ta “Blue” house!\n") == TOKENIZER("a red cat a blue house")


def test_every_word_is_one_token_of_the_bpe() -> None:
    bpe = open_clip.get_tokenizer("ViT-B-32")
    assert all(len(bpe.encode(word)) == 1 for word in WORDS)


def test_plurals_and_synonyms_have_the_id_of_their_word_and_their_own_text() -> None:
    ids, tokens = TOKENIZER("Scarlet cats beneath the violet ship")
    assert ids == TOKENIZER("red cat under the purple boat")[0]
    assert tokens == ["scarlet", "cats", "beneath", "the", "violet", "ship"]
    assert not set(SYNONYMS) & set(WORDS)
    assert set(SYNONYMS.values()) <= set(WORDS)
    assert PLURALS["fish"] == "fishes"


def test_padding_fills_the_context() -> None:
    assert TOKENIZER.padded("a red cat") == [*TOKENIZER("a red cat")[0], *[0] * (CONTEXT_LENGTH - 5)]


@pytest.mark.parametrize("caption", ["", "   ", "…!, .", "?"])
def test_captions_without_words_are_errors(caption: str) -> None:
    with pytest.raises(InputError, match="no words"):
        TOKENIZER(caption)


def test_unknown_words_are_errors_with_suggestions() -> None:
    with pytest.raises(InputError, match=r"does not know the word 'greeen'; use 'green'"):
        TOKENIZER("a greeen cat")
    with pytest.raises(InputError, match=r"does not know the word 'zzz'; its words are circle, "):
        TOKENIZER("a zzz")


def test_long_captions_are_errors() -> None:
    with pytest.raises(InputError, match="has 25 tokens, but the bundled encoder reads at most 22; shorten it"):
        TOKENIZER(" ".join(["red"] * 25))


@given(st.text())
def test_any_text_is_tokenized_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        ids, tokens = TOKENIZER(text)
        assert len(ids) == len(tokens) + 2
