// What keys do with a selection, for whoever has none: a finger, a single switch.
import { make } from "./dom.js";
import { type Act, type Frame, type Part, predicts } from "./frame.js";

export function createActions(act: Act): Part {
  let selected: readonly number[] = [];
  const off = make("button", "button", { type: "button" }, "switch off");
  const clear = make("button", "button", { type: "button" }, "clear");
  off.addEventListener("click", () => act({ kind: "switch", players: selected }));
  clear.addEventListener("click", () => act({ kind: "clear" }));
  const element = make("div", "actions", { role: "group", "aria-label": "selection" }, off, clear);

  return {
    element,
    update({ selected: now, explanation, hidden }: Frame) {
      selected = now;
      element.hidden = now.length === 0;
      off.hidden = !predicts(explanation);
      off.textContent = now.every((player) => hidden.has(player)) ? "switch on" : "switch off";
    },
  };
}
