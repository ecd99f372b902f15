"""The painted scenes for demonstrations."""

import numpy as np
import pytest

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.scenes import UNSEEN
from fixlip_widget.demo.showcase import SHOWCASES, SIZE, showcase
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation
from tests.demo.test_scenes import object_masks


@pytest.mark.parametrize("name", SHOWCASES)
def test_showcases_are_within_the_training_distribution(name: str) -> None:
    picture, caption = showcase(name)
    assert picture.size == (SIZE, SIZE)
    assert DemoTokenizer()(caption)
    scene = SHOWCASES[name].scene
    assert not {(item.thing, item.colour) for item in scene.items} & UNSEEN
    assert not {item.colour for item in scene.items} & {"red", "blue"}  # the colours of displayed values
    masks = object_masks(scene, 112)  # (n_items, 112, 112)
    assert not masks[:, [0, -1]].any(), "a thing touches the border"
    assert not masks[:, :, [0, -1]].any(), "a thing touches the border"
    assert (masks.sum(axis=(1, 2)) > 200).all()


def test_unknown_scenes_are_errors_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"no scene 'zoo'.*'three things'"):
        showcase("zoo")


@pytest.fixture(scope="module")
def told() -> dict[str, Explanation]:
    """Explanations of the scenes that have a story, with it."""
    explainer = Explainer.demo()
    names = [name for name, scene in SHOWCASES.items() if scene.story]
    return {
        name: explainer.explain(*showcase(name), n_image_masks=2048, random_state=0, progress=False).with_story(
            SHOWCASES[name].story
        )
        for name in names
    }


def test_stories_say_what_the_encoder_does(told: dict[str, Explanation]) -> None:
    assert list(told) == ["three things", "two cats", "swapped"]

    def interaction(name: str, word: str, other: str | list[tuple[int, int]]) -> float:
        """Of two words, or the sum over the patches of a thing."""
        values = told[name].conditional(told[name].valid_players(word))
        others = [f"patch {row},{column}" for row, column in other] if isinstance(other, list) else [other]
        return float(values[told[name].valid_players(others)].sum())

    moon, cat = [(1, 1), (2, 1), (2, 2)], [(3, 1), (4, 1), (4, 2), (5, 1), (5, 2)]
    assert interaction("three things", "moon", moon) > 1 > -0.5 > interaction("three things", "moon", cat)
    assert interaction("three things", "purple", moon) > 1
    assert interaction("three things", "purple", "moon") > 0.3
    without = told["three things"].predict(np.arange(59) != told["three things"].tokens.index("moon"))
    lost = told["three things"].predict(np.ones(59, bool)) - without
    assert lost > told["three things"].first_order()[told["three things"].tokens.index("moon")]
    assert interaction("two cats", "cat (1)", "cat (2)") < -2
    orange, purple = [(3, 1), (4, 1), (3, 2), (4, 2)], [(2, 5), (3, 4), (3, 5)]
    assert interaction("two cats", "purple", purple) > 0.5 > -0.5 > interaction("two cats", "purple", orange)
    swapped = told["swapped"]
    assert swapped.full_value < swapped.empty_value
    assert interaction("swapped", "orange", "flower") < -1
    assert interaction("swapped", "pink", "cup") < -1
    assert interaction("swapped", "pink", [(4, 5), (4, 4), (5, 5), (4, 6)]) < -1
    strongest = np.abs(swapped.second).argmax()
    assert min(np.unravel_index(strongest, swapped.second.shape)) >= swapped.n_players_image
