"""The scenes for demonstrations, and whether the encoder does what is said of them."""

import numpy as np
import pytest

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.scenes import is_unseen
from fixlip_widget.demo.showcase import SHOWCASES, Showcase, showcase
from fixlip_widget.demo.things import COLOURS, THINGS
from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from fixlip_widget.explanation import Explanation


@pytest.mark.parametrize("name", SHOWCASES)
def test_showcases_are_within_the_training_distribution(name: str) -> None:
    picture, caption = showcase(name)
    assert picture.size == (448, 448)
    assert DemoTokenizer()(caption)
    for thing, colour, (x, y), size in SHOWCASES[name].items:
        assert not is_unseen(*np.array([THINGS.index(thing), 0 if colour is None else COLOURS.index(colour) + 1]))
        assert colour not in {"red", "blue"}, "a colour of displayed values"
        assert size / 2 <= min(x, y, 1 - x, 1 - y), "a thing is cut off"


def test_unknown_scenes_are_errors_with_the_known_names() -> None:
    with pytest.raises(InputError, match=r"no scene 'zoo'.*'three things'"):
        showcase("zoo")


@pytest.fixture(scope="module")
def told() -> dict[str, Explanation]:
    """Explanations of the scenes, with their stories."""
    explainer = Explainer.demo()
    return {
        name: explainer.explain(*showcase(name), n_image_masks=2048, random_state=0, progress=False).with_story(
            SHOWCASES[name].story
        )
        for name in SHOWCASES
    }


def test_stories_and_lessons_say_what_the_encoder_does(told: dict[str, Explanation]) -> None:
    assert [name for name, case in SHOWCASES.items() if case.story] == ["three things", "two cats", "swapped"]

    def value(name: str, word: str) -> float:
        return float(told[name].first_order()[told[name].tokens.index(word)])

    def interaction(name: str, word: str, other: str | int) -> float:
        """With a word, or the sum over the patches of a thing of the scene, counted from 0."""
        values = told[name].conditional(told[name].valid_players(word))
        others = told[name].valid_players(_patches(SHOWCASES[name], other) if isinstance(other, int) else [other])
        return float(values[others].sum())

    three = told["three things"]
    assert interaction("three things", "fox", 0) > 5 > -1 > interaction("three things", "fox", 1)
    assert interaction("three things", "house", 1) > 5 > -1 > interaction("three things", "house", 0)
    assert interaction("three things", "purple", 2) > 0.4
    assert max(interaction("three things", "purple", other) for other in (0, 1)) < -0.4
    assert interaction("three things", "purple", "moon") > 0.2
    everything = np.ones(three.n_players, bool)
    without_fox = np.arange(three.n_players) != three.tokens.index("fox")
    assert three.predict(everything) - three.predict(without_fox) > value("three things", "fox")

    for cat in ("cat (1)", "cat (2)"):
        assert min(interaction("two cats", cat, both) for both in (0, 1)) > 0.5
    assert interaction("two cats", "cat (1)", "cat (2)") < -1.5
    assert interaction("two cats", "purple", 1) > 0.5 > -0.7 > interaction("two cats", "purple", 0)

    assert value("above", "above") < -0.6
    assert max(interaction("above", "above", noun) for noun in ("tree", "star")) < -0.3
    assert max(interaction("in the corner", word, "boat") for word in ("top", "left")) < -0.8
    assert value("absent", "rocket") < -2 < 5 < interaction("absent", "fox", 0)

    swapped = told["swapped"]
    true = Explainer.demo().explain(
        *(showcase("swapped")[0], "a pink flower and an orange cup"), method="fixlip", max_order=1, progress=False
    )
    assert swapped.empty_value + 3 < swapped.full_value < true.full_value < swapped.full_value + 1
    assert interaction("swapped", "pink", 0) > 0.3 > -0.7 > interaction("swapped", "pink", 1)
    assert interaction("swapped", "cup", 1) > 2
    strongest = np.sort(np.abs(swapped.second[np.triu_indices(swapped.n_players, 1)]))[::-1]
    assert abs(interaction("swapped", "pink", "cup")) < min(0.4, strongest[11])


def _patches(case: Showcase, index: int) -> list[str]:
    """The patches of the 7 × 7 that the thing fills."""
    _, _, (x, y), size = case.items[index]
    near = 0.425 * size
    return [
        f"patch {row},{column}"
        for row in range(7)
        for column in range(7)
        if abs((column + 0.5) / 7 - x) < near and abs((row + 0.5) / 7 - y) < near
    ]
