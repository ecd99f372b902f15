// A slider with its name and what it says now.
import { make } from "./dom.js";

export interface Slider {
  readonly element: HTMLElement;
  update(value: number, text: string): void;
}

export interface Range {
  readonly least: number;
  readonly most: number;
  readonly step: number;
}

export function createSlider(
  name: string,
  { least, most, step }: Range,
  onInput: (value: number) => void,
): Slider {
  const input = make("input", "range", { type: "range", min: least, max: most, step, "aria-label": name });
  const output = make("span", "reading", { "aria-hidden": true });
  input.addEventListener("input", (event) => {
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
