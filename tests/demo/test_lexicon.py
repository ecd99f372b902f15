"""The vocabulary of the bundled encoder and its tokenizer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, PLURALS, SYNONYMS, WORDS, DemoTokenizer
from fixlip_widget.demo.things import THINGS
from fixlip_widget.errors import InputError

TOKENIZER = DemoTokenizer()


def test_ids_are_distinct_and_between_the_start_and_the_end() -> None:
    ids = [TOKENIZER(word)[0] for word in WORDS]
    assert {start for start, _, _ in ids} == {1}
    assert {end for _, _, end in ids} == {TOKENIZER.vocab_size - 1}
    assert sorted(id_ for _, id_, _ in ids) == list(range(2, TOKENIZER.vocab_size - 1))


def test_things_are_single_words_that_are_told_apart() -> None:
    assert len(THINGS) >= 300
    assert len(set(WORDS)) == len(WORDS)
    assert all(thing.isalpha() and thing.islower() for thing in THINGS)


def test_plurals_and_synonyms_have_the_id_of_their_word_and_their_own_text() -> None:
    ids, tokens = TOKENIZER("Scarlet kitties? An ALIEN, foxes & mice".replace("&", "and").replace("kitties", "kitty"))
    assert ids == TOKENIZER("red cat a alien fox and mouse")[0]
    assert tokens == ["scarlet", "kitty", "an", "alien", "foxes", "and", "mice"]
    assert not set(SYNONYMS) & set(WORDS)
    assert set(SYNONYMS.values()) <= set(WORDS)
    assert all(SYNONYMS[plural] == thing for thing, plural in PLURALS.items())
    assert [PLURALS[thing] for thing in ("fox", "butterfly", "donkey", "wolf")] == [
        *("foxes", "butterflies", "donkeys", "wolves")
    ]


@pytest.mark.parametrize("caption", ["", "   ", "…!, .", "?"])
def test_captions_without_words_are_errors(caption: str) -> None:
    with pytest.raises(InputError, match="no words"):
        TOKENIZER(caption)


def test_unknown_words_are_errors_with_the_nearest_words() -> None:
    with pytest.raises(InputError, match="does not know the word 'rockett'; use 'rocket' or 'rockets'"):
        TOKENIZER("a rockett")
    with pytest.raises(InputError, match="does not know the word 'zzzz'; its words are things, colours and places"):
        TOKENIZER("a zzzz")


def test_long_captions_are_errors() -> None:
    with pytest.raises(InputError, match="has 25 tokens, but the bundled encoder reads at most 24; shorten it"):
        TOKENIZER(" ".join(["red"] * 25))


@given(st.text())
def test_any_text_is_tokenized_or_an_input_error(text: str) -> None:
    with contextlib.suppress(InputError):
        ids, tokens = TOKENIZER(text)
        assert len(ids) == len(tokens) + 2 <= CONTEXT_LENGTH
