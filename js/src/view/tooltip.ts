// The number under the pointer or the keyboard's focus. Screen readers hear it from the token itself.

import { signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { isUncertain } from "../interactions.js";
import { make } from "./dom.js";
import { amount, type Frame } from "./frame.js";
import { createLens } from "./lens.js";
import { readingOf } from "./reading.js";

const GAP = 8;

export interface Tooltip {
  readonly element: HTMLElement;
  show(target: HTMLElement, frame: Frame): void;
  hide(): void;
}

export function createTooltip(root: HTMLElement, explanation: Explanation): Tooltip {
  const title = make("bdi", "tip-name");
  const number = make("span", "tip-value");
  const note = make("span", "tip-note", {}, "within its error");
  const lens = createLens(explanation);
  const element = make("div", "tip", { "aria-hidden": true, hidden: "" }, lens.element, title, number, note);

  return {
    element,
    show(target, frame) {
      const { name, value, error, players } = readingOf(target, frame);
      title.textContent = name;
      number.textContent = `${amount(value, error, frame.digits)} ${frame.explanation.meta.units}`;
      number.dataset.sign = signOf(value);
      note.hidden = !isUncertain(value, error);
      lens.update(target, players);
      element.hidden = false;
      place(element, target, root);
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** Above the target, or below it where there is no room; never outside the view. */
function place(element: HTMLElement, target: Element, root: HTMLElement): void {
  const frame = root.getBoundingClientRect();
  const box = target.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = box.left + box.width / 2 - width / 2 - frame.left;
  const above = box.top - frame.top - height - GAP;
  const below = box.bottom - frame.top + GAP;
  element.style.left = `${Math.max(0, Math.min(left, frame.width - width))}px`;
  element.style.top = `${above >= 0 ? above : below}px`;
}
