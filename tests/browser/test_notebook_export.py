"""Exported notebooks in a browser, from a file and without a network."""

from __future__ import annotations

from pathlib import Path

import bqplot
import ipywidgets
import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, expect

import fixlip_widget as fw
from fixlip_widget.notebook.command import export
from fixlip_widget.notebook.exporter import FixlipExporter
from fixlip_widget.notebook.saved_widgets import STATE_TYPE, VIEW_TYPE
from tests.browser.conftest import Witness
from tests.browser.view import View
from tests.widget.samples import hydrant, oblong

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
DOG = 50


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_notebooks_are_alive_without_a_network(
    page: Page, witness: Witness, tmp_path: Path, path: Path
) -> None:
    n_views, size = export(path, tmp_path / "page.html")
    assert n_views > 0
    assert size <= 3e6
    asked = watch(page)
    page.context.set_offline(True)
    page.goto((tmp_path / "page.html").as_uri())
    views = page.locator("[data-fixlip-model] .fixlip, [data-fixlip-model] .fixlip-comparison")
    expect(page.locator(".fixlip-still")).to_have_count(0)
    for index in range(views.count()):
        place = views.nth(index)
        if place.evaluate("element => element.classList.contains('fixlip-comparison')"):
            continue  # its own views follow
        view = View(place)
        view.clear()
        word = place.locator(".fixlip-caption [data-player]").last
        word.click()
        assert len(view.selected()) == 1
    # bqplot's charts are drawn by Jupyter's own scripts.
    has_charts = path.stem == "04_evaluate"
    assert all("require" in url or "html-manager" in url for url in asked)
    assert bool(asked) == has_charts
    if not has_charts:
        assert witness.errors == []


def notebook(*displayed: ipywidgets.Widget) -> NotebookNode:
    """A notebook that shows widgets, as JupyterLab saves it."""
    outputs = [
        nbformat.v4.new_output(
            "display_data", {VIEW_TYPE: {"model_id": each.model_id, "version_major": 2, "version_minor": 0}}
        )
        for each in displayed
    ]
    manager = ipywidgets.Widget.get_manager_state(drop_defaults=False)
    made: NotebookNode = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("The Gram matrix $G = \\sum_{i} x_i^2$, and"),
            nbformat.v4.new_code_cell("show()", outputs=outputs),
        ],
        metadata={"widgets": {STATE_TYPE: manager}},
    )
    return made


def opened(page: Page, path: Path, content: NotebookNode) -> str:
    text, _ = FixlipExporter().from_notebook_node(content)
    path.write_text(text, encoding="utf-8")
    page.context.set_offline(True)
    page.goto(path.as_uri())
    return text


def watch(page: Page) -> list[str]:
    """The addresses that the page asks for, but its own and those within it."""
    asked: list[str] = []
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else asked.append(request.url),
    )
    return asked


def test_links_containers_and_formulas_survive(page: Page, witness: Witness, tmp_path: Path) -> None:
    first, second = hydrant().show(selected=[DOG]), hydrant().show(selected=[])
    label = ipywidgets.Label("<b>two</b> views")
    ipywidgets.jslink((first, "selected"), (second, "selected"))
    box = ipywidgets.HBox([first, ipywidgets.VBox([label, second])], layout=ipywidgets.Layout(grid_gap="7px"))
    asked = watch(page)
    text = opened(page, tmp_path / "linked.html", notebook(box, first))
    roots = page.locator(".fixlip")
    expect(roots).to_have_count(3)
    expect(page.locator("math")).to_be_visible()
    expect(page.get_by_text("<b>two</b> views")).to_be_visible()
    # One bundle for all, one state for a view that is shown twice.
    assert text.count("data-fixlip-state=") == 2
    assert text.count('id="fixlip-page"') == 1
    places = [roots.nth(index).bounding_box() for index in range(3)]
    assert places[0] is not None
    assert places[1] is not None
    assert places[1]["x"] >= places[0]["x"] + places[0]["width"]
    views = [View(roots.nth(index)) for index in range(3)]
    views[1].click(3)
    assert [view.selected() for view in views] == [{3}, {3}, {3}]
    views[2].click(7)
    assert [view.selected() for view in views] == [{7}, {7}, {7}]
    assert asked == []
    assert witness.errors == []


def test_widgets_of_others_stay_as_nbconvert_leaves_them(page: Page, tmp_path: Path) -> None:
    ours, slider = oblong().show(), ipywidgets.IntSlider(3)
    x = bqplot.LinearScale()
    chart = bqplot.Figure(marks=[bqplot.Lines(x=[0, 1], y=[1, 0], scales={"x": x, "y": bqplot.LinearScale()})])
    content = notebook(ipywidgets.VBox([ours, slider]), chart)
    text = opened(page, tmp_path / "mixed.html", content)
    expect(page.locator(".fixlip")).to_have_count(1)
    for other in (slider, chart):
        assert text.count(f'"model_id": "{other.model_id}"') == 1
    assert "html-manager" in text
    kept = content.metadata.widgets[STATE_TYPE].state
    assert ours.model_id in kept, "the notebook itself is not changed"
    # What the others need, and no more.
    page_state = page.locator(f'script[type="{STATE_TYPE}"]').text_content() or ""
    assert all(each.model_id in page_state for each in (slider, chart, x))
    assert ours.model_id not in page_state


def test_without_scripts_every_view_shows_its_still(browser: Browser, tmp_path: Path) -> None:
    single = hydrant().show(selected=[DOG])
    several = fw.compare(hydrant(), hydrant(triples=True))
    text, _ = FixlipExporter().from_notebook_node(notebook(single, several))
    (tmp_path / "still.html").write_text(text, encoding="utf-8")
    with browser.new_context(java_script_enabled=False, offline=True) as context:
        page = context.new_page()
        page.goto((tmp_path / "still.html").as_uri())
        stills = page.locator("img.fixlip-still")
        expect(stills).to_have_count(2)
        for index in range(2):
            box = stills.nth(index).bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) > 200
        assert "Explanation(" in (stills.first.get_attribute("alt") or "")
