// The value of the token under the pointer or with keyboard focus. Hidden from screen readers, which announce the
// token's own label.
import { signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { formatEstimate } from "../format.js";
import { isUncertain } from "../interactions.js";
import { make } from "./dom.js";
import type { Frame } from "./frame.js";
import { createMagnifier } from "./thumbnails.js";
import { elementEstimate } from "./token.js";

/** Pixels between tooltip and target. */
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
  const magnifier = createMagnifier(explanation);
  const attributes = { "aria-hidden": true, hidden: "" };
  const element = make("div", "tip", attributes, magnifier.element, title, number, note);

  return {
    element,
    show(target, frame) {
      const { name, value, stderr, players } = elementEstimate(target, frame);
      title.textContent = name;
      number.textContent = `${formatEstimate(value, stderr, frame.digits)} ${frame.explanation.fields.units}`;
      number.dataset.sign = signOf(value);
      note.hidden = !isUncertain(value, stderr);
      magnifier.update(target, players);
      element.hidden = false;
      positionNear(target, element, root);
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** Above the target, or below it where there is no room; within the width of the view. */
function positionNear(target: Element, element: HTMLElement, root: HTMLElement): void {
  const bounds = root.getBoundingClientRect();
  const box = target.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = box.left + box.width / 2 - width / 2 - bounds.left;
  const above = box.top - bounds.top - height - GAP;
  const below = box.bottom - bounds.top + GAP;
  element.style.left = `${Math.max(0, Math.min(left, bounds.width - width))}px`;
  element.style.top = `${above >= 0 ? above : below}px`;
}
