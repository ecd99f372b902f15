"""Captions become players with legible names, whatever the tokenizer does to them."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer

from fixlip_widget.encoders.tokenizers import BpeTokenizer, TokenizedCaption, TransformersTokenizer, name_tokens
from fixlip_widget.errors import InputError
from tests.encoders.checkpoints import clip_tokenizer, gemma_tokenizer, slow_tokenizer, tokenizer

SIMPLE = SimpleTokenizer()
MIXED = "two dogs, 小狗 🐶 next to a Hydrant"


@pytest.fixture(scope="module")
def bpe() -> BpeTokenizer:
    return BpeTokenizer(SIMPLE, 77)


@pytest.fixture(scope="module")
def readers(bpe: BpeTokenizer) -> dict[str, Any]:
    return {
        "open_clip": bpe,
        "CLIP": TransformersTokenizer(clip_tokenizer(), 77, padded=False),
        "sentencepiece": TransformersTokenizer(tokenizer(), 64, padded=True),
        "Gemma": TransformersTokenizer(gemma_tokenizer(), 64, padded=True),
    }


def test_names_are_legible(readers: dict[str, Any]) -> None:
    for name, read in readers.items():
        reading: TokenizedCaption = read(MIXED)
        assert not set("".join(reading.tokens)) & set("▁Ġ\ufffd<>"), name
        assert "🐶" in reading.tokens, name
        assert {"小", "狗", "hydr", "ant"} <= set(reading.tokens), name
        assert reading.words is not None
        names = [text for text, _ in reading.words if text != "␣"]
        assert names == ["two", "dogs,", "小", "狗", "🐶", "next", "to", "a", "hydrant"], name
        assert sum(count for _, count in reading.words) == len(reading.tokens), name


def test_open_clip_and_transformers_read_alike(readers: dict[str, Any]) -> None:
    first, second = readers["open_clip"](MIXED), readers["CLIP"](MIXED)
    assert first == second


@given(st.text(alphabet="aб 小🐶é.!'3", min_size=1, max_size=12).filter(str.strip))
def test_the_bytes_of_every_token_are_found_in_the_text(bpe: BpeTokenizer, caption: str) -> None:
    reading = bpe(caption)
    decoded = [bytearray(SIMPLE.byte_decoder[c] for c in piece) for piece in _pieces(reading)]
    for name, raw in zip(reading.tokens, decoded, strict=True):
        assert bytes(raw) in name.encode(), (caption, name)
    assert "".join(text for text, _ in reading.words or []) == "".join(SIMPLE.clean_fn(caption).split())


def _pieces(reading: TokenizedCaption) -> list[str]:
    decoder = SIMPLE.decoder
    return [decoder[i].removesuffix("</w>") for i in reading.ids[1:-1]]


def test_padding_is_where_the_tower_expects_it() -> None:
    fast = tokenizer()
    right = TransformersTokenizer(fast, 12, padded=True)("a cat")
    assert (right.offset, right.pad, len(right.ids)) == (0, 0, 12)
    assert right.ids[2:] == [1] + [0] * 9
    fast.padding_side = "left"
    left = TransformersTokenizer(fast, 12, padded=True)("a cat")
    assert left.offset == 9
    assert left.ids == [0] * 9 + right.ids[:3]
    cut = TransformersTokenizer(fast, 12, padded=False)("a cat")
    assert cut.ids == right.ids[:3]


def test_an_end_mark_that_doubles_as_padding_is_not_put_in_the_place_of_words() -> None:
    fast = clip_tokenizer()
    assert fast.pad_token_id == fast.eos_token_id
    assert TransformersTokenizer(fast, 20, padded=False)("a cat").pad == 0
    assert TransformersTokenizer(fast, 20, padded=True)("a cat").pad == fast.pad_token_id


def test_marks_that_a_model_was_trained_without_are_blanked() -> None:
    plain = TransformersTokenizer(tokenizer(), 12, padded=True)("a cat")
    blank = TransformersTokenizer(tokenizer(), 12, padded=True, zeroed_ids=frozenset({1}))("a cat")
    assert blank.ids == [0 if i == 1 else i for i in plain.ids]


def test_captions_that_do_not_fit_are_refused(readers: dict[str, Any]) -> None:
    for name in ("sentencepiece", "CLIP"):
        room = 63 if name == "sentencepiece" else 75
        with pytest.raises(InputError, match="is empty"):
            readers[name]("  ")
        with pytest.raises(InputError, match=f"tokens, but this model reads at most {room}; shorten it"):
            readers[name]("a " * 80)
    for name, mark in (("sentencepiece", "</s>"), ("CLIP", "<|endoftext|>")):
        with pytest.raises(InputError, match="spells a special token of the model; leave it out"):
            readers[name](f"a {mark} cat")


def test_truncation_is_that_of_the_original(tmp_path: Path) -> None:
    caption = "Two dogs, 小狗 next to a yellow Hydrant hydrant hydrant and a cat"
    kinds: dict[str, Any] = {
        "CLIP": clip_tokenizer(),
        "sentencepiece": tokenizer(),
        "Gemma": gemma_tokenizer(),
        "slow": slow_tokenizer(tmp_path),
    }
    for length, (name, original) in itertools.product((9, 12, 13), kinds.items()):
        options: dict[str, Any] = {"padded": name != "CLIP"}
        whole = TransformersTokenizer(original, 400, **options)(caption)
        cut = TransformersTokenizer(original, length, truncate=True, **options)(caption)
        text = caption if name == "CLIP" else caption.lower()
        assert cut.ids == original(text, truncation=True, max_length=length)["input_ids"], name
        assert cut.tokens == whole.tokens[: len(cut.tokens)], name
        assert whole.truncated is None
        assert cut.truncated is not None
        assert "".join(cut.truncated.lower().split()) == "".join(text for text, _ in cut.words or []).replace("␣", "")
        if name == "CLIP":
            bpe = BpeTokenizer(SIMPLE, length, truncate=True)
            assert bpe(caption) == cut
            assert bpe(caption).ids == SIMPLE(caption, context_length=length)[0].tolist()
            assert bpe("two dogs") == BpeTokenizer(SIMPLE, length)("two dogs")
        room = length - 2 if name == "CLIP" else length - 1
        with pytest.raises(InputError, match=f"at most {room}; shorten it, or load the model with truncate=True"):
            TransformersTokenizer(original, length, **options)(caption)


class Slow:
    """What a tokenizer of transformers without Rust offers: pieces with marks, no places in the text."""

    is_fast = False
    padding_side = "right"
    pad_token_id = eos_token_id = 1
    unk_token_id = 2
    all_special_ids = (1, 2)

    def tokenize(self, text: str) -> list[str]:
        return [piece for word in text.split() for piece in (f"▁{word[:2]}", word[2:]) if piece]

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        ids = [10 + len(piece) for piece in self.tokenize(text)]
        return {"input_ids": [*ids, 1], "special_tokens_mask": [0] * len(ids) + [1]}


def test_slow_tokenizers_are_read_by_their_pieces() -> None:
    reading = TransformersTokenizer(Slow(), 12, padded=True)("a hydrant 🐶")
    assert reading.tokens == ["a", "hy", "drant", "🐶"]
    assert reading.words == [("a", 1), ("hydrant", 2), ("🐶", 1)]
    assert reading.ids == [12, 13, 15, 12] + [1] * 8


def test_the_slow_tokenizer_of_siglip_is_read(tmp_path: Path) -> None:
    slow = slow_tokenizer(tmp_path)
    assert not slow.is_fast
    read = TransformersTokenizer(slow, 40, padded=True)
    reading = read("Two dogs, next to a Hydrant!")
    assert reading.words is not None
    assert [word for word, _ in reading.words] == ["two", "dogs", "next", "to", "a", "hydrant"]
    assert reading.ids == slow("two dogs next to a hydrant", padding="max_length", max_length=40)["input_ids"]
    assert sum(count for _, count in reading.words) == len(reading.tokens) == 40 - reading.ids.count(1)
    with pytest.raises(InputError, match="spells a special token of the model; leave it out"):
        read("a </s> dog")


@pytest.mark.parametrize(
    ("text", "spans", "tokens", "words"),
    [
        ("a dog's", [(0, 1), (1, 5), (5, 7)], ["a", "dog", "'s"], [("a", 1), ("dog's", 2)]),
        ("犬と猫", [(0, 1), (1, 2), (2, 3)], ["犬", "と", "猫"], [("犬", 1), ("と", 1), ("猫", 1)]),
        ("🐶", [(0, 1), (0, 1)], ["🐶", "🐶"], [("🐶", 2)]),
        ("a b", [(0, 1), (1, 2), (2, 3)], ["a", "␣", "b"], [("a", 1), ("b", 2)]),
    ],
)
def test_spelling(text: str, spans: list[tuple[int, int]], tokens: list[str], words: list[tuple[str, int]]) -> None:
    assert name_tokens(text, spans) == (tokens, words)
