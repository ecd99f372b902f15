"""Encoders of a user's own that break the protocol."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from fixlip_widget.errors import InputError
from fixlip_widget.explainer import Explainer
from tests.games import TableEncoder, TableInput

PICTURE = np.zeros((4, 6, 3), np.uint8)


def explain(encoder: Any) -> None:
    Explainer(encoder).explain(PICTURE, "one two", n_image_masks=64, progress=False)


def with_image(**attributes: Any) -> TableEncoder:
    """An encoder whose images have these attributes in place of right ones."""

    class Encoder(TableEncoder):
        def image(self, image: Any) -> TableInput:
            prepared = super().image(image)
            vars(prepared).update(attributes)
            return prepared

    return Encoder()


def with_attributes(**attributes: Any) -> TableEncoder:
    encoder = TableEncoder()
    vars(encoder).update(attributes)
    return encoder


NUMBERS = [torch.nan, torch.inf, -torch.inf, None, 1e300, 10**400, "20", 1j, torch.tensor([1.0, 2.0]), b"1"]


@pytest.mark.parametrize("name", ["scale", "bias"])
@pytest.mark.parametrize("value", NUMBERS, ids=str)
def test_scale_and_bias_are_finite_numbers(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=rf"^The encoder's {name} is (?s:.*)which is no number"):
        explain(with_attributes(**{name: value}))


@pytest.mark.parametrize("value", [np.float32(3), torch.tensor([3.0]), 3, -3.0, torch.nn.Parameter(torch.tensor(3.0))])
def test_scale_may_be_any_one_number(value: Any) -> None:
    explain(with_attributes(scale=value, bias=value))


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (None, r"An encoder of type NoneType has no method image\(\)"),
        (with_attributes(name=None), "The encoder's name is None"),
        (with_attributes(text="a"), r"An encoder of type TableEncoder has no method text\(\)"),
        (with_attributes(name=b"table"), "The encoder's name is b'table', which is no string"),
        (with_attributes(device="tpu"), "The encoder's device is 'tpu'"),
        (with_attributes(device=1.5), "The encoder's device is 1.5"),
        (with_attributes(image=lambda image: None), r"image\(\) of the encoder returned a NoneType"),
        (with_attributes(text=lambda caption: caption), r"text\(\) of the encoder returned a str"),
        (with_image(n_players=6.0), "n_players of the image is 6.0, which is no whole number"),
        (with_image(n_players="6"), "n_players of the image is '6', which is no whole number"),
        (with_image(n_players=None), "n_players of the image is None"),
        (with_image(n_players=0), "The image has no tokens that could be players"),
        (with_image(tokens="abcdef"), "tokens of the image are 'abcdef', which is no list of strings"),
        (with_image(tokens=[b"a"] * 6), "tokens of the image are .*, which is no list of strings"),
        (with_image(tokens=["a"]), "The image has 6 players but 1 tokens"),
        (with_image(grid=(-2, -3)), r"grid of the image is \(-2, -3\)"),
        (with_image(grid=(0, 0)), r"grid of the image is \(0, 0\)"),
        (with_image(grid=(2, 3, 1)), r"grid of the image is \(2, 3, 1\)"),
        (
            with_image(grid=(2, 2)),
            r"grid of the image is \(2, 2\), which is no number of rows and columns of 6 players",
        ),
        (with_image(grid=("2", "3")), "grid of the image is"),
        (with_image(grid=6), "grid of the image is 6"),
        (with_image(grid=(torch.nan, 3)), r"grid of the image is \(nan, 3\)"),
    ],
)
def test_what_breaks_the_protocol_is_refused_where_it_enters(encoder: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        explain(encoder)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (lambda: Explainer.demo(device=1.5), "There is no device 1.5"),  # type: ignore[arg-type]  # as users may
        (lambda: Explainer.demo(precision=["fp32"]), r"There is no precision \['fp32'\]"),  # type: ignore[arg-type]
        (lambda: Explainer.from_open_clip(None), "name is a path such as .* not None"),  # type: ignore[arg-type]
        (lambda: Explainer.from_open_clip(3), "name is a path such as .* not 3"),  # type: ignore[arg-type]
    ],
)
def test_loaders_refuse_what_is_no_name(load: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load()
