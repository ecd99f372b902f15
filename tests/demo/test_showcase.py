import pytest

from fixlip_widget.demo.lexicon import DemoTokenizer
from fixlip_widget.demo.scenes import UNSEEN
from fixlip_widget.demo.showcase import SHOWCASES, SIZE, showcase
from fixlip_widget.errors import InputError
from tests.demo.painting import object_masks


@pytest.mark.parametrize("name", SHOWCASES)
def test_every_showcase_can_be_shown(name: str) -> None:
    picture, caption = showcase(name)
    assert picture.size == (SIZE, SIZE)
    assert DemoTokenizer()(caption)
    scene = SHOWCASES[name].scene
    assert not {(item.thing, item.colour) for item in scene.items} & UNSEEN
    assert not {item.colour for item in scene.items} & {"red", "blue"}  # the colours of the values
    shown = object_masks(scene, 112)
    assert not shown[:, [0, -1]].any(), "a thing touches the border"
    assert not shown[:, :, [0, -1]].any(), "a thing touches the border"
    assert (shown.sum(axis=(1, 2)) > 200).all()


def test_an_unknown_scene_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"no scene 'zoo'.*'three things'"):
        showcase("zoo")
