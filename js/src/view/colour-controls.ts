// Display settings: strength of the colours, the picture beneath them, and words as tokens or whole.
import type { Explanation } from "../deserialize.js";
import { type ChangeSettings, PICTURE_STYLES, type PictureStyle, type WordDisplay } from "../settings.js";
import { createSlider, createToggle } from "./controls.js";
import { make } from "./dom.js";
import type { Component } from "./frame.js";

export function createColourControls(
  { words, meta }: Explanation,
  changeSettings: ChangeSettings,
): Component {
  const overlay = createSlider("strength of the colours", { min: 0, max: 100, step: 5 }, (percent) =>
    changeSettings({ overlay: percent / 100 }),
  );
  const pictureStyle = createToggle<PictureStyle>("picture", PICTURE_STYLES, (picture) =>
    changeSettings({ picture }),
  );
  pictureStyle.element.hidden = meta.size === null;
  const wordDisplay = createToggle<WordDisplay>("words", ["pieces", "whole"], (choice) =>
    changeSettings({ wordDisplay: choice }),
  );
  wordDisplay.element.hidden = words.every((word) => word.length < 2);
  const name = make("div", "row-name", {}, "colours");
  return {
    element: make("div", "colours", {}, name, overlay.element, pictureStyle.element, wordDisplay.element),
    update({ settings }) {
      overlay.update(100 * settings.overlay, `${Math.round(100 * settings.overlay)} %`);
      pictureStyle.update(settings.picture);
      wordDisplay.update(settings.wordDisplay);
    },
  };
}
