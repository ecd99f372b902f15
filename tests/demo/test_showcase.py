"""The painted scenes for demonstrations."""

import pytest

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.scenes import UNSEEN
from fixlip_widget.demo.showcase import SHOWCASES, SIZE, showcase
from fixlip_widget.errors import InputError
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
