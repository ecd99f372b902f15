// The number under the pointer or the keyboard's focus. Screen readers hear it from the token itself.
import { pairIndex } from "../data.js";
import { signOf } from "../scale.js";
import { make } from "./dom.js";
import { amount, type Frame } from "./frame.js";

const GAP = 8;

export interface Tooltip {
  readonly element: HTMLElement;
  show(target: Element, players: readonly number[], frame: Frame): void;
  hide(): void;
}

export function createTooltip(root: HTMLElement): Tooltip {
  const name = make("bdi", "tip-name");
  const value = make("span", "tip-value");
  const element = make("div", "tip", { "aria-hidden": true, hidden: "" }, name, value);

  return {
    element,
    show(target, players, frame) {
      const { names, meta } = frame.explanation;
      const [number, error] = numberOf(players, frame);
      name.textContent = players.map((player) => names[player]).join(" · ");
      value.textContent = `${amount(number, error, frame.digits)} ${meta.units}`;
      value.dataset.sign = signOf(number);
      element.hidden = false;
      place(element, target, root);
    },
    hide() {
      element.hidden = true;
    },
  };
}

/** The number shown of a token, or the interaction of two. */
function numberOf(
  [one, two]: readonly number[],
  { values, errors, explanation }: Frame,
): readonly [value: number, error: number] {
  if (two === undefined) return [values[one as number] as number, errors[one as number] as number];
  const at = pairIndex(one as number, two, explanation.players);
  return [explanation.pairs[at] as number, explanation.errors?.pairs[at] ?? Number.NaN];
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
