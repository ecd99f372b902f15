"""The JSON format: everything comes back, anything else is refused, and `docs/json.md` describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.io.schema import ARRAYS, EXAMPLES, OPTIONAL, PICTURES, TUPLES, TYPES
from fixlip_widget.story import Step
from tests.strategies import explanations
from tests.widget.golden import samples
from tests.widget.samples import hydrant, oblong

DOCS = Path(__file__).parent.parent.parent / "docs" / "json.md"
NAMES = [field.name for field in fields(Explanation)]


def assert_equal_but_pictures(read: Explanation, expected: Explanation) -> None:
    assert read.image is None
    assert read.original is None
    for name in NAMES:
        if name not in PICTURES:
            assert_equal(getattr(read, name), getattr(expected, name), name)


def assert_equal(read: Any, expected: Any, name: str) -> None:
    if name == "story":  # the default mode of a step is written out
        read, expected = ([step.to_json() for step in steps] for steps in (read, expected))
    np.testing.assert_equal(read, expected, err_msg=name)


@given(explanation=explanations())
def test_any_explanation_comes_back(tmp_path_factory: pytest.TempPathFactory, explanation: Explanation) -> None:
    path = tmp_path_factory.mktemp("json") / "any.json"
    explanation.to_json(path)
    assert_equal_but_pictures(Explanation.from_json(path), explanation)


@pytest.mark.parametrize("explanation", [*samples().values(), hydrant(), hydrant(triples=True)], ids=repr)
def test_every_sample_comes_back(explanation: Explanation, tmp_path: Path) -> None:
    explanation.to_json(tmp_path / "sample.json")
    assert_equal_but_pictures(Explanation.from_json(tmp_path / "sample.json"), explanation)


@pytest.mark.parametrize("caption", [oblong().caption, '"}\n\x00\u2028</script>', "half a letter: \ud83d"])
def test_any_caption_can_be_read_by_other_programs(caption: str, tmp_path: Path) -> None:
    explanation = oblong().replace(caption=caption)
    explanation.to_json(tmp_path / "any.json")
    told = json.loads((tmp_path / "any.json").read_bytes())
    assert (told["format"], told["version"]) == ("fixlip-explanation", 1)
    assert told["caption"] == caption
    assert told["tokens"] == list(explanation.tokens)
    np.testing.assert_array_equal(told["second"], explanation.second)


def test_integers_are_read_where_the_field_holds_floats(tmp_path: Path) -> None:
    path = tmp_path / "integers.json"
    oblong().replace(p=1.0, empty_value=2.0).to_json(path)
    path.write_text(re.sub(r"\b(\d+)\.0\b", r"\1", path.read_text(encoding="utf-8")), encoding="utf-8")
    read = Explanation.from_json(path)
    assert repr(read.p) == "1.0"
    assert repr(read.empty_value) == "2.0"


Content = dict[str, Any]
WRONG: dict[str, tuple[Callable[[Content], object], str]] = {
    "story of words": (lambda content: {**content, "story": ["Once"]}, "a step of the story is 'Once', not an object"),
    "story of an unknown mode": (
        lambda content: {**content, "story": [{**Step("a").to_json(), "mode": "b"}]},
        "mode='b' is no mode of a view",
    ),
    "masks of words": (lambda content: {**content, "example_masks": ["01x"]}, "something other than strings of 0"),
    "masks of two lengths": (lambda content: {**content, "example_masks": ["01", "0"]}, "masks of different lengths"),
    "list": (lambda content: [content], "it holds a list, not a dict"),
    "text": (lambda content: "dog", "it holds a str, not a dict"),
    "other object": (lambda content: {"hello": 1}, "it has no first"),
    "no caption": (lambda content: content.pop("caption") and content, "it has no caption"),
    "other format": (lambda content: {**content, "format": "shap"}, "has format 'shap', version 1, not 'fixlip"),
    "later version": (lambda content: {**content, "version": 2, "second": {}}, "version 2, not .* upgrade fixlip"),
    "unknown field": (lambda content: {**content, "fourth": 4}, "was written by another version"),
    "number as caption": (lambda content: {**content, "caption": 3}, "caption has type int, not str"),
    "text as number": (lambda content: {**content, "full_value": "3"}, "full_value has type str, not float"),
    "flag as number": (lambda content: {**content, "max_order": True}, "max_order has type bool, not int"),
    "number as flag": (lambda content: {**content, "estimated": 1}, "estimated has type int, not bool"),
    "null as order": (lambda content: {**content, "max_order": None}, "max_order has type NoneType, not int"),
    "list as text": (lambda content: {**content, "model": ["a"]}, "model has type list, not str"),
    "text as tokens": (lambda content: {**content, "tokens": "dog"}, "tokens has type str, not list"),
    "number as token": (lambda content: {**content, "tokens": [1]}, "tokens has type int, not str"),
    "grid of one": (lambda content: {**content, "grid": [3]}, "grid has 1 items, not 2"),
    "grid of floats": (lambda content: {**content, "grid": [3.0, 5.0]}, "grid has type float, not int"),
    "p of three": (lambda content: {**content, "p": [0.1, 0.2, 0.3]}, "p has 3 items, not 2"),
    "no p": (lambda content: {**content, "p": None}, "p has type NoneType, not float"),
    "no first": (lambda content: {**content, "first": None}, "first has shape"),
    "text in array": (lambda content: {**content, "first": ["1"] * 21}, "first holds a str, not numbers"),
    "object as array": (lambda content: {**content, "second": {"0": 1}}, "second holds a dict, not numbers"),
    "ragged array": (lambda content: {**content, "second": [[1], [1, 2]]}, "inhomogeneous shape"),
    "array too short": (lambda content: {**content, "first": [1.0, 2.0]}, r"first has shape \(2,\)"),
    "number too large": (lambda content: {**content, "first": [10**400] * 21}, "too large"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_content_is_refused(wrong: str, tmp_path: Path) -> None:
    change, said = WRONG[wrong]
    path = tmp_path / "wrong.json"
    oblong().to_json(path)
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))))
    with pytest.raises(InputError, match=said) as refusal:
        Explanation.from_json(path)
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)


@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_file_is_refused(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = tmp_path_factory.mktemp("json") / "short.json"
    oblong(errors=True).to_json(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="is not an explanation in JSON"):
        Explanation.from_json(path)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no file .*none\.json; check the path\."):
        Explanation.from_json(tmp_path / "none.json")
    with pytest.raises(InputError, match="is no regular file; give the path of one"):
        Explanation.from_json(tmp_path)
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00PNG")
    for name in ("deep.json", "binary.json"):
        with pytest.raises(InputError, match=f"{name} is not an explanation in JSON"):
            Explanation.from_json(tmp_path / name)


def test_the_format_has_every_field_with_its_type() -> None:
    assert {*ARRAYS, *EXAMPLES, *TYPES, *PICTURES, "story"} == set(NAMES)
    hints = get_type_hints(Explanation)
    for name, kind in TYPES.items():
        accepted = {hints[name], *get_args(hints[name])} - {type(None)}
        items = {item for each in accepted for item in get_args(each)} - {...}
        assert kind in (items if name in TUPLES else accepted), name
    assert set(OPTIONAL) == {name for name in TYPES if type(None) in get_args(hints[name])}


def test_the_documentation_has_a_row_for_each_field() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [name for name in NAMES if name not in PICTURES]


def test_the_documented_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    explanation = oblong()
    explanation.to_json(tmp_path / "dog.json")
    monkeypatch.chdir(tmp_path)
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    with redirect_stdout(StringIO()) as printed:
        exec(example[1], {})
    best = np.argsort(-explanation.second[-1], kind="stable")[:3]
    expected = [f"{explanation.tokens[player]} {explanation.second[-1, player]}" for player in best]
    assert printed.getvalue().splitlines() == expected
