// Form controls: a toggle of few choices, a slider, and the buttons for the selection.
import type { Dispatch } from "../selection.js";
import { listen, make } from "./dom.js";
import { type Component, type Frame, hasPredictions } from "./frame.js";

export interface Toggle<Choice extends string> {
  readonly element: HTMLElement;
  update(choice: Choice, ...disabled: readonly Choice[]): void;
}

/** Radio buttons, as these bring keyboard control. Each group is in a form, so that groups of two views stay separate. */
export function createToggle<Choice extends string>(
  label: string,
  choices: readonly Choice[],
  onChange: (choice: Choice) => void,
): Toggle<Choice> {
  const inputs = choices.map((value) => make("input", "radio", { type: "radio", name: label, value }));
  const options = inputs.map((input) => make("label", "choice", {}, input, input.value));
  const group = make("div", "toggle", { role: "radiogroup", "aria-label": label }, ...options);
  const element = make("form", "form", {}, group);
  listen(element, "submit", (event) => event.preventDefault());
  listen(element, "change", (event) => {
    event.stopPropagation();
    onChange((event.target as HTMLInputElement).value as Choice);
  });
  return {
    element,
    update(choice, ...disabled) {
      for (const input of inputs) {
        input.checked = input.value === choice;
        input.disabled = disabled.includes(input.value as Choice);
      }
    },
  };
}

export interface Slider {
  readonly element: HTMLElement;
  /** `text` is shown beside the slider and announced by screen readers. */
  update(value: number, text: string): void;
}

interface SliderRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

export function createSlider(label: string, range: SliderRange, onInput: (value: number) => void): Slider {
  const input = make("input", "range", { type: "range", ...range, "aria-label": label });
  const output = make("span", "slider-value", { "aria-hidden": true });
  listen(input, "input", (event) => {
    event.stopPropagation();
    onInput(input.valueAsNumber);
  });
  return {
    element: make("label", "slider", {}, input, output),
    update(value, text) {
      input.value = String(value);
      input.setAttribute("aria-valuetext", text);
      output.textContent = text;
    },
  };
}

export function createButton(text: string, onClick: () => void): HTMLElement {
  const button = make("button", "button", { type: "button" }, text);
  listen(button, "click", onClick);
  return button;
}

/** Buttons for Delete and Escape, which touch screens and switch devices do not have. */
export function createSelectionButtons(dispatch: Dispatch): Component {
  let selected: readonly number[] = [];
  const hide = createButton("switch off", () => dispatch({ kind: "toggleHidden", players: selected }));
  const clear = createButton("clear", () => dispatch({ kind: "clear" }));
  const element = make("div", "actions", { role: "group", "aria-label": "selection" }, hide, clear);

  return {
    element,
    update(frame: Frame) {
      selected = frame.selected;
      element.hidden = selected.length === 0;
      hide.hidden = !hasPredictions(frame.explanation);
      hide.textContent = selected.every((player) => frame.hidden.has(player)) ? "switch on" : "switch off";
    },
  };
}
