"""Captions and statements: their truth, checked by an independent reading of the words."""

import itertools
import re
from collections.abc import Iterator

import numpy as np
import pytest

from fixlip_widget.demo.captions import draw_style, phrase
from fixlip_widget.demo.lexicon import WORDS
from fixlip_widget.demo.scenes import Item, Scene, draw_scene
from fixlip_widget.demo.sprites import COLOURS, THINGS
from fixlip_widget.demo.statements import CLEAR, NEGATIVES, Statement, draw_statement, falsehoods, is_true
from fixlip_widget.demo.training.batches import draw_negatives, draw_twin

RELATION = re.compile(r"\b(above|over|below|under|to the left of|left of|to the right of|right of)\b")
PLACE = re.compile(r"\b(?:at|in|on) the ([a-z ]+)$")


def scenes(count: int) -> Iterator[tuple[np.random.Generator, Scene, Statement]]:
    for seed in range(count):
        rng = np.random.default_rng((7, seed))
        scene = draw_scene(rng, 1 + seed % 4, gridded=seed % 3 == 0)
        yield rng, scene, draw_statement(rng, scene)


def reads_as_true(caption: str, scene: Scene) -> bool:
    """Whether a caption is true of a scene, from its words alone, by trying every assignment of the items."""
    text = re.sub(r"^(a picture of|there is|here is) ", "", caption).replace(" is ", " ")
    relation = RELATION.search(text)
    kind = relation.group(1) if relation else ""
    chunks = re.split(r", | and | with ", RELATION.sub("and", text))
    place = PLACE.search(chunks[0])
    where = place.group(1) if place else ""
    named = [set(re.sub(PLACE, "", chunk).split()) for chunk in chunks]

    def agrees(items: tuple[Item, ...]) -> bool:
        first, second = items[0], items[-1] if len(items) < 2 else items[1]
        claims = [
            all(item.thing in words or not words & set(THINGS) for item, words in zip(items, named, strict=True)),
            all(item.colour in words or not words & set(COLOURS) for item, words in zip(items, named, strict=True)),
            "left" not in where or first.x < 0.5,
            "right" not in where or first.x > 0.5,
            "top" not in where or first.y < 0.5,
            "bottom" not in where or first.y > 0.5,
            kind not in ("above", "over") or first.y < second.y,
            kind not in ("below", "under") or first.y > second.y,
            "left" not in kind or first.x < second.x,
            "right" not in kind or first.x > second.x,
        ]
        return all(claims)

    return any(agrees(items) for items in itertools.permutations(scene.items, len(named)))


def test_truth_of_statements_agrees_with_a_reading_of_their_captions() -> None:
    others = [scene for _, scene, _ in scenes(12)]
    verdicts = []
    for rng, scene, statement in scenes(400):
        caption = phrase(statement, draw_style(rng))
        for shown in (scene, draw_twin(rng, scene) if len(scene.items) > 1 else scene, *others[:3]):
            verdicts.append(is_true(statement, shown))
            assert reads_as_true(caption, shown) == verdicts[-1], caption
    assert 400 < sum(verdicts) < len(verdicts) - 400


def test_drawn_statements_are_true_and_negatives_false() -> None:
    for rng, scene, statement in scenes(400):
        style = draw_style(rng)
        assert is_true(statement, scene, CLEAR)
        assert reads_as_true(phrase(statement, style), scene)
        for negative in draw_negatives(rng, statement, scene, 3):
            assert not is_true(negative, scene, -CLEAR)
            assert not reads_as_true(phrase(negative, style), scene)


@pytest.mark.parametrize("kind", NEGATIVES)
def test_every_kind_of_negative_occurs(kind: str) -> None:
    assert sum(bool(falsehoods(statement, scene, kind)) for _, scene, statement in scenes(120)) >= 10


def test_captions_use_the_whole_vocabulary_and_nothing_else() -> None:
    words = {
        word
        for rng, _, statement in scenes(800)
        for word in phrase(statement, draw_style(rng)).replace(",", "").split()
    }
    # "an" is a synonym of "a", as an id of its own would tell which words can follow.
    assert words == {*WORDS, "an"}
