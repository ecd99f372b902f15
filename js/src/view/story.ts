// A story: steps with a text each, which set what is shown. A step may ask for a click, which leads to the next one.
import type { Explanation } from "../deserialize.js";
import type { Dispatch } from "../selection.js";
import { createButton } from "./controls.js";
import { make } from "./dom.js";
import type { Component } from "./frame.js";

/** `tokens` are the elements of the players. */
export function createStory(
  { fields }: Explanation,
  tokens: readonly HTMLElement[],
  dispatch: Dispatch,
): Component {
  const steps = fields.story ?? [];
  let position = 0;
  const text = make("p", "story-text", { "aria-live": "polite" });
  const place = make("span", "place");
  const back = createButton("‹ back", () => go(position - 1));
  const next = createButton("next ›", () => go(position + 1));
  const buttons = make("div", "story-steps", {}, back, place, next);
  const element = make("div", "story", { role: "region", "aria-label": "story" }, text, buttons);
  element.hidden = steps.length === 0;

  function go(to: number): void {
    const step = steps[to];
    if (!step) return;
    position = to;
    write();
    const { mode, selected, hidden } = step;
    dispatch({ kind: "restore", state: { mode, selected, hidden } });
  }

  function write(): void {
    const step = steps[position];
    if (!step) return;
    text.textContent = step.text;
    place.textContent = `${position + 1} of ${steps.length}`;
    back.toggleAttribute("disabled", position === 0);
    next.toggleAttribute("disabled", position === steps.length - 1);
    for (const [player, token] of tokens.entries())
      token.toggleAttribute("data-asked", player === step.click);
  }

  write();
  return {
    element,
    update({ selectedSet }) {
      const step = steps[position];
      const isDone = step && step.click !== null && selectedSet.has(step.click);
      if (isDone && !step.selected.includes(step.click)) go(position + 1);
    },
  };
}
