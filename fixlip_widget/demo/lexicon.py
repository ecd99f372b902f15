"""The vocabulary of the bundled encoder, its synonyms and plurals, and its tokenizer."""

import difflib
import re
from collections.abc import Sequence

from fixlip_widget.demo.things import COLOURS, THINGS
from fixlip_widget.errors import InputError

CONTEXT_LENGTH = 26
GRAMMAR: tuple[str, ...] = (
    *("a", "and", "with", "to", "the", "left", "right", "of", "above", "below", "over", "under"),
    *("at", "in", "on", "top", "bottom", "thing", "picture"),
)
LATER_GRAMMAR: tuple[str, ...] = ("front", "behind", "is", "there", "here", "something")
_N_FIRST_THINGS = 318
WORDS: tuple[str, ...] = (
    *GRAMMAR,
    *COLOURS,
    *THINGS[:_N_FIRST_THINGS],
    *LATER_GRAMMAR,
    *THINGS[_N_FIRST_THINGS:],
)
"""The words by their ids, which never change: new ones are appended."""
PADDING, START = 0, 1
END = START + 1 + len(WORDS)
"""The end token has the largest id, because open_clip pools a caption at its largest id."""
IDS: dict[str, int] = {word: START + 1 + index for index, word in enumerate(WORDS)}

_SYNONYMS = """
red: scarlet crimson; purple: violet; pink: rosy; thing: object; picture: image photo painting drawing; a: an;
is: are lies stands; the: this that; top: upper; bottom: lower; under: beneath underneath;
cat: kitten kitty; dog: puppy; rabbit: bunny hare; rhinoceros: rhino; hippopotamus: hippo; crocodile: alligator;
chicken: hen; rooster: cock; dove: pigeon; turtle: tortoise; blowfish: pufferfish; shrimp: prawn; bee: honeybee;
ladybug: ladybird; cricket: grasshopper; dinosaur: sauropod; tangerine: mandarin; eggplant: aubergine;
doughnut: donut; hamburger: burger; cookie: biscuit; candy: sweet; spaghetti: pasta noodles; statue: moai;
peanuts: peanut; pancakes: pancake; beans: bean; cherries: cherry; blueberries: blueberry; grapes: grape;
house: home cottage; car: automobile; bicycle: bike; motorcycle: motorbike; airplane: plane aeroplane aircraft;
firetruck: fireengine; speedboat: motorboat; sailboat: boat; canoe: kayak; sled: sledge; football: soccerball;
teddy: teddybear; glasses: spectacles; jeans: trousers; coat: jacket; socks: sock; handbag: bag; backpack: rucksack;
television: tv; phone: smartphone mobile; headphone: headphones headset; laptop: computer; lamp: bulb;
flashlight: torch; coin: money; package: box parcel; wastebasket: bin; couch: sofa; bathtub: bath; postbox: mailbox;
robot: android; ghost: spook; circle: disc disk dot; corn: maize; clock: alarm; gift: present; flower: tulip;
seedling: sprout; shamrock: clover; chair: stool; football: soccer; basket: hamper; diamond: gem; puzzle: jigsaw;
coffee: cup mug
"""
_IRREGULAR = {
    **{"mouse": "mice", "goose": "geese", "wolf": "wolves", "leaf": "leaves", "scarf": "scarves"},
    **{"tomato": "tomatoes", "potato": "potatoes", "mango": "mangoes", "volcano": "volcanoes"},
    **{"mosquito": "mosquitoes", "tornado": "tornadoes", "snowman": "snowmen"},
    **dict.fromkeys(("deer", "moose", "bison", "shrimp", "dice"), ""),
}
"""Plurals that do not follow the rules; the empty string where one looks like its singular."""


def _plural(thing: str) -> str:
    """The plural of a thing, or the empty string where it looks the same."""
    if thing in _IRREGULAR:
        return _IRREGULAR[thing]
    if re.search(r"(s|x|sh|ch)$", thing):
        return f"{thing}es"
    return f"{thing[:-1]}ies" if re.search(r"[^aeiou]y$", thing) else f"{thing}s"


_ALWAYS_PLURAL = frozenset(
    (
        *("grapes", "cherries", "blueberries", "peanuts", "beans", "pancakes", "chopsticks", "glasses", "sunglasses"),
        *("goggles", "jeans", "socks", "shorts", "skis", "maracas", "scissors", "bowling"),
    )
)
PLURALS: dict[str, str] = {
    thing: plural
    for thing in (*THINGS, "thing", "picture")
    if thing not in _ALWAYS_PLURAL and (plural := _plural(thing))
}
SYNONYMS: dict[str, str] = {plural: thing for thing, plural in PLURALS.items()} | {
    other: word
    for entry in _SYNONYMS.replace("\n", " ").split(";")
    for word, others in [entry.strip().split(": ")]
    for other in others.split()
}
"""Synonyms and plurals → the word of WORDS whose id they have."""
_SEPARATORS = re.compile(r"[\s.,;:!?…\"“”()–—-]+")


class DemoTokenizer:
    """One id for each word of WORDS; plurals and synonyms have that of their word and are displayed as written."""

    context_length = CONTEXT_LENGTH
    vocab_size = END + 1
    words = WORDS

    def __call__(self, caption: str) -> tuple[list[int], list[str]]:
        """Ids with start and end token, and the words between them; case and punctuation are ignored.

        Raises:
            InputError: for a caption without words, with an unknown word, or longer than the context.
        """
        words = [word for word in _SEPARATORS.split(caption.lower()) if word]
        if not words:
            raise InputError(f"The caption {caption!r} has no words; write one such as 'a red cat'.")
        if len(words) > CONTEXT_LENGTH - 2:
            raise InputError(
                f"The caption has {len(words)} tokens, but the bundled encoder reads at most {CONTEXT_LENGTH - 2};"
                " shorten it."
            )
        return [START, *(_id(word) for word in words), END], words

    def padded(self, caption: str) -> list[int]:
        """The ids of a caption, filled with padding up to the context length."""
        ids, _ = self(caption)
        return ids + [PADDING] * (CONTEXT_LENGTH - len(ids))


def nearest(word: str, known: Sequence[str], count: int = 3) -> list[str]:
    """The known words that are spelled most like a word, at most `count`."""
    return difflib.get_close_matches(word, known, n=count, cutoff=0.5)


def _id(word: str) -> int:
    canonical = SYNONYMS.get(word, word)
    if canonical not in IDS:
        matches = nearest(word, (*WORDS, *SYNONYMS))
        advice = f"use {' or '.join(map(repr, matches))}" if matches else "its words are things, colours and places"
        raise InputError(f"The bundled encoder does not know the word {word!r}; {advice}.")
    return IDS[canonical]
