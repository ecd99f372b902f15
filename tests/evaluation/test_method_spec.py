"""`MethodSpec`: methods with options as they are written on the command line."""

from __future__ import annotations

import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.evaluation.method_spec import MethodSpec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fixlip:", "'fixlip:' is no method; write it as in fixlip, fixlip:0.3/1 or fixlip@2048"),
        ("game@64", "budget=64 means nothing to 'game'"),
        ("magic", "There is no method 'magic'; use fixlip, "),
        ("fixlip:1.5", "p=1.5 is not a probability"),
        ("game/2", "max_order=2 cannot be fitted by 'game'"),
        ("shapley:0.3", "p=0.3 means nothing to 'shapley'"),
    ],
)
def test_options_are_validated_with_the_method(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        MethodSpec.parse(text)


def test_text_is_parsed_and_normalized() -> None:
    spec = MethodSpec.parse(" fixlip:0.30/1@64 ")
    assert spec == MethodSpec("fixlip", 0.3, 1, 64)
    assert str(spec) == "fixlip:0.3/1@64"
    assert str(MethodSpec.parse("shapley")) == "shapley"


def test_masks_of_the_specification_replace_the_budget() -> None:
    assert MethodSpec.parse("game").options(budget=5)["budget"] is None
    assert MethodSpec.parse("fixlip").options(budget=5)["budget"] == 5
    grid = MethodSpec.parse("fixlip@64").options(budget=5)
    assert (grid["budget"], grid["n_image_masks"]) == (None, 64)
    assert MethodSpec.parse("shapley@64").options(budget=5)["n_image_masks"] == 64
    assert MethodSpec.parse("banzhaf@64").options(budget=5)["budget"] == 64
