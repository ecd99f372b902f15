// The value of the token under the pointer or with keyboard focus. Hidden from screen readers, which announce the
// token's own label.
import { signOf } from "../color-scale.js";
import type { Explanation } from "../deserialize.js";
import { formatEstimate, formatSigned } from "../format.js";
import { isUncertain } from "../interactions.js";
import { listen, make } from "./dom.js";
import type { Frame } from "./frame.js";
import { sentenceFor, TERMS, type Term } from "./sentences.js";
import { createMagnifier } from "./thumbnails.js";
import { elementEstimate, ownAttribution } from "./token.js";

const OWN = "Selected: its own attribution. All other numbers are interactions with it.";
/** Terms that are no words of their own. */
const SPELT: Partial<Record<Term, string>> = { signs: "+ and −", frame: "cropped", rug: "all values" };
/** Pixels between tooltip and target. */
const GAP = 8;

export interface Tooltip {
  readonly element: HTMLElement;
  show(target: HTMLElement, frame: Frame): void;
  /** Explains a term. */
  explain(target: HTMLElement, term: Term): void;
  hide(): void;
}

export function createTooltip(root: HTMLElement, explanation: Explanation): Tooltip {
  const title = make("bdi", "tip-name");
  const number = make("span", "tip-value");
  const note = make("span", "tip-note", {}, "within its error");
  const sentence = make("span", "tip-note");
  const magnifier = createMagnifier(explanation);
  const attributes = { "aria-hidden": true, hidden: "" };
  const element = make("div", "tip", attributes, magnifier.element, title, number, note, sentence);

  return {
    element,
    show(target, frame) {
      const { name, value, stderr, players } = elementEstimate(target, frame);
      title.textContent = name;
      const own = ownAttribution(players, frame);
      const shown =
        own === null ? formatEstimate(value, stderr, frame.digits) : formatSigned(own, frame.digits);
      number.textContent = `${shown} ${frame.explanation.fields.units}`;
      number.dataset.sign = signOf(own ?? value);
      note.hidden = own !== null || !isUncertain(value, stderr);
      sentence.textContent = own === null ? sentenceFor({ players, value, stderr }, frame) : OWN;
      magnifier.update(target, players);
      element.hidden = false;
      positionNear(target, element, root);
    },
    explain(target, term) {
      title.textContent = term in SPELT ? (SPELT[term] as string) : term;
      number.textContent = "";
      note.hidden = magnifier.element.hidden = true;
      sentence.textContent = TERMS[term];
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

/**
 * Shows what a term means while it is pointed at, focused or touched. The terms are one stop for the Tab key; arrow keys
 * move between them.
 */
export function addTermTips(root: HTMLElement, tooltip: Tooltip, signal: AbortSignal): void {
  const terms = [...root.querySelectorAll<HTMLElement>("[data-term][tabindex]")];
  if (terms[0]) terms[0].tabIndex = 0;
  const move = (event: KeyboardEvent) => {
    const visible = terms.filter((term) => !term.hidden);
    const from = visible.indexOf(event.target as HTMLElement);
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = from < 0 || step === undefined ? undefined : visible[from + step];
    if (!next) return;
    event.preventDefault();
    for (const term of terms) term.tabIndex = term === next ? 0 : -1;
    next.focus();
  };
  listen(root, "keydown", move, signal);
  const termAt = (target: EventTarget | null) =>
    (target as Element | null)?.closest<HTMLElement>("[data-term]");
  for (const type of ["pointerover", "focusin"] as const) {
    const show = ({ target }: Event) => {
      const element = termAt(target);
      if (element) tooltip.explain(element, element.dataset.term as Term);
    };
    listen(root, type, show, signal);
  }
  for (const type of ["pointerout", "focusout"] as const) {
    const hide = ({ target }: Event) => termAt(target) && tooltip.hide();
    listen(root, type, hide, signal);
  }
}
