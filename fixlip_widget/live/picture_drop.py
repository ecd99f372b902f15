"""A field that takes pictures that are dropped on it or pasted into it."""

from __future__ import annotations

import anywidget
import traitlets as t

SCRIPT = """
function render({ model, el, signal }) {
  const field = document.createElement("div");
  field.className = "fixlip-drop";
  field.textContent = "drop or paste a picture";
  field.title = "Drop a picture here, or click here and paste one.";
  field.tabIndex = 0;
  field.setAttribute("role", "button");
  // Otherwise JupyterLab would paste a cell.
  field.setAttribute("data-lm-suppress-shortcuts", "true");
  const listen = (type, callback) => field.addEventListener(type, callback, { signal });
  const mark = (isOver) => field.toggleAttribute("data-over", isOver);

  async function take(event, { files }) {
    event.preventDefault();
    event.stopPropagation();
    mark(false);
    const [file] = files;
    if (!file) return;
    model.set("name", file.name);
    model.set("content", new DataView(await file.arrayBuffer()));
    model.save_changes();
  }

  listen("drop", (event) => take(event, event.dataTransfer));
  listen("paste", (event) => take(event, event.clipboardData));
  listen("dragover", (event) => {
    event.preventDefault();
    mark(true);
  });
  listen("dragleave", () => mark(false));
  el.append(field);
}

export default { render };
"""
STYLE = """
.fixlip-drop {
  padding: 3px 10px;
  border: 1px dashed var(--jp-border-color1, #9aa0a8);
  border-radius: 3px;
  color: var(--jp-content-font-color2, #5c626c);
  font: 13px / 1.45 var(--jp-ui-font-family, system-ui, sans-serif);
  white-space: nowrap;
  cursor: copy;
}
.fixlip-drop:focus,
.fixlip-drop[data-over] {
  border-style: solid;
  outline: none;
  box-shadow: 0 0 0 1px var(--jp-brand-color1, #b26a00);
}
"""


class PictureDrop(anywidget.AnyWidget):
    """The field; observe `content`.

    Attributes:
        name: of the file that was dropped or pasted last.
        content: its bytes, whatever they are of.
    """

    _esm = SCRIPT
    _css = STYLE

    name = t.Unicode().tag(sync=True)
    # It arrives as a memoryview.
    content = t.Bytes().tag(sync=True, from_json=lambda view, _: bytes(view))
