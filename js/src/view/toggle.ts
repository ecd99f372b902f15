// A choice between few words. Radio buttons bring their own keyboard; the form keeps two views' groups apart.
import { make } from "./dom.js";

export interface Toggle<Choice extends string> {
  readonly element: HTMLElement;
  update(choice: Choice, ...disabled: readonly Choice[]): void;
}

export function createToggle<Choice extends string>(
  label: string,
  choices: readonly Choice[],
  onChange: (choice: Choice) => void,
): Toggle<Choice> {
  const inputs = choices.map((value) => make("input", "radio", { type: "radio", name: label, value }));
  const options = inputs.map((input) => make("label", "choice", {}, input, input.value));
  const group = make("div", "toggle", { role: "radiogroup", "aria-label": label }, ...options);
  const element = make("form", "form", {}, group);
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("change", (event) => {
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
