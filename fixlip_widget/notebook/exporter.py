"""`jupyter nbconvert --to fixlip`: a notebook as one HTML file, in which its saved views answer without a network."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from latex2mathml import exceptions
from latex2mathml.converter import convert
from nbconvert.exporters.html import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from traitlets import default

from fixlip_widget.notebook.mounts import Mounts
from fixlip_widget.notebook.saved_widgets import STATE_TYPE, VIEW_TYPE, SavedWidgets
from fixlip_widget.notebook.stills import still
from fixlip_widget.widget.html import script_safe
from fixlip_widget.widget.static import bundle

LATEX_ERRORS = tuple(
    each for each in vars(exceptions).values() if isinstance(each, type) and issubclass(each, Exception)
)
"""What is raised for formulas that are not understood."""
PROGRESS = "mask/s]"
"""What the lines of our progress bars end with."""


class FixlipExporter(HTMLExporter):  # type: ignore[misc]  # nbconvert has no types
    """nbconvert's HTML with live views, formulas as MathML, and nothing that is fetched but for widgets of others.

    Example:
        >>> import nbformat
        >>> from fixlip_widget.notebook.exporter import FixlipExporter
        >>> page, _ = FixlipExporter().from_notebook_node(nbformat.v4.new_notebook())
        >>> "<script src" in page
        False
    """

    export_from_notebook = "HTML with live FIxLIP views"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)

    @default("template_name")
    def _template_name_default(self) -> str:
        return "fixlip"

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [*super()._default_extra_template_basedirs(), str(Path(__file__).parent / "templates")]

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of a notebook, which itself stays as it is."""
        nb = copy.deepcopy(nb)
        page = _with_views(nb)
        converted, resources = super().from_notebook_node(nb, {**(resources or {}), "fixlip": page}, **kw)
        return converted, resources

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """As in the base class, with formulas as MathML, which needs no script."""
        cell = context.get("cell", {})
        renderer = _Renderer(
            escape=False,
            attachments=cell.get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
            **self.lexer_options,
        )
        html: str = MarkdownWithMath(renderer=renderer).render(source)
        return html

    @default("embed_images")
    def _embed_images_default(self) -> bool:
        return True


class _Renderer(IPythonRenderer):  # type: ignore[misc]  # nbconvert has no types
    """Formulas as MathML; those that are not understood stay as they are written."""

    def inline_math(self, body: str) -> str:
        return _mathml(body, "inline") or f"${escape(body)}$"

    def block_math(self, body: str) -> str:
        return _mathml(body, "block") or f"<p>$${escape(body)}$$</p>"


def _mathml(formula: str, display: str) -> str | None:
    try:
        html: str = convert(formula, display=display)
    except LATEX_ERRORS:
        return None
    return html


def _with_views(nb: NotebookNode) -> dict[str, Any]:
    """Put places for our views into the outputs of a notebook; what its page holds beside them."""
    widgets = SavedWidgets.of(nb.metadata)
    mounts = Mounts(widgets, lambda model_id: still(widgets.page_state(model_id)))
    others: set[str] = set()
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_progress(output, widgets)]
            for output, model_id in _displayed(cell.outputs):
                if widgets.contains_ours(model_id):
                    output.data, output.metadata = {"text/html": mounts.place(model_id)}, {"fixlip": True}
                else:
                    others.add(model_id)
    _keep_states(nb, widgets.needed_by(others | mounts.others))
    return {
        "states": {each: script_safe(widgets.page_state(each)) for each in widgets.models if each in mounts.placed},
        "page": script_safe({"module": bundle("widget.js"), "page": bundle("page.html"), "links": widgets.links()}),
        "style": bundle("widget.css"),
        "script": bundle("notebook.js"),
        "others": bool(others | mounts.others),
    }


def _displayed(outputs: list[NotebookNode]) -> Iterator[tuple[NotebookNode, str]]:
    """The outputs that display a widget, with the ids of their models."""
    for output in outputs:
        view = output.get("data", {}).get(VIEW_TYPE)
        if view:
            yield output, view["model_id"]


def _is_progress(output: NotebookNode, widgets: SavedWidgets) -> bool:
    """Whether an output is a progress bar, which says nothing once it is full."""
    if output.output_type == "stream":
        return PROGRESS in output.text
    view = output.get("data", {}).get(VIEW_TYPE)
    return bool(view) and any(widgets.kind(child) == "FloatProgress" for child in widgets.children(view["model_id"]))


def _keep_states(nb: NotebookNode, models: dict[str, Any]) -> None:
    """Keep only these models in the metadata; without any, nbconvert fetches nothing for widgets."""
    saved = nb.metadata.get("widgets", {})
    if models:
        saved[STATE_TYPE]["state"] = models
    elif saved:
        del nb.metadata["widgets"]
