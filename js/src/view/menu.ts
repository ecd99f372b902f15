// The ⋯ menu: strength of the colours, words as tokens or whole, and export, also of a figure for print.
import type { Explanation } from "../deserialize.js";
import { COPIES, type Copy } from "../export/clipboard.js";
import type { FigureOptions } from "../export/figure.js";
import { FIGURE_FORMATS, FORMATS, type Format } from "../export/files.js";
import type { ChangeSettings } from "../settings.js";
import { createColourControls } from "./colour-controls.js";
import { createButton } from "./controls.js";
import { listen, make } from "./dom.js";
import type { Component } from "./frame.js";

/** Width of a column in most journals. */
const COLUMN_MM = 85;

export function createMenu(
  explanation: Explanation,
  changeSettings: ChangeSettings,
  save: (format: Format, figure?: FigureOptions) => Promise<void>,
  copy: (what: Copy) => Promise<void>,
): Component {
  const failure = make("div", "failure", { role: "alert" });
  const colours = createColourControls(explanation, changeSettings);
  const width = make("input", "field", { type: "number", min: 20, max: 1000, value: COLUMN_MM });
  const font = make("input", "field", { type: "text", placeholder: "as on the page" });
  const figureButtons = FIGURE_FORMATS.map((format) => {
    const saveFigure = async () => {
      if (width.reportValidity())
        await save(format, { widthMm: width.valueAsNumber, font: font.value.trim() });
    };
    const button = createActionButton(format, saveFigure, failure);
    button.setAttribute("aria-label", `figure as ${format}`);
    if (format === "PDF") button.title = "Opens the print dialog, which saves PDFs.";
    return button;
  });
  width.required = true;
  width.step = "any";
  // Focusable, so that a click on it does not count as leaving the menu.
  const list = make(
    "div",
    "menu-list",
    { tabindex: -1 },
    colours.element,
    make(
      "div",
      "formats",
      {},
      "save as",
      ...FORMATS.map((format) => createActionButton(format, save, failure)),
    ),
    make("div", "formats", {}, "copy", ...COPIES.map((what) => createActionButton(what, copy, failure))),
    make("div", "row-name", {}, "figure for print"),
    make("div", "print-options", {}, labelled(width, "width", "mm"), labelled(font, "font")),
    make("div", "formats", {}, "save as", ...figureButtons),
    failure,
  );
  const element = make(
    "details",
    "menu",
    {},
    make("summary", "menu-button", { "aria-label": "options" }, "⋯"),
    list,
  );

  listen(element, "keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.stopPropagation();
    element.open = false;
    element.querySelector("summary")?.focus();
  });
  listen(element, "focusout", ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) element.open = false;
  });

  return { element, update: colours.update };
}

/** A button for what may fail, which then says so. */
function createActionButton<Name extends string>(
  name: Name,
  act: (name: Name) => Promise<void>,
  failure: HTMLElement,
): HTMLElement {
  return createButton(name, () => {
    failure.textContent = "";
    act(name).catch((error: unknown) => {
      failure.textContent = `${name} could not be made: ${error instanceof Error ? error.message : error}`;
    });
  });
}

function labelled(field: HTMLElement, before: string, after = ""): HTMLElement {
  return make("label", "labelled", {}, before, field, after);
}
