// The ⋯ menu: strength of the colours, words as tokens or whole, and export.
import type { Explanation } from "../deserialize.js";
import { COPIES, type Copy } from "../export/clipboard.js";
import { FORMATS, type Format } from "../export/files.js";
import { type ChangeSettings, PICTURE_STYLES, type PictureStyle, type WordDisplay } from "../settings.js";
import { createButton, createSlider, createToggle } from "./controls.js";
import { make } from "./dom.js";
import type { Component, Frame } from "./frame.js";

export function createMenu(
  { words, meta }: Explanation,
  changeSettings: ChangeSettings,
  save: (format: Format) => Promise<void>,
  copy: (what: Copy) => Promise<void>,
): Component {
  const failure = make("div", "failure", { role: "alert" });
  const overlay = createSlider("strength of the colours", { min: 0, max: 100, step: 5 }, (percent) =>
    changeSettings({ overlay: percent / 100 }),
  );
  const pictureStyle = createToggle<PictureStyle>("picture", PICTURE_STYLES, (choice) =>
    changeSettings({ picture: choice }),
  );
  pictureStyle.element.hidden = meta.size === null;
  const wordDisplay = createToggle<WordDisplay>("words", ["pieces", "whole"], (choice) =>
    changeSettings({ wordDisplay: choice }),
  );
  wordDisplay.element.hidden = words.every((word) => word.length < 2);
  // Focusable, so that a click on it does not count as leaving the menu.
  const list = make(
    "div",
    "menu-list",
    { tabindex: -1 },
    make("div", "row-name", {}, "colours"),
    overlay.element,
    pictureStyle.element,
    wordDisplay.element,
    make(
      "div",
      "formats",
      {},
      "save as",
      ...FORMATS.map((format) => createActionButton(format, save, failure)),
    ),
    make("div", "formats", {}, "copy", ...COPIES.map((what) => createActionButton(what, copy, failure))),
    failure,
  );
  const element = make(
    "details",
    "menu",
    {},
    make("summary", "menu-button", { "aria-label": "options" }, "⋯"),
    list,
  );

  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !element.open) return;
    event.stopPropagation();
    element.open = false;
    element.querySelector("summary")?.focus();
  });
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) element.open = false;
  });

  return {
    element,
    update({ settings }: Frame) {
      overlay.update(100 * settings.overlay, `${Math.round(100 * settings.overlay)} %`);
      pictureStyle.update(settings.picture);
      wordDisplay.update(settings.wordDisplay);
    },
  };
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
