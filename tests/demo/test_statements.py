"""Statements, falsehoods and captions, checked by an independent reading of their words."""

import pytest
import torch

from fixlip_widget.demo.captions import caption_ids, draw_styles, plain_styles, say
from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, GRAMMAR, LATER_GRAMMAR, WORDS, DemoTokenizer
from fixlip_widget.demo.scenes import Scenes, draw_scenes, is_unseen, twins
from fixlip_widget.demo.statements import (
    KINDS,
    Statements,
    draw_order,
    draw_statements,
    falsehoods,
    full_statements,
    may_be_true,
)
from fixlip_widget.demo.things import COLOURS, THINGS
from tests.demo.reading import items_of, reads_as_true

N = 600


def drawn(seed: int = 0, n: int = N) -> tuple[torch.Generator, Scenes, Statements]:
    generator = torch.Generator().manual_seed(seed)
    scenes = draw_scenes(generator, n, p_overlap=0.4)
    return generator, scenes, draw_statements(generator, scenes, draw_order(generator, scenes))


def test_drawn_statements_are_true() -> None:
    generator, scenes, statements = drawn()
    captions = say(caption_ids(statements, draw_styles(generator, N)))
    for row, caption in enumerate(captions):
        assert reads_as_true(caption, items_of(scenes, row)), caption
    assert len(set(statements.relation.tolist())) == 7
    assert len(set(statements.place.tolist())) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_falsehoods_are_false(kind: str) -> None:
    generator, scenes, statements = drawn(1)
    changed, valid = falsehoods(generator, statements, scenes)
    k = KINDS.index(kind)
    rows = valid[:, k].nonzero().flatten().tolist()
    captions = say(caption_ids(changed[k], draw_styles(generator, N)))
    assert len(rows) > 20
    for row in rows:
        assert not reads_as_true(captions[row], items_of(scenes, row)), captions[row]
    told = changed[k].mentioned & changed[k].tells_thing & changed[k].tells_colour
    assert not (is_unseen(changed[k].thing, changed[k].colour) & told)[rows].any()


def test_a_colour_is_not_replaced_by_that_of_another_thing_of_the_kind() -> None:
    generator = torch.Generator().manual_seed(7)
    scenes = draw_scenes(generator, 1000)
    scenes = scenes[(scenes.thing[:, 0] == scenes.thing[:, 1]) & (scenes.count > 1)]
    said = full_statements(scenes).replace(count=torch.ones_like(scenes.count))
    changed, valid = falsehoods(generator, said, scenes)
    replaced = KINDS.index("colour replaced")
    captions = say(caption_ids(changed[replaced], plain_styles(len(scenes))))
    read = torch.tensor([reads_as_true(caption, items_of(scenes, row)) for row, caption in enumerate(captions)])
    assert read.any()
    assert not (read & valid[:, replaced]).any()


def test_what_reads_as_true_may_be_true_and_what_is_clearly_false_may_not() -> None:
    _, scenes, statements = drawn(2, 60)
    # Few kinds and colours, so that many statements are true of several scenes.
    scenes = scenes.replace(thing=scenes.thing % 3, colour=scenes.colour % 2)
    statements = statements.replace(thing=statements.thing % 3, colour=statements.colour % 2)
    statements = statements.replace(tells_colour=statements.tells_colour & (statements.colour > 0))
    table = may_be_true(statements, scenes)
    captions = say(caption_ids(statements, plain_styles(60)))
    read = torch.tensor([[reads_as_true(caption, items_of(scenes, row)) for caption in captions] for row in range(60)])
    assert not (read & ~table).any()
    assert read.float().mean() > 0.05
    # The others differ in position by less than the margin, or let two mentions share an item.
    assert (table & ~read).sum() < 0.35 * table.sum()


def test_captions_are_read_back_as_their_ids() -> None:
    """By the tokenizer, which knows nothing of the templates."""
    generator, _, statements = drawn(3)
    ids = caption_ids(statements, draw_styles(generator, N))
    tokenizer = DemoTokenizer()
    assert [tokenizer.padded(caption) for caption in say(ids)] == ids.tolist()
    assert ids.shape == (N, CONTEXT_LENGTH)


def test_captions_use_the_whole_vocabulary() -> None:
    generator, _, statements = drawn(4, 8000)
    words = {word for caption in say(caption_ids(statements, draw_styles(generator, 8000))) for word in caption.split()}
    assert {*GRAMMAR, *LATER_GRAMMAR, *COLOURS} <= words <= {*WORDS}
    assert len(words & {*THINGS}) > 0.99 * len(THINGS)


def test_the_longest_captions_fit_into_the_context() -> None:
    generator = torch.Generator().manual_seed(5)
    scenes = draw_scenes(generator, 200)
    statements = full_statements(scenes.replace(count=torch.full((200,), 4), colour=torch.ones(200, 4).long()))
    for place, relation in ((4, 0), (0, 1)):
        told = statements.replace(
            place=torch.full_like(statements.place, place), relation=torch.full_like(statements.relation, relation)
        )
        captions = say(caption_ids(told, draw_styles(generator, 200)))
        assert all(sum(word in THINGS for word in caption.split()) == 4 for caption in captions)


def test_twins_exchange_two_things() -> None:
    generator = torch.Generator().manual_seed(6)
    scenes = draw_scenes(generator, 300)
    order = draw_order(generator, scenes)
    changed, differs = twins(generator, scenes, order)
    assert 0.4 < differs.float().mean() < 0.8
    for row in differs.nonzero().flatten().tolist():
        before, after = items_of(scenes, row), items_of(changed, row)
        assert sorted(item.thing for item in before) == sorted(item.thing for item in after)
        assert sorted(str(item.colour) for item in before) == sorted(str(item.colour) for item in after)
        assert {k for k, (a, b) in enumerate(zip(before, after, strict=True)) if a != b} <= set(order[row, :2].tolist())
        assert before != after
    assert not is_unseen(changed.thing, changed.colour)[differs].any()
