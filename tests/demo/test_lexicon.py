import contextlib

import open_clip
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, PLURALS, SYNONYMS, WORDS, DemoTokenizer
from fixlip_widget.errors import InputError

TOKENIZER = DemoTokenizer()


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=CONTEXT_LENGTH - 2))
def test_the_players_spell_the_caption(words: list[str]) -> None:
    ids, players = TOKENIZER(" ".join(words))
    assert players == words
    assert len(ids) == len(words) + 2
    assert ids[0] == 1
    assert ids[-1] == TOKENIZER.vocab_size - 1 > max(ids[:-1])
    assert 0 not in ids


def test_words_have_their_own_ids() -> None:
    ids = {word: tuple(TOKENIZER(word)[0][1:-1]) for word in WORDS}
    assert len(set(ids.values())) == len(WORDS)


def test_case_and_punctuation_do_not_matter() -> None:
    assert TOKENIZER("  A RED cat,\ta “Blue” house!\n") == TOKENIZER("a red cat a blue house")


def test_every_word_is_one_token_of_the_bpe() -> None:
    bpe = open_clip.get_tokenizer("ViT-B-32")
    assert all(len(bpe.encode(word)) == 1 for word in WORDS)


def test_plurals_and_synonyms_are_read_but_shown_as_written() -> None:
    ids, players = TOKENIZER("Scarlet cats beneath the violet ship")
    assert ids == TOKENIZER("red cat under the purple boat")[0]
    assert players == ["scarlet", "cats", "beneath", "the", "violet", "ship"]
    assert not set(SYNONYMS) & set(WORDS)
    assert set(SYNONYMS.values()) <= set(WORDS)
    assert PLURALS["fish"] == "fishes"


def test_padding_fills_the_context() -> None:
    assert TOKENIZER.padded("a red cat") == [*TOKENIZER("a red cat")[0], *[0] * (CONTEXT_LENGTH - 5)]


@pytest.mark.parametrize("caption", ["", "   ", "…!, .", "?"])
def test_a_caption_needs_words(caption: str) -> None:
    with pytest.raises(InputError, match="no words"):
        TOKENIZER(caption)


def test_an_unknown_word_is_named_with_its_neighbours() -> None:
    with pytest.raises(InputError, match=r"'greeen'.* 'green'"):
        TOKENIZER("a greeen cat")
    with pytest.raises(InputError, match=r"'zzz'.*circle"):
        TOKENIZER("a zzz")


def test_a_long_caption_is_told_what_fits() -> None:
    with pytest.raises(InputError, match="25 tokens but 22 fit"):
        TOKENIZER(" ".join(["red"] * 25))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InputError):
        ids, players = TOKENIZER(text)
        assert len(ids) == len(players) + 2
