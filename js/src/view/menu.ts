// What is seldom needed, behind three dots.
import type { Explanation } from "../deserialize.js";
import { FORMATS, type Format } from "../export/files.js";
import type { Adjust, Words } from "../settings.js";
import { make } from "./dom.js";
import type { Frame, Part } from "./frame.js";
import { createSlider } from "./slider.js";
import { createToggle } from "./toggle.js";

export function createMenu(
  { words }: Explanation,
  adjust: Adjust,
  save: (format: Format) => Promise<void>,
): Part & { readonly element: HTMLElement } {
  const failed = make("div", "failed", { role: "alert" });
  const overlay = createSlider("strength of the colours", { least: 0, most: 100, step: 5 }, (percent) =>
    adjust({ overlay: percent / 100 }),
  );
  const pieces = createToggle<Words>("words", ["pieces", "whole"], (chosen) => adjust({ words: chosen }));
  pieces.element.hidden = words.every((word) => word.length < 2);
  // It takes the focus, so that a click on it does not close it.
  const list = make(
    "div",
    "menu-list",
    { tabindex: -1 },
    make("div", "row-name", {}, "colours"),
    overlay.element,
    pieces.element,
    make("div", "formats", {}, "save as", ...FORMATS.map((format) => saver(format, save, failed))),
    failed,
  );
  const element = make(
    "details",
    "menu",
    {},
    make("summary", "dots", { "aria-label": "options" }, "⋯"),
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
    update({ look }: Frame) {
      overlay.update(100 * look.overlay, `${Math.round(100 * look.overlay)} %`);
      pieces.update(look.words);
    },
  };
}

function saver(format: Format, save: (format: Format) => Promise<void>, failed: HTMLElement): HTMLElement {
  const button = make("button", "button", { type: "button" }, format);
  button.addEventListener("click", () => {
    failed.textContent = "";
    save(format).catch((error: unknown) => {
      failed.textContent = `${format} could not be made: ${error instanceof Error ? error.message : error}`;
    });
  });
  return button;
}
