// A view on a page, and what a person does with it.
import widget from "../src/index.js";
import type { Model } from "../src/model.js";
import { goldenModel } from "./golden.js";

/** All that a change brings is there: the colours at once, all else after they are painted. */
export async function settled(): Promise<void> {
  await Promise.resolve();
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
}

export function show(model: Model = goldenModel()) {
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
    values: () =>
      Array.from(el.querySelectorAll<HTMLElement>("[data-player]"), (t) => Number(t.dataset.value)),
    async click(player: number, modifiers: MouseEventInit = {}) {
      find(`[data-player="${player}"]`).dispatchEvent(
        new MouseEvent("click", { bubbles: true, ...modifiers }),
      );
      await settled();
    },
    async press(key: string, modifiers: KeyboardEventInit = {}) {
      document.activeElement?.dispatchEvent(
        new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...modifiers }),
      );
      await settled();
    },
  };
}
