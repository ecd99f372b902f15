// Renders a view into the document and acts on it as a reader would.
import widget from "../src/index.js";
import type { Model } from "../src/model.js";
import { goldenModel } from "./golden.js";

/** Waits until a change is rendered: colours in a microtask, everything else two animation frames later. */
export async function rendered(): Promise<void> {
  await Promise.resolve();
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}

export function renderView(model: Model = goldenModel()) {
  const el = document.body.appendChild(document.createElement("div"));
  const controller = new AbortController();
  widget.render({ model, el, signal: controller.signal });
  const find = (selector: string) => el.querySelector(selector) as HTMLElement;
  return {
    model,
    el,
    controller,
    find,
    root: find(".fixlip"),
    token: (player: number) => find(`[data-player="${player}"]`),
    values: () => valuesIn(el),
    async click(player: number, modifiers: MouseEventInit = {}) {
      find(`[data-player="${player}"]`).dispatchEvent(
        new MouseEvent("click", { bubbles: true, ...modifiers }),
      );
      await rendered();
    },
    /** Checks a radio button or checkbox. */
    async check(value: string) {
      find(`input[value="${value}"]`).click();
      await rendered();
    },
    async setSlider(label: string, value: string) {
      slide(find(`[aria-label="${label}"]`) as HTMLInputElement, value);
      await rendered();
    },
    async press(key: string, modifiers: KeyboardEventInit = {}) {
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers }),
      );
      await rendered();
    },
  };
}

export function slide(slider: HTMLInputElement, value: string): void {
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The value that each token of a view shows. */
export function valuesIn(element: Element): number[] {
  const tokens = element.querySelectorAll<HTMLElement>("[data-player]");
  return Array.from(tokens, (token) => Number(token.dataset.value));
}
