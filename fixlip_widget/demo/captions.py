"""From statements to the ids of their captions, by templates, a batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from fixlip_widget.demo.lexicon import CONTEXT_LENGTH, END, IDS, PADDING, START, WORDS
from fixlip_widget.demo.rows import Rows
from fixlip_widget.demo.statements import Statements
from fixlip_widget.demo.things import COLOURS, THINGS

OPENERS: tuple[str, ...] = ("", "a picture of", "there is", "here is")
ARTICLES: tuple[str, ...] = ("a", "the", "")
_THING_IDS = torch.tensor([IDS[thing] for thing in THINGS])
_COLOUR_IDS = torch.tensor([PADDING, *(IDS[colour] for colour in COLOURS)])


@dataclass(frozen=True)
class Styles(Rows):
    """The choices of templates, each (b,); captions of one style differ only where their statements differ.

    Attributes:
        opener: int64, index of OPENERS.
        article: int64, index of ARTICLES.
        joined_by_with: bool, the last two mentions by "with" instead of "and".
        comma: bool, earlier mentions by a comma, which is no word, instead of "and".
        long_form: bool, "over" for "above", "to the left of" for "left of", "something red" for "red thing".
        verb: bool, whether a place or a relation has "is" before it.
    """

    opener: Tensor
    article: Tensor
    joined_by_with: Tensor
    comma: Tensor
    long_form: Tensor
    verb: Tensor


def draw_styles(generator: torch.Generator, b: int) -> Styles:
    """Random styles; short ones are more frequent."""
    dice = torch.rand(6, b, generator=generator, device=generator.device)
    opener = torch.where(dice[0] < 0.4, (dice[0] * 10).long(), 0)  # (b,)
    article = torch.where(dice[1] < 0.75, 0, torch.where(dice[1] < 0.85, 1, 2))
    return Styles(opener, article, dice[2] < 0.15, dice[3] < 0.5, dice[4] < 0.5, (opener == 0) & (dice[5] < 0.25))


def plain_styles(b: int, device: torch.device | str = "cpu") -> Styles:
    """The shortest style with articles: "a red cat and a fox"."""
    zero, no = torch.zeros(b, dtype=torch.long, device=device), torch.zeros(b, dtype=torch.bool, device=device)
    return Styles(zero, zero, no, ~no, no, no)


def caption_ids(statements: Statements, styles: Styles) -> Tensor:
    """(b, CONTEXT_LENGTH) int64: the captions with start and end token, and padding after it."""
    write = _Slots(statements.count)
    for opener in OPENERS[1:]:
        for word in opener.split():
            write.word(word, styles.opener == OPENERS.index(opener))
    things, colours = _THING_IDS.to(write.device), _COLOUR_IDS.to(write.device)
    for m in range(statements.thing.shape[1]):
        on = statements.count > m  # (b,)
        if m == 1:
            _write_relation(write, statements, styles)
        if m:
            joins = on & (statements.relation == 0) if m == 1 else on
            is_last = statements.count == m + 1
            write.word("with", joins & is_last & styles.joined_by_with)
            write.word("and", joins & ((is_last & ~styles.joined_by_with) | (~is_last & ~styles.comma)))
        something = on & ~statements.tells_thing[:, m] & styles.long_form
        write.word("a", on & ~something & (styles.article == 0))
        write.word("the", on & ~something & (styles.article == 1))
        write.word("something", something)
        write.ids(colours[statements.colour[:, m]], on & statements.tells_colour[:, m])
        write.ids(things[statements.thing[:, m]], on & statements.tells_thing[:, m])
        write.word("thing", on & ~statements.tells_thing[:, m] & ~something)
        if m == 0:
            _write_place(write, statements, styles)
    return write.compact()


def say(ids: Tensor) -> list[str]:
    """The captions of ids (b, L) as text."""
    return [" ".join(WORDS[i - START - 1] for i in row if START < i < END) for row in ids.tolist()]


def _write_relation(write: _Slots, statements: Statements, styles: Styles) -> None:
    r, long_form = statements.relation, styles.long_form
    write.word("is", (r > 0) & styles.verb)
    sideways = (r == 1) | (r == 2)
    write.word("to", sideways & long_form)
    write.word("the", sideways & long_form)
    write.word("left", r == 1)
    write.word("right", r == 2)
    write.word("in", r == 5)
    write.word("front", r == 5)
    write.word("of", sideways | (r == 5))
    for index, short, long in ((3, "above", "over"), (4, "below", "under"), (6, "behind", "behind")):
        write.word(short, (r == index) & ~long_form)
        write.word(long, (r == index) & long_form)


def _write_place(write: _Slots, statements: Statements, styles: Styles) -> None:
    column, row = statements.place % 3, statements.place // 3
    on = statements.place > 0
    write.word("is", on & styles.verb & (statements.relation == 0))
    sideways = on & (row == 0)
    write.word("on", sideways)
    write.word("in", on & ~sideways & styles.long_form & (column > 0))
    write.word("at", on & ~sideways & ~(styles.long_form & (column > 0)))
    write.word("the", on)
    write.word("top", on & (row == 1))
    write.word("bottom", on & (row == 2))
    write.word("left", on & (column == 1))
    write.word("right", on & (column == 2))


class _Slots:
    """Columns of ids, zero where a caption has no such word."""

    def __init__(self, like: Tensor) -> None:
        self.device = like.device
        self._none = torch.zeros_like(like)
        self._columns = [torch.full_like(like, START)]

    def word(self, word: str, on: Tensor) -> None:
        self._columns.append(torch.where(on, IDS[word], self._none))

    def ids(self, ids: Tensor, on: Tensor) -> None:
        self._columns.append(torch.where(on, ids, self._none))

    def compact(self) -> Tensor:
        self._columns.append(torch.full_like(self._none, END))
        ids = torch.stack(self._columns, 1)  # (b, columns)
        order = (ids == PADDING).to(torch.uint8).argsort(dim=1, stable=True)
        return ids.gather(1, order)[:, :CONTEXT_LENGTH]
