"""The bundled encoder warns of pictures unlike those that it has seen."""

import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

import fixlip_widget as fw
from fixlip_widget.demo.encoder import load_encoder
from fixlip_widget.demo.grid_scenes import draw_grid_scene
from fixlip_widget.demo.model import IMAGE_SIZE
from fixlip_widget.demo.painting import paint
from fixlip_widget.demo.scenes import draw_scenes
from fixlip_widget.demo.showcase import SHOWCASES, showcase
from fixlip_widget.demo.sprites import sprites


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_photographs_are_told_apart_from_scenes(name: str) -> None:
    photograph = Image.fromarray(getattr(data, name)())
    with pytest.warns(UserWarning, match="no scene of emoji on a light backdrop.*load a model of photographs"):
        load_encoder("cpu").image(photograph)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        live = fw.explore(photograph, "a cat", explainer=fw.Explainer.demo(image_grid=(1, 7)))
        assert live.worker.wait(60)
    assert live.explanation is not None
    assert live.controls.message.value.startswith("The picture is no scene of emoji")


def test_scenes_of_any_kind_are_none_of_them_doubted() -> None:
    encoder = load_encoder("cpu")
    drawn = paint(draw_scenes(torch.Generator().manual_seed(1), 200), sprites(), IMAGE_SIZE)[0]  # (200, 3, s, s)
    pictures = [Image.fromarray(each) for each in (255 * drawn.permute(0, 2, 3, 1)).round().byte().numpy()]
    pictures += [draw_grid_scene(seed, 4).render() for seed in range(20)]
    pictures += [showcase(name)[0] for name in SHOWCASES]
    pictures += [
        fw.scene("\n".join([" ".join(["🦊 🏠 🌙 🚀 🌵 🐈"])] * 6)),
        fw.scene("🌳", family="noto").resize((300, 200)),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for picture in pictures:
            assert encoder.doubt(picture) is None
            encoder.image(np.asarray(picture))
