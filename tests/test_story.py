"""Stories: what is kept of them, what a view opens with, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.story import Step
from tests.widget.samples import hydrant, oblong

STEPS = (
    Step("Click the dog.", click=50, hidden=[3]),
    Step("It goes with its patches.", selected=[50]),
    Step("Without the dog.", selected=[50], hidden=[50], mode="links"),
)


def test_a_story_is_kept_in_files(tmp_path: Path) -> None:
    told = hydrant().with_story(STEPS)
    told.save(tmp_path / "told.npz")
    told.to_json(tmp_path / "told.json")
    for read in (Explanation.load(tmp_path / "told.npz"), Explanation.from_json(tmp_path / "told.json")):
        assert [step.to_json() for step in read.story] == [step.to_json() for step in told.story]
    assert [step.shown_mode for step in told.story] == ["attribution", "conditional", "links"]


def test_a_view_opens_with_the_first_step_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    told = hydrant().with_story(STEPS)
    shown = told.show()
    assert (shown.mode, shown.selected, shown.hidden) == ("attribution", [], [3])
    asked = told.show(selected=[50])
    assert (asked.mode, asked.selected, asked.hidden) == ("conditional", [50], [])
    told.to_html(tmp_path / "told.html")
    page = (tmp_path / "told.html").read_text(encoding="utf-8")
    assert '"hidden": [3]' in page
    assert '"mode": "attribution"' in page


def test_a_story_is_of_its_tokens() -> None:
    told = hydrant().with_story(STEPS)
    other = oblong()
    arrays = {"first": other.first, "second": other.second, "stderr_first": None, "stderr_second": None}
    changed = told.replace(tokens=other.tokens, grid=other.grid, stderr_first_order=None, **arrays)
    assert changed.story == ()
    with pytest.raises(InputError, match="There is no token 50"):
        oblong().with_story(STEPS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": " "}, "text=' ' tells nothing"),
        ({"text": 3}, "text=3 tells nothing"),
        ({"text": "a", "mode": "heat"}, "mode='heat' is no mode of a view; use 'attribution'"),
    ],
)
def test_steps_that_show_nothing_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Step(**arguments)
