"""From statements to captions, by templates."""

from dataclasses import dataclass

import numpy as np

from fixlip_widget.demo.statements import Mention, Statement

_OPENERS = ("", "a picture of ", "there is ", "here is ")
_ABOVE_BELOW = {"above": ("above", "over"), "below": ("below", "under")}


@dataclass(frozen=True)
class Style:
    """The choices of a template; captions of one style differ only where their statements differ.

    Attributes:
        opener: index of an opening such as "there is".
        article: "a", "the" or none.
        joiner: "and" or "with".
        long_form: "over" for "above", "to the left of" for "left of" and the like.
        verb: whether a place or a relation has "is" before it.
    """

    opener: int = 0
    article: str = "a"
    joiner: str = "and"
    long_form: bool = False
    verb: bool = False


def draw_style(rng: np.random.Generator) -> Style:
    """A random style; short ones are more frequent."""
    opener = int(rng.integers(len(_OPENERS))) if rng.random() < 0.4 else 0
    article = str(rng.choice(("a", "the", ""), p=(0.75, 0.1, 0.15)))
    joiner = "and" if rng.random() < 0.8 else "with"
    return Style(opener, article, joiner, bool(rng.random() < 0.5), bool(opener == 0 and rng.random() < 0.25))


def phrase(statement: Statement, style: Style = Style()) -> str:
    """The caption of a statement."""
    names = [_name(mention, style) for mention in statement.mentions]
    verb = " is" if style.verb else ""
    if statement.place:
        names[0] += f"{verb} {_place(statement.place, style)}"
    if statement.relation:
        names[:2] = [f"{names[0]}{verb} {_relation(statement.relation, style)} {names[1]}"]
    last = f" {style.joiner} ".join(names[-2:])
    return _OPENERS[style.opener] + ", ".join([*names[:-2], last])


def _name(mention: Mention, style: Style) -> str:
    if mention.thing is None:
        words = f"something {mention.colour}" if style.long_form else f"{mention.colour} thing"
        if style.long_form:
            return words
    else:
        words = f"{mention.colour} {mention.thing}" if mention.colour else mention.thing
    if not style.article:
        return words
    return f"{'an' if style.article == 'a' and words[0] in 'aeiou' else style.article} {words}"


def _place(place: str, style: Style) -> str:
    if place in ("left", "right"):
        return f"on the {place}"
    return f"{'in' if style.long_form and ' ' in place else 'at'} the {place}"


def _relation(relation: str, style: Style) -> str:
    if relation in _ABOVE_BELOW:
        return _ABOVE_BELOW[relation][style.long_form]
    return f"to the {relation}" if style.long_form else relation
