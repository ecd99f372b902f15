"""Scenes of emoji for demonstrations, with captions and what their explanations show."""

from dataclasses import dataclass

from PIL import Image

from fixlip_widget.demo.by_hand import Item, scene
from fixlip_widget.errors import InputError
from fixlip_widget.story import Step


@dataclass(frozen=True)
class Showcase:
    """A scene to be explained.

    Attributes:
        items: the things of the scene, for `fixlip_widget.scene`.
        caption: true or false of it.
        lesson: what the explanation shows.
        story: the same in steps, which a reader plays; empty where there is none.
    """

    items: tuple[Item, ...]
    caption: str
    lesson: str
    story: tuple[Step, ...] = ()


SHOWCASES: dict[str, Showcase] = {
    "three things": Showcase(
        (
            ("fox", None, (0.27, 0.68), 0.44),
            ("house", None, (0.73, 0.64), 0.44),
            ("moon", "purple", (0.31, 0.23), 0.34),
        ),
        "a fox, a house and a purple moon",
        "Every noun has its own patches, and the colour those of the thing it describes.",
        (
            Step(
                "Why does the encoder find this picture and this caption similar? The colours show what each patch and "
                "each word adds on average. Click the word “fox”.",
                click="fox",
            ),
            Step(
                "Now they show interactions: what a patch or word and “fox” add together beyond what each adds alone. "
                "The patches of the fox are red, those of the house are blue. Click the word “purple”.",
                selected="fox",
                click="purple",
            ),
            Step(
                "“Purple” interacts with the patches of the moon and with the word “moon”, which it describes, and "
                "negatively with the fox and the house, which are not purple.",
                selected="purple",
            ),
            Step(
                "Here “fox” is switched off, and the explanation predicts what the encoder would say. The similarity "
                "falls by more than the mean effect of the word, as everything else is kept here.",
                hidden="fox",
            ),
            Step(
                "All values were fitted to other masked inputs such as these, of which the encoder saw no more than "
                "is shown. A mask keeps each patch and word with probability p. Compare both similarities: the closer "
                "they are, the larger R².",
                mode="masks",
            ),
        ),
    ),
    "two cats": Showcase(
        (("cat", "orange", (0.27, 0.62), 0.44), ("cat", "purple", (0.74, 0.36), 0.42)),
        "an orange cat and a purple cat",
        "The word “cat” interacts with both cats; the colours tell them apart.",
        (
            Step("Two cats, and the word “cat” twice. Click the first of the two words.", click="cat (1)"),
            Step(
                "The patches of both cats are red. The other “cat” is blue: together the two words add less than the "
                "sum of what each adds alone, as they say the same. So may two patches of one thing be blue to each "
                "other. Click “purple”.",
                selected="cat (1)",
                click="purple",
            ),
            Step(
                "“Purple” tells the cats apart: the patches of the purple cat add more together with it, those of "
                "the orange cat less.",
                selected="purple",
            ),
        ),
    ),
    "above": Showcase(
        (("star", None, (0.5, 0.22), 0.36), ("tree", None, (0.46, 0.7), 0.48)),
        "a tree above a star",
        "Both things are there, but not so: “above” lowers the similarity, and interacts negatively with both nouns.",
    ),
    "in the corner": Showcase(
        (("sailboat", None, (0.74, 0.74), 0.4), ("frog", None, (0.25, 0.26), 0.38)),
        "a boat at the top left",
        "The boat is elsewhere: the words of the place interact negatively with the word “boat”.",
    ),
    "absent": Showcase(
        (("fox", None, (0.29, 0.36), 0.46), ("cactus", None, (0.72, 0.66), 0.44)),
        "a fox and a rocket",
        "There is no rocket: the word lowers the similarity, while “fox” interacts strongly with the patches of a fox.",
    ),
    "swapped": Showcase(
        (("flower", "pink", (0.28, 0.3), 0.42), ("coffee", "orange", (0.72, 0.68), 0.42)),
        "an orange flower and a pink cup",
        "A failure: the colours are swapped, but the encoder finds this false caption nearly as similar as the true "
        "one, as every word is true of something.",
        (
            Step(
                "The flower is pink and the cup is orange, so this caption is false. Its similarity is far above that "
                "of the empty input all the same: this is a failure of the encoder. Click the word “pink”.",
                click="pink",
            ),
            Step(
                "“Pink” interacts with the patches of the flower, which is pink, and negatively with those of the cup. "
                "Click “cup”.",
                selected="pink",
                click="cup",
            ),
            Step(
                "“Cup” interacts with the patches of the cup: each word is true of something, whichever word is its "
                "neighbour.",
                selected="cup",
            ),
            Step(
                "Here are the strongest interactions. That between “pink” and “cup”, which would have to be strongly "
                "negative, is not among them: the encoder reads this caption nearly as a bag of words.",
                mode="links",
            ),
        ),
    ),
}


def showcase(name: str = "three things") -> tuple[Image.Image, str]:
    """The picture of a scene and its caption; InputError for a name that is not in SHOWCASES."""
    if name not in SHOWCASES:
        raise InputError(f"There is no scene {name!r}; use {', '.join(map(repr, SHOWCASES))}.")
    return scene(SHOWCASES[name].items), SHOWCASES[name].caption
