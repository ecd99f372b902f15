"""Painted scenes for demonstrations, with captions and what their explanations show."""

from dataclasses import dataclass

from PIL import Image

from fixlip_widget.demo.scenes import Backdrop, Item, Scene, render
from fixlip_widget.errors import InputError
from fixlip_widget.story import Step

SIZE = 448  # pixels: 64 for each patch of the bundled encoder


@dataclass(frozen=True)
class Showcase:
    """A scene to be explained.

    Attributes:
        scene: the scene.
        caption: true or false of it.
        lesson: what the explanation shows.
        story: the same in steps, which a reader plays; empty where there is none.
    """

    scene: Scene
    caption: str
    lesson: str
    story: tuple[Step, ...] = ()


# Nothing is red or blue, the colours in which values are displayed.
SHOWCASES: dict[str, Showcase] = {
    "three things": Showcase(
        Scene(
            (
                Item("cat", "green", 0.29, 0.68, 0.42, 4.0),
                Item("house", "yellow", 0.73, 0.64, 0.44, -3.0),
                Item("moon", "purple", 0.31, 0.24, 0.3, 14.0),
            ),
            Backdrop((246, 238, 228), (222, 232, 246), 100.0, 11),
        ),
        "a green cat, a yellow house and a purple moon",
        "Every noun has its own patches, and every colour the patches of the thing it describes.",
        (
            Step(
                "Why does the encoder find this picture and this caption similar? The colours show what each patch and "
                "each word adds on average. Click the word “moon”.",
                click="moon",
            ),
            Step(
                "Now they show interactions: what a patch or word and “moon” add together beyond what each adds alone. "
                "The patches of the moon are red, those of the cat are blue. Click the word “purple”.",
                selected="moon",
                click="purple",
            ),
            Step(
                "“Purple” interacts most with the same patches and with the word “moon”: it describes that thing.",
                selected="purple",
            ),
            Step(
                "Here “moon” is switched off, and the explanation predicts what the encoder would say. The similarity "
                "falls by more than the mean effect of the word, as everything else is kept here.",
                hidden="moon",
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
        Scene(
            (
                Item("cat", "orange", 0.27, 0.6, 0.44, -5.0),
                Item("cat", "purple", 0.74, 0.38, 0.4, 6.0, mirrored=True),
            ),
            Backdrop((238, 244, 232), (246, 240, 226), 60.0, 4),
        ),
        "an orange cat and a purple cat",
        "The word “cat” interacts with both cats; the colours tell them apart.",
        (
            Step("Two cats, and the word “cat” twice. Click the first of the two words.", click="cat (1)"),
            Step(
                "The other “cat” is blue: together the two add less than the sum of what each adds alone, as they say "
                "the same. So may two patches of one thing be blue to each other. Click “purple”.",
                selected="cat (1)",
                click="purple",
            ),
            Step(
                "“Purple” tells the cats apart: the patches of the purple cat add more together with it, those of the "
                "orange cat less.",
                selected="purple",
            ),
        ),
    ),
    "above": Showcase(
        Scene(
            (
                Item("star", "yellow", 0.5, 0.22, 0.34, 8.0),
                Item("tree", "green", 0.46, 0.72, 0.46, 0.0),
            ),
            Backdrop((226, 236, 246), (240, 244, 236), 80.0, 21),
        ),
        "a yellow star above a green tree",
        "“Above” interacts with the patches of both things, as it relates them.",
    ),
    "in the corner": Showcase(
        Scene(
            (
                Item("boat", "orange", 0.74, 0.76, 0.38, -4.0),
                Item("boat", "green", 0.25, 0.26, 0.36, 5.0),
            ),
            Backdrop((228, 240, 246), (244, 238, 230), 30.0, 9),
        ),
        "an orange boat at the bottom right",
        "The words of the place interact with the patches of the boat that is there.",
    ),
    "swapped": Showcase(
        Scene(
            (
                Item("flower", "pink", 0.28, 0.36, 0.42, 3.0),
                Item("cup", "orange", 0.72, 0.66, 0.42, -6.0),
            ),
            Backdrop((244, 240, 230), (230, 238, 242), 120.0, 15),
        ),
        "an orange flower and a pink cup",
        "Every word is true of something, but the caption is false: colours and things interact negatively.",
        (
            Step(
                "The flower is pink and the cup is orange, so this caption is false: its similarity is below that of "
                "the empty input. Click the word “orange”.",
                click="orange",
            ),
            Step(
                "“Orange” and “flower” add less together than the sum of what each adds alone: no flower here is "
                "orange. Click “pink”.",
                selected="orange",
                click="pink",
            ),
            Step("The same holds for “pink” and “cup”, and for “pink” and the patches of the cup.", selected="pink"),
            Step("The strongest interactions of this explanation are those between its words.", mode="links"),
        ),
    ),
    "in front": Showcase(
        Scene(
            (
                Item("house", "yellow", 0.5, 0.5, 0.7),
                Item("fish", "purple", 0.5, 0.62, 0.3),
            ),
            Backdrop((226, 236, 246), (240, 244, 236), 80.0, 21),
        ),
        "a purple fish and a yellow house",
        "A failure: nothing covers another thing in the training data, and the encoder does not recognize the fish.",
    ),
}


def showcase(name: str = "three things") -> tuple[Image.Image, str]:
    """An image of SIZE × SIZE pixels and its caption; InputError for a name that is not in SHOWCASES."""
    if name not in SHOWCASES:
        raise InputError(f"There is no scene {name!r}; use {', '.join(map(repr, SHOWCASES))}.")
    return render(SHOWCASES[name].scene, SIZE), SHOWCASES[name].caption
