from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
import traitlets
from PIL import Image

from fixlip_widget.errors import InputError
from fixlip_widget.explanation import Explanation
from fixlip_widget.widget import ExplanationWidget, mimebundle
from fixlip_widget.widget.html import render_html
from fixlip_widget.widget.serialize import serialize
from tests.widget.samples import hydrant, oblong

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    return hydrant()


@pytest.fixture
def widget(explanation: Explanation) -> ExplanationWidget:
    return ExplanationWidget(explanation)


def test_a_new_widget_shows_attributions(widget: ExplanationWidget, explanation: Explanation) -> None:
    assert widget.explanation is explanation
    assert (widget.selected, widget.mode) == ([], "attribution")
    assert (widget.status, widget.progress) == ("ready", 0.0)


def test_selecting_conditions_and_clearing_returns(widget: ExplanationWidget) -> None:
    widget.selected = [54]
    assert widget.mode == "conditional"
    widget.mode = "attribution"
    assert widget.selected == [54]
    widget.selected = [54, 3]
    assert widget.mode == "conditional"
    widget.selected = []
    assert widget.mode == "attribution"


@pytest.mark.parametrize("mode", ["links", "subset"])
def test_links_and_sets_stay_when_the_selection_changes(widget: ExplanationWidget, mode: str) -> None:
    widget.mode = mode
    widget.selected = [54]
    assert widget.mode == mode
    widget.selected = []
    assert widget.mode == mode


def test_tokens_can_be_switched_off_from_either_side(widget: ExplanationWidget, explanation: Explanation) -> None:
    assert (widget.hidden, widget.measured) == ([], None)
    widget.hidden = [54, 3]
    assert (widget.selected, widget.mode) == ([], "attribution")
    widget.measured = {"hidden": [54, 3], "similarity": 20.5}
    assert widget.get_state()["measured"] == {"hidden": [54, 3], "similarity": 20.5}
    widget.set_state({"hidden": [54]})  # what the page sends
    assert widget.hidden == [54]
    with pytest.raises(InputError):
        widget.hidden = [57]
    assert ExplanationWidget(explanation, hidden=[7]).hidden == [7]
    widget.explanation = oblong()
    assert (widget.hidden, widget.measured) == ([], None)


def test_observers_hear_of_a_click(widget: ExplanationWidget) -> None:
    heard: list[list[int]] = []
    widget.observe(lambda change: heard.append(change["new"]), "selected")
    widget.set_state({"selected": [54], "mode": "conditional"})  # what the page sends
    assert heard == [[54]]
    assert widget.mode == "conditional"


def test_a_selection_is_whole_numbers_once_each(widget: ExplanationWidget) -> None:
    widget.selected = [np.int64(9), 2, 9]
    assert widget.selected == [9, 2]
    assert all(type(player) is int for player in widget.selected)
    by_name: list[Any] = ["dog", 9]
    widget.selected = by_name
    assert widget.selected == [50, 9]


@pytest.mark.parametrize("wrong", [[57], [-1], [1.5], ["bird"], [True]])
def test_a_selection_outside_the_tokens_is_refused(widget: ExplanationWidget, wrong: list[Any]) -> None:
    widget.selected = [1]
    with pytest.raises(InputError, match=r"no token .* choose a name in `tokens`, or a whole number from 0 to 56\."):
        widget.selected = wrong
    assert widget.selected == [1]


def test_an_unknown_mode_is_refused(widget: ExplanationWidget) -> None:
    with pytest.raises(traitlets.TraitError):
        widget.mode = "sideways"


def test_a_misspelt_argument_is_answered(explanation: Explanation) -> None:
    with pytest.raises(InputError, match="'selection'; did you mean 'selected'"):
        ExplanationWidget(explanation, selection=[3])
    with pytest.raises(InputError, match="takes selected, hidden, mode, layout"):
        ExplanationWidget(explanation, zzz=3)


def test_state_can_be_given_at_the_start(explanation: Explanation) -> None:
    assert ExplanationWidget(explanation, selected=[3]).mode == "conditional"
    widget = ExplanationWidget(explanation, selected=[3], mode="attribution")
    assert (widget.selected, widget.mode) == ([3], "attribution")


def test_two_widgets_share_nothing(explanation: Explanation) -> None:
    one, other = ExplanationWidget(explanation), ExplanationWidget(explanation)
    one.selected = [1]
    assert other.selected == []


def test_state_survives_a_round_trip(widget: ExplanationWidget, explanation: Explanation) -> None:
    widget.selected = [4, 55]
    saved = {name: widget.get_state()[name] for name in ("selected", "mode", "values", "meta", "picture")}
    again = ExplanationWidget(explanation)
    again.set_state(saved)
    assert again.get_state()["selected"] == [4, 55]
    assert again.mode == "conditional"
    assert again.values == widget.values == serialize(explanation)["values"]


def test_another_explanation_takes_the_place(widget: ExplanationWidget) -> None:
    widget.selected = [54]
    other = oblong()
    widget.explanation = other
    assert (widget.selected, widget.mode) == ([], "attribution")
    assert {name: getattr(widget, name) for name in serialize(other)} == serialize(other)
    widget.selected = [20]
    with pytest.raises(InputError):
        widget.selected = [54]


def test_every_place_finds_something_to_show(explanation: Explanation) -> None:
    data, metadata = mimebundle(explanation)

    assert set(data) == {WIDGET_VIEW, "image/png", "text/plain"}
    assert data["text/plain"] == repr(explanation)
    with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as still:
        assert metadata["image/png"] == {"width": still.width // 2, "height": still.height // 2}
    assert explanation._repr_mimebundle_()[0].keys() == data.keys()


def test_a_view_opens_with_the_word_of_the_strongest_interaction() -> None:
    explanation = hydrant()
    pairs = np.abs(explanation.second_order()[:49, 49:])  # (49, 8)
    strongest = 49 + int(np.unravel_index(pairs.argmax(), pairs.shape)[1])
    for widget in (explanation.show(), explanation.show(layout={"width": "50%"})):
        assert (widget.selected, widget.mode) == ([strongest], "conditional")
    assert f'"selected": [{strongest}]' in render_html(explanation)
    assert explanation.show(selected=[]).selected == []
    assert explanation.show(selected=3).selected == [3]
    assert explanation.show(selected=np.array([1, 2])).selected == [1, 2]
    assert explanation.show(mode="conditional").selected == [strongest]
    assert (explanation.show(mode="links").selected, explanation.show(hidden=[3]).selected) == ([], [])
    assert '"selected": []' in render_html(explanation, selected=())
    assert '"selected": [3, 50]' in render_html(explanation, selected=[3, 50])
    with pytest.raises(InputError, match="There is no token 99"):
        render_html(explanation, selected=[99])


def test_a_view_without_interactions_opens_with_attributions() -> None:
    flat = hydrant().replace(second=np.zeros((57, 57)))
    unknown = hydrant().replace(second=np.full((57, 57), np.nan))
    for explanation in (flat, unknown, hydrant().replace(max_order=1)):
        assert (explanation.show().selected, explanation.show().mode) == ([], "attribution")
